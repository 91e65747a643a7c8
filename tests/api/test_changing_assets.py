"""Meters and machines are made, changed, moved, archived and brought back."""

import pytest

from tests.roles import only_an_owner
from tests.world import make_world
from twinql.domain.global_id import encode

METER = "meter { id name serialNumber commodity externalId attributes archivedAt site { name } parent { name } "
METER += "billingDay calorificValue volumeCorrection }"
MACHINE = "machine { id name manufacturer model externalId parent { name } site { name } }"
GOOD = {
    "Meter": {"name": "Sub-meter", "serialNumber": "S-9", "commodity": "WATER"},
    "Machine": {"name": "Pump", "manufacturer": "Flow Ltd", "model": "P1"},
}


def site_id(asker):
    return encode("Site", asker.world.site)


def meter_id(asker):
    return encode("Meter", asker.world.meter)


def machine_id(asker):
    return encode("Machine", asker.world.machine)


def own_id(asker, noun):
    return meter_id(asker) if noun == "Meter" else machine_id(asker)


def good(asker, noun, **more):
    return {**GOOD[noun], "siteId": site_id(asker), **more}


async def make(asker, noun, **more):
    payload = await asker.changed(f"create{noun}", f"{noun.lower()} {{ id }}", **good(asker, noun, **more))
    return payload[noun.lower()]["id"]


async def make_site(asker, name="Annexe"):
    return (await asker.changed("createSite", "site { id }", name=name, timeZone="UTC"))["site"]["id"]


async def test_a_meter_is_made_as_a_part_of_another(asker):
    given = good(asker, "Meter", parentId=meter_id(asker), externalId=" E-1 ", attributes={"floor": 2})
    meter = (await asker.changed("createMeter", METER, **given))["meter"]
    assert meter.pop("id")
    assert meter == {
        "name": "Sub-meter", "serialNumber": "S-9", "commodity": "WATER", "externalId": "E-1",
        "attributes": {"floor": 2}, "archivedAt": None, "site": {"name": "Acme site"}, "parent": {"name": "Main meter"},
        "billingDay": 1, "calorificValue": None, "volumeCorrection": "1",
    }  # fmt: skip


async def test_a_pump_is_a_part_of_a_machine(asker):
    given = good(asker, "Machine", parentId=machine_id(asker))
    machine = (await asker.changed("createMachine", MACHINE, **given))["machine"]
    assert machine["parent"] == {"name": "Mill"}
    parts = await asker.ask("query ($id: ID!) { machine(id: $id) { parts { nodes { name } } } }", id=machine_id(asker))
    assert parts["machine"]["parts"]["nodes"] == [{"name": "Pump"}]


async def test_what_is_left_out_of_an_update_stays_and_null_forgets(asker):
    key = await make(asker, "Machine", parentId=machine_id(asker), externalId="E-1")
    changed = (await asker.changed("updateMachine", MACHINE, id=key, model=None, parentId=None, name="Old pump"))[
        "machine"
    ]
    assert changed == {
        "id": key, "name": "Old pump", "manufacturer": "Flow Ltd", "model": None, "externalId": "E-1", "parent": None,
        "site": {"name": "Acme site"},
    }  # fmt: skip
    meter = (await asker.changed("updateMeter", METER, id=meter_id(asker), commodity="HEAT"))["meter"]
    assert (meter["commodity"], meter["serialNumber"], meter["name"]) == ("HEAT", "M-1", "Main meter")


async def test_a_gas_meter_says_what_its_volume_is_worth_to_the_digit(asker):
    gas = {"commodity": "GAS", "billingDay": 28, "calorificValue": "39.4500", "volumeCorrection": "1.022640"}
    meter = (await asker.changed("createMeter", METER, **good(asker, "Meter", **gas)))["meter"]
    assert (meter["billingDay"], meter["calorificValue"], meter["volumeCorrection"]) == (28, "39.45", "1.02264")
    changed = (await asker.changed("updateMeter", METER, id=meter["id"], calorificValue=None, billingDay=3))["meter"]
    assert (changed["billingDay"], changed["calorificValue"], changed["volumeCorrection"]) == (3, None, "1.02264")
    # Electricity has no calorific value: it goes first, or with the commodity.
    assert await asker.mistake("updateMeter", id=meter["id"], commodity="WATER") == (
        "INVALID_INPUT",
        "volumeCorrection",
    )
    await asker.changed("updateMeter", METER, id=meter["id"], commodity="WATER", volumeCorrection="1")


WRONG = [
    ("Meter", "name", " "),
    ("Meter", "name", "x" * 201),
    ("Meter", "serialNumber", ""),
    ("Meter", "serialNumber", "x" * 101),
    ("Meter", "externalId", ""),
    ("Meter", "attributes", [1]),
    ("Meter", "siteId", "nonsense"),
    ("Meter", "parentId", "nonsense"),
    ("Meter", "billingDay", 0),
    ("Meter", "billingDay", 29),
    ("Meter", "calorificValue", "39.5"),
    ("Meter", "volumeCorrection", "1.02"),
    ("Machine", "name", ""),
    ("Machine", "model", "x" * 201),
    ("Machine", "manufacturer", "\u0000"),
    ("Machine", "externalId", "x" * 201),
    ("Machine", "attributes", 1),
]
NEVER_NULL = {
    "Meter": ["name", "serialNumber", "commodity", "siteId", "billingDay", "volumeCorrection"],
    "Machine": ["name", "attributes", "siteId"],
}
OF_GAS = [("calorificValue", "0"), ("calorificValue", "39.45001"), ("calorificValue", "100000"),
          ("volumeCorrection", "0"), ("volumeCorrection", "1.0000001"), ("volumeCorrection", "1000")]  # fmt: skip


async def test_what_cannot_be_right_is_refused_where_it_stands(asker, subtests):
    for noun, field, wrong in WRONG:
        with subtests.test(noun=noun, field=field, wrong=str(wrong)[:30]):
            mistake = await asker.mistake(f"create{noun}", **good(asker, noun, **{field: wrong}))
            assert mistake == ("INVALID_INPUT", field)
            given = {"id": own_id(asker, noun), field: wrong}
            assert await asker.mistake(f"update{noun}", **given) == ("INVALID_INPUT", field)


async def test_what_gas_is_worth_is_kept_to_the_digit_or_refused(asker, subtests):
    for field, wrong in OF_GAS:
        with subtests.test(field=field, wrong=wrong):
            given = good(asker, "Meter", commodity="GAS", **{field: wrong})
            assert await asker.mistake("createMeter", **given) == ("INVALID_INPUT", field)


async def test_what_an_asset_cannot_be_without_cannot_be_null(asker):
    for noun, fields in NEVER_NULL.items():
        for field in fields:
            given = {"id": own_id(asker, noun), field: None}
            assert await asker.mistake(f"update{noun}", **given) == ("INVALID_INPUT", field)


async def test_a_name_in_another_system_is_taken_once(asker):
    await make(asker, "Meter", externalId="E-1")
    for noun in GOOD:
        other = good(asker, noun, externalId="E-1", **({"serialNumber": "S-10"} if noun == "Meter" else {}))
        assert await asker.mistake(f"create{noun}", **other) == ("CONFLICT", "externalId")
        given = {"id": own_id(asker, noun), "externalId": "E-1"}
        assert await asker.mistake(f"update{noun}", **given) == ("CONFLICT", "externalId")


async def test_a_serial_number_is_taken_once_in_an_organisation_and_leaves_no_half_of_a_meter(asker):
    key = await make(asker, "Meter")
    assert await asker.mistake("createMeter", **good(asker, "Meter")) == ("CONFLICT", "serialNumber")
    assert await asker.mistake("updateMeter", id=key, serialNumber="M-1") == ("CONFLICT", "serialNumber")
    counted = await asker.ask("{ meters(filter: {archived: null}) { totalCount } }")
    assert counted["meters"]["totalCount"] == 2
    zenith = await make_world(asker.context.database.url, "Zenith")
    other = {**GOOD["Meter"], "siteId": encode("Site", zenith.site)}
    assert (await asker.as_user(zenith.owner).changed("createMeter", METER, **other))["meter"]["serialNumber"] == "S-9"


@pytest.mark.parametrize("noun", ["Meter", "Machine"])
async def test_unknown_and_foreign_ids_are_told_alike(asker, noun):
    zenith = await make_world(asker.context.database.url, "Zenith")
    kind = {"Meter": zenith.meter, "Machine": zenith.machine}[noun]
    for key in (encode(noun, kind), encode(noun, asker.world.site)):
        for verb in ("update", "archive", "unarchive"):
            assert await asker.mistake(f"{verb}{noun}", id=key) == ("NOT_FOUND", "id")
        assert await asker.mistake(f"create{noun}", **good(asker, noun, parentId=key)) == ("NOT_FOUND", "parentId")
    for site in (zenith.site, asker.world.meter):
        given = good(asker, noun, siteId=encode("Site", site))
        assert await asker.mistake(f"create{noun}", **given) == ("NOT_FOUND", "siteId")
        given = {"id": own_id(asker, noun), "siteId": encode("Site", site)}
        assert await asker.mistake(f"update{noun}", **given) == ("NOT_FOUND", "siteId")
    other = "Machine" if noun == "Meter" else "Meter"
    for verb in ("update", "archive", "unarchive"):
        # The key of an asset of the other kind, dressed up as one of this kind.
        dressed = encode(noun, asker.world.machine if noun == "Meter" else asker.world.meter)
        assert await asker.mistake(f"{verb}{noun}", id=dressed) == ("NOT_FOUND", "id")
        assert await asker.mistake(f"{verb}{noun}", id=own_id(asker, other)) == ("INVALID_INPUT", "id")


async def test_nothing_is_a_part_of_itself_or_of_its_own_parts(asker):
    child = await make(asker, "Machine", parentId=machine_id(asker))
    grandchild = await make(asker, "Meter", parentId=child)
    for parent in (machine_id(asker), child, grandchild):
        mistake = await asker.mistake("updateMachine", id=machine_id(asker), parentId=parent)
        assert mistake == ("CONFLICT", "parentId")
    assert (await asker.changed("updateMeter", METER, id=grandchild, parentId=machine_id(asker)))["meter"][
        "parent"
    ] == {"name": "Mill"}


async def test_a_parent_stands_on_the_same_site_and_is_in_use(asker):
    annexe = await make_site(asker)
    given = good(asker, "Machine", siteId=annexe, parentId=machine_id(asker))
    assert await asker.mistake("createMachine", **given) == ("CONFLICT", "parentId")
    await asker.changed("archiveMachine", "", id=machine_id(asker))
    given = good(asker, "Machine", parentId=machine_id(asker))
    assert await asker.mistake("createMachine", **given) == ("CONFLICT", "parentId")


async def test_what_moves_to_another_site_takes_its_parts_and_channels_along(asker):
    pump = await make(asker, "Machine", parentId=machine_id(asker))
    annexe = await make_site(asker)
    assert await asker.mistake("updateMachine", id=pump, siteId=annexe) == ("CONFLICT", "parentId")
    await asker.changed("updateMachine", MACHINE, id=machine_id(asker), siteId=annexe)
    shown = await asker.ask(
        "query ($id: ID!) { site(id: $id) { machines { nodes { name } } channels { nodes { key site { name } } } } }",
        id=annexe,
    )
    assert [each["name"] for each in shown["site"]["machines"]["nodes"]] == ["Mill", "Pump"]
    keys = [each["key"] for each in shown["site"]["channels"]["nodes"]]
    assert keys == ["execution", "setpoint", "temperature"]
    assert {each["site"]["name"] for each in shown["site"]["channels"]["nodes"]} == {"Annexe"}


async def test_archiving_a_machine_takes_its_parts_and_channels_and_its_undoing_just_those(asker):
    pump = await make(asker, "Machine", parentId=machine_id(asker))
    nozzle = await make(asker, "Machine", parentId=pump)
    await asker.changed("archiveMachine", "", id=nozzle)
    along = "along { assets channels } machine { archivedAt }"
    gone = await asker.changed("archiveMachine", along, id=machine_id(asker))
    assert gone["along"] == {"assets": 1, "channels": 3}
    assert await asker.mistake("unarchiveMachine", id=pump) == ("CONFLICT", "id")
    back = await asker.changed("unarchiveMachine", along, id=machine_id(asker))
    assert back == {"along": {"assets": 1, "channels": 3}, "machine": {"archivedAt": None}}
    shown = await asker.ask("{ machines { nodes { name } } }")
    assert sorted(each["name"] for each in shown["machines"]["nodes"]) == ["Mill", "Pump"]
    again = await asker.changed("unarchiveMachine", along, id=machine_id(asker))
    assert again["along"] == {"assets": 0, "channels": 0}


async def test_nothing_new_stands_on_an_archived_site_and_nothing_comes_back_to_it(asker):
    await asker.changed("archiveSite", "", id=site_id(asker))
    assert await asker.mistake("createMeter", **good(asker, "Meter")) == ("CONFLICT", "siteId")
    assert await asker.mistake("unarchiveMeter", id=meter_id(asker)) == ("CONFLICT", "id")
    assert (await asker.changed("archiveMeter", "along { assets channels }", id=meter_id(asker)))["along"] == {
        "assets": 0, "channels": 0,
    }  # fmt: skip


async def test_only_an_owner_changes_assets(asker, subtests):
    for noun in GOOD:
        await only_an_owner(asker, subtests, noun, good(asker, noun), own_id(asker, noun))
