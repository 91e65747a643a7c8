"""Loads that can wait are described, changed, and taken out of use and back."""

from tests.api.alarms import write
from tests.world import make_world
from twinql.domain.global_id import encode

ALL = """
deferrableLoad {
  id name power runTime energy earliest latest usual interruptible minimumRun counted onValue offValue archivedAt
  viewerCanUpdate meter { name } site { name } channel { key }
}
"""


def boiler(asker, **more):
    return {"name": " Boiler ", "meterId": encode("Meter", asker.world.meter), "power": 2.0, "runTime": "PT3H", **more}


async def test_a_load_is_described_and_described_otherwise(asker):
    given = boiler(asker, channelId=encode("Channel", asker.world.channels["setpoint"]), earliest="22:00")
    made = (await asker.changed("createDeferrableLoad", ALL, **given, latest="07:00"))["deferrableLoad"]
    assert {name: value for name, value in made.items() if name != "id"} == {
        "name": "Boiler",
        "power": 2.0,
        "runTime": "PT3H",
        "energy": None,
        "earliest": "22:00",
        "latest": "07:00",
        "usual": None,
        "interruptible": False,
        "minimumRun": None,
        "counted": False,
        "onValue": 1.0,
        "offValue": 0.0,
        "archivedAt": None,
        "viewerCanUpdate": True,
        "meter": {"name": "Main meter"},
        "site": {"name": "Acme site"},
        "channel": {"key": "setpoint"},
    }
    changes = {"runTime": None, "energy": 4.5, "usual": "00:30", "latest": "00:00", "earliest": "00:00"}
    changed = (await asker.changed("updateDeferrableLoad", ALL, id=made["id"], **changes))["deferrableLoad"]
    assert changed == {**made, **changes, "latest": "24:00"}
    answer = await asker.ask("{ deferrableLoads { nodes { id } } sites { nodes { deferrableLoads { totalCount } } } }")
    assert answer["deferrableLoads"]["nodes"] == [{"id": made["id"]}]
    assert answer["sites"]["nodes"] == [{"deferrableLoads": {"totalCount": 1}}]


async def test_one_that_is_archived_is_listed_no_more_and_comes_back(asker):
    made = (await asker.changed("createDeferrableLoad", ALL, **boiler(asker)))["deferrableLoad"]
    archived = (await asker.changed("archiveDeferrableLoad", ALL, id=made["id"]))["deferrableLoad"]
    assert archived["archivedAt"] is not None
    assert (await asker.ask("{ deferrableLoads { totalCount } }"))["deferrableLoads"]["totalCount"] == 0
    assert (await asker.changed("unarchiveDeferrableLoad", ALL, id=made["id"]))["deferrableLoad"] == made


async def test_a_meter_takes_no_more_loads_than_are_planned_at_once(asker):
    made = (await asker.changed("createDeferrableLoad", ALL, **boiler(asker)))["deferrableLoad"]
    await asker.changed("archiveDeferrableLoad", ALL, id=made["id"])
    await write(
        asker,
        "insert into deferrable_loads (organisation_id, site_id, meter_id, name, power_kw, run_seconds)"
        " select $1, $2, $3, 'Load ' || n, 1, 3600 from generate_series(1, 50) as n",
        asker.world.organisation,
        asker.world.site,
        asker.world.meter,
    )
    assert await asker.mistake("createDeferrableLoad", **boiler(asker)) == ("CONFLICT", "meterId")
    assert await asker.mistake("unarchiveDeferrableLoad", id=made["id"]) == ("CONFLICT", "id")
    await write(asker, "update deferrable_loads set archived_at = now() where name = 'Load 7'")
    for _ in range(2):
        back = (await asker.changed("unarchiveDeferrableLoad", ALL, id=made["id"]))["deferrableLoad"]
        assert back["archivedAt"] is None


async def test_what_can_never_run_is_refused_where_it_stands(asker, subtests):
    elsewhere = await make_world(asker.context.database.url, "Zenith")
    wrong = [
        ("power", {"power": 0.0}, "INVALID_INPUT"),
        ("runTime", {"energy": 1.0}, "INVALID_INPUT"),
        ("latest", {"earliest": "08:00", "latest": "09:00"}, "INVALID_INPUT"),
        ("earliest", {"earliest": "25:00"}, "INVALID_INPUT"),
        ("usual", {"usual": "24:00"}, "INVALID_INPUT"),
        ("channelId", {"channelId": encode("Channel", asker.world.channels["temperature"])}, "INVALID_INPUT"),
        ("channelId", {"channelId": encode("Channel", elsewhere.channels["setpoint"])}, "NOT_FOUND"),
        ("meterId", {"meterId": encode("Meter", elsewhere.meter)}, "NOT_FOUND"),
    ]
    for path, given, code in wrong:
        with subtests.test(path=path, given=str(given)):
            assert await asker.mistake("createDeferrableLoad", **boiler(asker, **given)) == (code, path)


async def test_a_site_has_a_limit_in_kilowatts(asker):
    site = {"id": encode("Site", asker.world.site)}
    assert (await asker.changed("updateSite", "site { powerLimit }", **site, powerLimit=6.9))["site"] == {
        "powerLimit": 6.9
    }
    assert (await asker.changed("updateSite", "site { powerLimit }", **site, name="Works"))["site"]["powerLimit"] == 6.9
    assert await asker.mistake("updateSite", **site, powerLimit=0.0) == ("INVALID_INPUT", "powerLimit")
    made = await asker.changed("createSite", "site { powerLimit }", name="Barn", timeZone="UTC", powerLimit=10.0)
    assert made["site"] == {"powerLimit": 10.0}
    assert (await asker.changed("updateSite", "site { powerLimit }", **site, powerLimit=None))["site"] == {
        "powerLimit": None
    }
