"""How an asset has fared, and when something has to be done, asked through the graph."""

from datetime import timedelta

import pytest

from tests.api.alarms import moved, raised, write
from tests.api.noon import MINUTE, NOW, change
from twinql.context import Context
from twinql.domain.global_id import encode

DAYS = 28
RECORD = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select c.number, c.organisation_number, r.at, case when r.bad then null else 20 end,
    (case when r.bad then 'BAD' else 'GOOD' end)::reading_quality
from channels as c, unnest($2::timestamptz[], $3::bool[]) as r (at, bad)
where c.id = $1
"""
CALIBRATE = """
insert into calibrations (organisation_id, channel_id, performed_at, valid_until, performed_by, recorded_by)
select organisation_id, id, $2, $3, 'Laboratory', 'me' from channels where id = $1
"""
OUTLOOK = """
query ($id: ID!) {
  machine(id: $id) {
    maintenance {
      status score
      hoursUntil { p10 p50 p90 }
      degradation { perDay lower upper confidence significant from until count }
      healthOverTime { at score status from until channel { key } readings(first: 200) { nodes { quality } } }
      recommendedAction { kind message issue { code value channel { key } } tasks { title } }
      reason { code message required available }
    }
  }
}
"""


def bad_of(day):
    """How many of the newest readings of a day are BAD: a half more each day."""
    return day + day // 2


@pytest.fixture
async def asked(asker, monkeypatch):
    """A machine whose thermometer fails more often every day, asked at a time of the test's own."""
    fresh = Context.fresh

    def then(context):
        made = fresh(context)
        made.now = NOW
        return made

    monkeypatch.setattr(Context, "fresh", then)
    await change(asker, "temperature", "resolution_seconds = 600")
    return asker


async def wear(asker, days=DAYS):
    await write(asker, "select twinql.prepare_readings($1, $2)", NOW - timedelta(days=DAYS + 1), NOW)
    times, bad = [], []
    for day in range(DAYS - days, DAYS):
        for place in range(144):
            times.append(NOW - timedelta(days=DAYS - 1 - day) - MINUTE - place * 10 * MINUTE)
            bad.append(place < bad_of(day))
    await write(asker, RECORD, asker.world.channels["temperature"], times, bad)


async def outlook(asker):
    answer = await asker.ask(OUTLOOK, id=encode("Machine", asker.world.machine))
    found = answer["machine"]["maintenance"]
    return found | {"message": (found["reason"] or {}).pop("message", None)}


async def test_every_point_of_health_over_time_is_that_of_its_own_window(asked):
    await wear(asked)
    found = await outlook(asked)
    points = found["healthOverTime"]
    # A window holds 120 readings, and a BAD one is worth 60 and 40 points of 100: it is BAD, and one that is missing.
    assert [each["score"] for each in points] == pytest.approx([100 - 100 * bad_of(day) / 120 for day in range(DAYS)])
    assert len({each["score"] for each in points}) == DAYS
    for day, each in enumerate(points):
        qualities = [reading["quality"] for reading in each["readings"]["nodes"]]
        assert (len(qualities), qualities.count("BAD")) == (120, bad_of(day))
        assert each["until"] == each["at"]
    falls = found["degradation"]
    assert falls["perDay"] == pytest.approx(-1.25, abs=0.01)
    assert falls["lower"] <= falls["perDay"] <= falls["upper"] < 0
    assert (falls["significant"], falls["count"], falls["until"]) == (True, DAYS, "2026-03-01T12:00:00Z")


async def test_hours_are_told_with_what_to_do_and_what_is_planned(asked):
    await wear(asked)
    machine = encode("Machine", asked.world.machine)
    for title in ("Change thermometer", "Oil it"):
        await asked.changed("createMaintenanceTask", "task { id }", assetId=machine, kind="REPLACEMENT", title=title)
    found = await outlook(asked)
    # From 66.7 down to 60 at 1.25 points a day: about 5 days.
    assert found["score"] == pytest.approx(100 - 100 * 40 / 120)
    assert found["hoursUntil"]["p10"] <= found["hoursUntil"]["p50"] <= found["hoursUntil"]["p90"]
    assert found["hoursUntil"]["p50"] == pytest.approx(128, rel=0.1)
    assert (found["status"], found["reason"]) == ("SCHEDULE_SOON", None)
    action = found["recommendedAction"]
    assert (action["kind"], len(action["tasks"])) == ("REPLACEMENT", 2)
    assert action["issue"] == {"code": "BAD_READINGS", "value": pytest.approx(1 / 3), "channel": {"key": "temperature"}}
    assert "40 of 120 readings are BAD" in action["message"]


async def test_what_was_before_something_was_done_says_nothing_about_how_it_goes_on(asked):
    await wear(asked)
    done = {"doneAt": (NOW - timedelta(days=6)).isoformat(), "doneBy": "Rosa"}
    channel = encode("Channel", asked.world.channels["temperature"])
    await asked.changed(
        "createMaintenanceTask",
        "task { id }",
        channelId=channel,
        kind="REPLACEMENT",
        title="New",
        done=done | {"failed": True},
    )
    found = await outlook(asked)
    assert (found["degradation"], found["hoursUntil"]) == (None, None)
    # The windows of six days ended after it was done, and that of the day itself began before.
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 10, "available": 6}
    assert "since something was last done to it, and there are 6; ask again in about 4 d" in found["message"]
    assert (found["status"], found["recommendedAction"]["kind"]) == ("HEALTHY", "REPLACEMENT")


async def test_a_short_past_tells_how_it_is_now_and_no_hours(asked):
    await wear(asked, days=4)
    found = await outlook(asked)
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 10, "available": 4}
    assert found["score"] == pytest.approx(100 - 100 * 40 / 120)
    known = [each["score"] is not None for each in found["healthOverTime"]]
    assert known[-4:] == [True] * 4


async def test_what_is_wrong_now_is_urgent_however_it_went(asked):
    await wear(asked)
    await raised(asked, cause="LIMIT_HIGH", severity="CRITICAL", at=NOW - MINUTE)
    found = await outlook(asked)
    assert (found["status"], found["hoursUntil"]) == ("URGENT", {"p10": 0, "p50": 0, "p90": 0})
    assert (found["recommendedAction"]["kind"], found["recommendedAction"]["issue"]["code"]) == ("INSPECTION", "ALARM")
    # The alarm was not there the days before.
    assert found["healthOverTime"][-2]["score"] == pytest.approx(100 - 100 * bad_of(26) / 120)


async def test_times_when_nothing_was_heard_are_no_wear(asked):
    await wear(asked)
    await write(
        asked, "delete from readings where observed_at < $1 and observed_at > $2",
        NOW - timedelta(days=9), NOW - timedelta(days=16),
    )  # fmt: skip
    found = await outlook(asked)
    assert [each["score"] is None for each in found["healthOverTime"][13:18]] == [True] * 5
    assert found["degradation"]["perDay"] == pytest.approx(-1.25, abs=0.05)


async def test_what_was_never_read_has_a_reason(asked):
    found = await outlook(asked)
    assert (found["status"], found["score"], found["recommendedAction"], found["healthOverTime"]) == (
        None, None, None, [],
    )  # fmt: skip
    assert found["reason"]["code"] == "NEVER_READ"


async def test_many_assets_take_as_many_statements_as_one(asked):
    fields = "maintenance { status hoursUntil { p50 } recommendedAction { message } }"
    one = await asked.statements(f"{{ machines {{ nodes {{ {fields} }} }} }}")
    await asked.changed("createMachine", "machine { id }", siteId=encode("Site", asked.world.site), name="Another")
    many = await asked.statements(f"{{ machines {{ nodes {{ {fields} }} }} }}")
    assert len(many) <= len(one)


@pytest.mark.parametrize("history", ["PT11H", "P367D"])
async def test_the_history_has_bounds(asked, history):
    document = f'{{ machines {{ nodes {{ maintenance(history: "{history}") {{ score }} }} }} }}'
    answer = await asked.answer(document)
    assert "twelve hours to 366 days" in answer.errors[0]["message"]


async def test_alarms_and_calibrations_count_for_the_time_when_they_held(asked):
    # Well all the time, but for an alarm from ten to eight days ago, and a calibration that ended four days ago.
    await write(asked, "select twinql.prepare_readings($1, $2)", NOW - timedelta(days=DAYS + 1), NOW)
    times = [NOW - MINUTE - place * 10 * MINUTE for place in range(DAYS * 144)]
    await write(asked, RECORD, asked.world.channels["temperature"], times, [False] * len(times))
    hot = await raised(asked, cause="LIMIT_HIGH", severity="HIGH", at=NOW - timedelta(days=10))
    await moved(asked, hot, "RETURNED", at=NOW - timedelta(days=8))
    await write(
        asked, CALIBRATE, asked.world.channels["temperature"], NOW - timedelta(days=60), NOW - timedelta(days=4)
    )
    scores = [each["score"] for each in (await outlook(asked))["healthOverTime"]]
    ended, soon, alarmed = 100 - 15, 100 - 3, 100 - 3 - 30
    # Oldest first: the calibration was due soon for 24 days, the tenth and the ninth day ago beside an alarm.
    assert scores == [soon] * 17 + [alarmed] * 2 + [soon] * 5 + [ended] * 4


async def test_what_was_not_read_before_it_was_there_is_not_missing(asked):
    await write(asked, "select twinql.prepare_readings($1, $2)", NOW - timedelta(days=DAYS + 1), NOW)
    # Its first reading lies in the middle of a window of 20 hours, twelve days ago.
    times = [NOW - MINUTE - place * 10 * MINUTE for place in range(12 * 144 + 60)]
    await write(asked, RECORD, asked.world.channels["temperature"], times, [False] * len(times))
    scores = [each["score"] for each in (await outlook(asked))["healthOverTime"]]
    assert [each for each in scores if each is not None] == [100.0] * 12
