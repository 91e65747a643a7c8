"""Channels are made, changed, archived and brought back."""

import pytest

from tests.roles import only_an_owner
from tests.world import make_world
from twinql.domain.global_id import encode

ALL = """channel {
    id key name quantity unit kind direction resolution writable needsApproval schedule
    registerMaximum multiplier register archivedAt
    states { code label } limits { lowLow low high highHigh deadband } target { minimum maximum }
    plausibility { minimum maximum ratePerMinute action }
    asset { name } site { name }
}"""
GOOD = {"key": "coolant_flow", "quantity": "FLOW", "unit": "LITRE_PER_MINUTE", "kind": "INSTANTANEOUS"}
REGISTER = {"quantity": "ENERGY", "unit": "KILOWATT_HOUR", "kind": "CUMULATIVE"}
LOAD = {
    "key": "load_level", "quantity": "EFFICIENCY", "unit": "ONE", "kind": "STATE",
    "states": [{"code": 1, "label": "Low"}, {"code": 2, "label": "High"}],
}  # fmt: skip
RECORD = """mutation ($input: RecordReadingsInput!) { recordReadings(input: $input) { outcomes { outcome code } } }"""


def machine_id(asker):
    return encode("Machine", asker.world.machine)


def channel_id(asker, key="temperature"):
    return encode("Channel", asker.world.channels[key])


async def make(asker, **given):
    return (await asker.changed("createChannel", ALL, **{"assetId": machine_id(asker), **GOOD, **given}))["channel"]


async def record(asker, key, value=1.0, channel=None):
    row = {"channelId": channel or channel_id(asker, key), "observedAt": "2026-03-01T12:00:00Z", "value": value}
    (outcome,) = (await asker.ask(RECORD, input={"readings": [row]}))["recordReadings"]["outcomes"]
    return outcome["code"] or outcome["outcome"]


async def test_a_channel_is_made_with_all_that_can_be_said_of_it(asker):
    given = {
        "key": "import_register", "name": " Import ", "quantity": "ENERGY", "unit": "KILOWATT_HOUR",
        "kind": "CUMULATIVE", "direction": "IMPORT", "resolution": "PT15M", "writable": True, "needsApproval": True,
        "schedule": True,
        "registerMaximum": 999999.0, "multiplier": "250.000001", "register": "day",
        "limits": {"lowLow": 1.0, "low": 2.0, "high": 3.0, "highHigh": 4.0, "deadband": 0.5},
        "target": {"minimum": 2.25, "maximum": 2.75},
        "plausibility": {"minimum": 0.0, "maximum": 5.0, "ratePerMinute": 0.5, "action": "REJECT"},
    }  # fmt: skip
    made = await make(asker, **given)
    assert made.pop("id")
    assert made == {
        **given, "name": "Import", "states": [], "archivedAt": None, "asset": {"name": "Mill"},
        "site": {"name": "Acme site"},
    }  # fmt: skip


async def test_a_channel_of_a_site_belongs_to_no_asset_and_is_named_by_its_key(asker):
    given = {"key": "outside_temperature", "quantity": "TEMPERATURE", "unit": "KELVIN", "kind": "INSTANTANEOUS"}
    made = (await asker.changed("createChannel", ALL, siteId=encode("Site", asker.world.site), **given))["channel"]
    assert (made["name"], made["asset"], made["site"]) == ("Outside temperature", None, {"name": "Acme site"})
    assert made["plausibility"] == {"minimum": None, "maximum": None, "ratePerMinute": None, "action": "MARK_UNCERTAIN"}


async def test_a_new_channel_takes_readings_and_shows_the_label_of_a_state(asker):
    made = await make(asker, **LOAD)
    assert await record(asker, "", 2.0, channel=made["id"]) == "RECORDED"
    shown = await asker.ask("query ($id: ID!) { channel(id: $id) { latest { label } } }", id=made["id"])
    assert shown["channel"]["latest"] == {"label": "High"}


WRONG = [
    ({"key": ""}, "key"),
    ({"key": "Coolant"}, "key"),
    ({"key": "1st"}, "key"),
    ({"key": "x" * 64}, "key"),
    ({"name": " "}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"unit": "KILOWATT_HOUR"}, "unit"),
    ({"kind": "INTERVAL"}, "resolution"),
    ({"resolution": "PT0S"}, "resolution"),
    ({"resolution": "PT0.5S"}, "resolution"),
    ({"resolution": "P367D"}, "resolution"),
    ({"kind": "STATE"}, "states"),
    ({"states": [{"code": 1, "label": "On"}]}, "states"),
    ({"registerMaximum": 10.0}, "registerMaximum"),
    ({"kind": "CUMULATIVE", "registerMaximum": 0.0}, "registerMaximum"),
    ({"multiplier": "2"}, "multiplier"),
    ({**REGISTER, "multiplier": "0"}, "multiplier"),
    ({**REGISTER, "multiplier": "-1"}, "multiplier"),
    ({**REGISTER, "multiplier": "1000000"}, "multiplier"),
    ({**REGISTER, "multiplier": "0.0000001"}, "multiplier"),
    ({"register": "day"}, "register"),
    ({**REGISTER, "register": "Day and night"}, "register"),
    ({"limits": {"low": 2.0, "high": 1.0}}, "limits.high"),
    ({"limits": {"lowLow": 2.0, "highHigh": 1.0}}, "limits.highHigh"),
    ({"limits": {"lowLow": 2.0, "low": 1.0}}, "limits.low"),
    ({"limits": {"high": 2.0, "deadband": -0.1}}, "limits.deadband"),
    ({"target": {"minimum": 2.0, "maximum": 1.0}}, "target.minimum"),
    ({"plausibility": {"minimum": 2.0, "maximum": 1.0}}, "plausibility.minimum"),
    ({"plausibility": {"ratePerMinute": 0.0}}, "plausibility.ratePerMinute"),
    ({"plausibility": {"ratePerMinute": -1.0}}, "plausibility.ratePerMinute"),
    ({**LOAD, "states": []}, "states"),
    ({**LOAD, "states": [{"code": 1, "label": "A"}, {"code": 1, "label": "B"}]}, "states.1.code"),
    ({**LOAD, "states": [{"code": 0, "label": "A"}, {"code": -0.0, "label": "B"}]}, "states.1.code"),
    ({**LOAD, "states": [{"code": 1, "label": "On"}, {"code": 2, "label": " ON "}]}, "states.1.label"),
    ({**LOAD, "states": [{"code": 1, "label": ""}]}, "states.0.label"),
    ({**LOAD, "states": [{"code": i, "label": str(i)} for i in range(201)]}, "states"),
]


async def test_what_cannot_be_right_is_refused_where_it_stands(asker, subtests):
    made, own = await make(asker), machine_id(asker)
    for wrong, path in WRONG:
        with subtests.test(path=path, wrong=str(wrong)[-40:]):
            given = {"assetId": own, **GOOD, "key": "another", **wrong}
            assert await asker.mistake("createChannel", **given) == ("INVALID_INPUT", path)
            assert await asker.mistake("updateChannel", **{"id": made["id"], **wrong}) == ("INVALID_INPUT", path)


async def test_what_a_channel_cannot_be_without_cannot_be_null(asker):
    for field in ("key", "name", "quantity", "unit", "kind", "writable", "needsApproval", "schedule", "multiplier"):
        assert await asker.mistake("updateChannel", id=channel_id(asker), **{field: None}) == ("INVALID_INPUT", field)


async def test_what_is_left_out_of_an_update_stays_and_null_forgets(asker):
    made = await make(
        asker,
        resolution="PT1M",
        limits={"low": 1.0, "high": 9.0},
        plausibility={"minimum": 0.0, "maximum": 10.0, "action": "REJECT"},
    )
    given = {"limits": {"high": None, "highHigh": 9.5}, "plausibility": {"maximum": 20.0}, "resolution": None}
    changed = (await asker.changed("updateChannel", ALL, id=made["id"], **given))["channel"]
    assert changed == {
        **made,
        "resolution": None,
        "limits": {"lowLow": None, "low": 1.0, "high": None, "highHigh": 9.5, "deadband": None},
        "plausibility": {"minimum": 0.0, "maximum": 20.0, "ratePerMinute": None, "action": "REJECT"},
    }
    bare = (await asker.changed("updateChannel", ALL, id=made["id"], limits=None, plausibility=None))["channel"]
    assert set(bare["limits"].values()) == {None}
    assert bare["plausibility"] == {"minimum": None, "maximum": None, "ratePerMinute": None, "action": "MARK_UNCERTAIN"}


async def test_a_limit_is_held_against_those_that_stay(asker):
    made = await make(asker, limits={"high": 5.0})
    assert await asker.mistake("updateChannel", id=made["id"], limits={"low": 6.0}) == ("INVALID_INPUT", "limits.high")


async def test_a_key_is_taken_once_on_an_asset_and_once_on_a_site(asker):
    own, site = machine_id(asker), encode("Site", asker.world.site)
    assert await asker.mistake("createChannel", **{**GOOD, "key": "temperature", "assetId": own}) == ("CONFLICT", "key")
    assert await asker.mistake("createChannel", **{**GOOD, "key": "price", "siteId": site}) == ("CONFLICT", "key")
    assert await asker.mistake("updateChannel", id=channel_id(asker), key="setpoint") == ("CONFLICT", "key")
    meter = encode("Meter", asker.world.meter)
    assert (await make(asker, key="temperature", assetId=meter))["asset"] == {"name": "Main meter"}


async def test_a_channel_belongs_to_an_asset_or_to_a_site(asker):
    own, site = machine_id(asker), encode("Site", asker.world.site)
    assert await asker.mistake("createChannel", **GOOD) == ("INVALID_INPUT", "assetId")
    assert await asker.mistake("createChannel", **GOOD, assetId=own, siteId=site) == ("INVALID_INPUT", "assetId")
    assert await asker.mistake("createChannel", **GOOD, assetId=site) == ("INVALID_INPUT", "assetId")
    assert await asker.mistake("createChannel", **GOOD, siteId="nonsense") == ("INVALID_INPUT", "siteId")


async def test_unknown_and_foreign_ids_are_told_alike(asker):
    zenith = await make_world(asker.context.database.url, "Zenith")
    for key in (zenith.channels["temperature"], asker.world.site):
        for verb in ("update", "archive", "unarchive"):
            assert await asker.mistake(f"{verb}Channel", id=encode("Channel", key)) == ("NOT_FOUND", "id")
    for key in (zenith.machine, asker.world.site):
        mistake = await asker.mistake("createChannel", **GOOD, assetId=encode("Machine", key))
        assert mistake == ("NOT_FOUND", "assetId")
    for key in (zenith.site, asker.world.machine):
        assert await asker.mistake("createChannel", **GOOD, siteId=encode("Site", key)) == ("NOT_FOUND", "siteId")
    assert await asker.mistake("archiveChannel", id=machine_id(asker)) == ("INVALID_INPUT", "id")


@pytest.mark.parametrize(
    ("key", "change", "path"),
    [
        ("temperature", {"unit": "KELVIN"}, "unit"),
        ("temperature", {"quantity": "OTHER"}, "quantity"),
        ("temperature", {"kind": "CUMULATIVE"}, "kind"),
        ("energy", {"resolution": "PT15M"}, "resolution"),
    ],
)
async def test_what_readings_mean_stays_once_there_are_some(asker, key, change, path):
    await asker.changed("updateChannel", "", id=channel_id(asker, key), **change)
    await asker.context.database.pool.execute(
        "update channels set unit = 'DEGREE_CELSIUS', quantity = 'TEMPERATURE', kind = 'INSTANTANEOUS'"
        " where key = 'temperature'"
    )
    await asker.context.database.pool.execute("update channels set resolution_seconds = 1800 where key = 'energy'")
    assert await record(asker, key) == "RECORDED"
    assert await asker.mistake("updateChannel", id=channel_id(asker, key), **change) == ("CONFLICT", path)
    same = {"unit": "DEGREE_CELSIUS"} if key == "temperature" else {"resolution": "PT30M"}
    await asker.changed("updateChannel", "", id=channel_id(asker, key), name="Renamed", **same)


async def test_an_archived_channel_takes_no_readings_until_it_is_back(asker):
    gone = (await asker.changed("archiveChannel", "channel { archivedAt }", id=channel_id(asker)))["channel"]
    assert gone["archivedAt"] is not None
    again = (await asker.changed("archiveChannel", "channel { archivedAt }", id=channel_id(asker)))["channel"]
    assert again == gone
    assert await record(asker, "temperature") == "ARCHIVED_CHANNEL"
    for _ in range(2):
        back = await asker.changed("unarchiveChannel", "channel { archivedAt }", id=channel_id(asker))
        assert back["channel"] == {"archivedAt": None}
    assert await record(asker, "temperature") == "RECORDED"


async def test_whoever_archives_a_channel_is_told_what_rests_on_it(asker):
    setpoint, temperature, execution = (channel_id(asker, key) for key in ("setpoint", "temperature", "execution"))
    beside = {"channelId": setpoint, "otherChannelId": temperature}
    await asker.changed("createInterlock", "", **beside, kind="CONDITION", name="Cool", maximum=60.0)
    await asker.changed("createInterlock", "", channelId=setpoint, kind="INPUT_QUALITY", name="Its own")
    gone = await asker.changed("createInterlock", "interlock { id }", **beside, kind="INPUT_QUALITY", name="Gone")
    await asker.changed("archiveInterlock", "", id=gone["interlock"]["id"])
    above = {"channelId": temperature, "comparison": "ABOVE", "threshold": 60.0}
    other = {"channelId": execution, "comparison": "IS", "state": "RUNNING"}
    for name, condition in (("Hot", above), ("Runs", other)):
        await asker.changed(
            "createAutomationRule", "", siteId=encode("Site", asker.world.site), name=name, conditions=[condition]
        )
    told = "interlocks { name } automationRules { name }"
    assert await asker.changed("archiveChannel", told, id=temperature) == {
        "interlocks": [{"name": "Cool"}], "automationRules": [{"name": "Hot"}],
    }  # fmt: skip
    assert (await asker.changed("archiveChannel", told, id=setpoint))["interlocks"] == []


async def test_a_channel_stays_archived_while_what_it_belongs_to_is(asker):
    await asker.changed("archiveMachine", "", id=machine_id(asker))
    assert await asker.mistake("unarchiveChannel", id=channel_id(asker)) == ("CONFLICT", "id")
    assert await asker.mistake("createChannel", **GOOD, assetId=machine_id(asker)) == ("CONFLICT", "assetId")
    await asker.changed("archiveSite", "", id=encode("Site", asker.world.site))
    assert await asker.mistake("unarchiveChannel", id=channel_id(asker, "price")) == ("CONFLICT", "id")
    given = {**GOOD, "siteId": encode("Site", asker.world.site)}
    assert await asker.mistake("createChannel", **given) == ("CONFLICT", "siteId")


async def test_a_channel_archived_on_its_own_stays_so_when_its_machine_comes_back(asker):
    await asker.changed("archiveChannel", "", id=channel_id(asker, "setpoint"))
    await asker.changed("archiveMachine", "", id=machine_id(asker))
    back = await asker.changed("unarchiveMachine", "along { channels }", id=machine_id(asker))
    assert back["along"] == {"channels": 2}


async def test_only_an_owner_changes_channels(asker, subtests):
    await only_an_owner(asker, subtests, "Channel", {**GOOD, "assetId": machine_id(asker)}, channel_id(asker))
