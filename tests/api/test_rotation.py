"""In which week what is done on a site, asked through the graph and followed down to what says so."""

from datetime import timedelta

import pytest

from tests.api.alarms import raised, write
from tests.api.noon import MINUTE, NOW, change, store
from twinql.context import Context
from twinql.domain.global_id import encode

ROTATION = """
query ($id: ID!, $weeks: Int = 12, $capacity: Int = 5) {
  site(id: $id) {
    rotation(weeks: $weeks, capacityPerWeek: $capacity) {
      from weeks capacityPerWeek
      turns {
        week kind dueOn late planned clashes reason
        channel { key } asset { name } task { title } calibration { certificate }
        issue { code points readings { nodes { quality } } alarm { cause } }
      }
    }
  }
}
"""
CALIBRATE = """
insert into calibrations
    (organisation_id, channel_id, performed_at, valid_until, performed_by, certificate, recorded_by)
select organisation_id, id, $2, $3, 'Laboratory', $4, 'me' from channels where id = $1
"""
ANOTHER = """
insert into channels (organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind)
select organisation_id, organisation_number, site_id, asset_id, 'temperature_2', 'Second', quantity, unit, kind
from channels where id = $1
returning id
"""


@pytest.fixture
async def asked(asker, monkeypatch):
    fresh = Context.fresh

    def then(context):
        made = fresh(context)
        made.now = NOW
        return made

    monkeypatch.setattr(Context, "fresh", then)
    pool = asker.context.database.pool
    asker.world.channels["second"] = await pool.fetchval(ANOTHER, asker.world.channels["temperature"])
    return asker


async def look(asker, **variables):
    return (await asker.ask(ROTATION, id=encode("Site", asker.world.site), **variables))["site"]["rotation"]


async def calibrated(asker, key, *, ends):
    channel = asker.world.channels[key]
    await write(asker, CALIBRATE, channel, NOW - timedelta(days=400), NOW + timedelta(days=ends), f"C-{key}")


async def test_nothing_has_to_be_done_where_nothing_is_due(asked):
    await calibrated(asked, "temperature", ends=300)
    # NOW is a Sunday.
    assert await look(asked) == {"from": "2026-02-23", "weeks": 12, "capacityPerWeek": 5, "turns": []}


async def test_two_sensors_of_one_quantity_are_calibrated_in_different_weeks(asked):
    await calibrated(asked, "temperature", ends=-3)
    await calibrated(asked, "second", ends=5)
    await calibrated(asked, "setpoint", ends=5)
    turns = (await look(asked))["turns"]
    assert [(each["channel"]["key"], each["week"], each["late"]) for each in turns] == [
        ("temperature", "2026-02-23", True),
        ("setpoint", "2026-02-23", False),
        ("temperature_2", "2026-03-02", False),
    ]
    assert {each["kind"] for each in turns} == {"CALIBRATION"}
    assert turns[0]["reason"] == "Its calibration has ended on 2026-02-26."
    assert (turns[0]["calibration"], turns[0]["dueOn"]) == ({"certificate": "C-temperature"}, "2026-02-26")
    (first, *others) = (await look(asked, capacity=1))["turns"]
    assert first["channel"] == {"key": "temperature"}
    assert [each["week"] for each in others] == ["2026-03-02", "2026-03-09"]


async def test_a_stuck_sensor_is_swapped_at_once_and_leads_to_its_alarm(asked):
    await change(asked, "temperature", "resolution_seconds = 60")
    await store(asked, "temperature", range(1, 122), [20] * 121)
    await raised(asked, cause="STUCK", severity="MEDIUM", at=NOW - 30 * MINUTE)
    await calibrated(asked, "temperature", ends=9)
    await calibrated(asked, "second", ends=9)
    first, second = (await look(asked))["turns"]
    assert (first["kind"], first["week"], first["issue"]["alarm"]) == ("REPLACEMENT", "2026-02-23", {"cause": "STUCK"})
    assert first["reason"].startswith("Replace the sensor of ")
    assert first["issue"]["readings"]["nodes"]
    assert (second["kind"], second["week"]) == ("CALIBRATION", "2026-03-02")


async def test_tasks_are_in_it_and_what_is_planned_stays(asked):
    for title, more in {
        "Oil it": {"dueAt": "2026-03-20T00:00:00Z"},
        "Look at it": {"scheduledFor": "2026-03-11T08:00:00Z"},
        "Paint it": {},
    }.items():
        await asked.changed(
            "createMaintenanceTask", "task { id }", kind="SERVICE", title=title,
            assetId=encode("Machine", asked.world.machine), **more,
        )  # fmt: skip
    turns = (await look(asked))["turns"]
    assert [(each["task"]["title"], each["week"], each["planned"], each["dueOn"]) for each in turns] == [
        ("Oil it", "2026-02-23", False, "2026-03-20"),
        ("Look at it", "2026-03-09", True, "2026-03-11"),
        ("Paint it", "2026-04-13", False, "2026-05-17"),
    ]
    assert {each["asset"]["name"] for each in turns} == {"Mill"}


@pytest.mark.parametrize("wrong", [{"weeks": 0}, {"weeks": 105}, {"capacity": 0}, {"capacity": 1_001}])
async def test_weeks_and_what_can_be_done_in_one_have_bounds(asked, wrong):
    answer = await asked.answer(ROTATION, id=encode("Site", asked.world.site), **wrong)
    assert answer.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert answer.data == {"site": {"rotation": None}}


async def test_what_is_out_of_use_is_neither_due_nor_overdue(asked):
    machine = encode("Machine", asked.world.machine)
    await calibrated(asked, "temperature", ends=-3)
    await asked.changed(
        "createMaintenanceTask", "task { id }", kind="SERVICE", title="Oil it", assetId=machine,
        dueAt="2026-02-20T00:00:00Z",
    )  # fmt: skip
    assert len((await look(asked))["turns"]) == 2
    await asked.changed("archiveMachine", "machine { id }", id=machine)
    assert (await look(asked))["turns"] == []
    insights = "query ($id: ID!) { site(id: $id) { insights { kind } } }"
    assert await asked.ask(insights, id=encode("Site", asked.world.site)) == {"site": {"insights": []}}
