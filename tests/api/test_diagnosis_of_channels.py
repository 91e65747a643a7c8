"""Traits and health of channels and assets through the graph, over a real database."""

import pytest

from tests.api.noon import NOW, change, store
from twinql.domain.global_id import encode

REASON = "reason { code required available }"
TRAITS = """
query ($id: ID!, $window: Duration, $threshold: Float = 0) {
  channel(id: $id) {
    calibrationValidity
    freshness { label age expected learned reason { code required available } }
    trend(window: $window) { direction pValue }
    traits(window: $window) {
      channel { id } from until count unusable sampled unit perHour
      stability { percent label reach reason { code required available } }
      drift { perMinute lower upper confidence reason { code required available } }
      trend { direction pValue autocorrelation since reason { code } }
      noise { value reason { code } }
      freshness { label }
      band { position share below above covered reason { code } }
      recent { turned from until direction perMinute reason { code } readings { totalCount } }
      timeTo(threshold: $threshold) { after at earliest latest since reason { code } }
      readings(first: 2) { totalCount nodes { value } }
    }
  }
}
"""
HEALTH = """
query ($id: ID!) {
  node(id: $id) {
    ... on Machine { health { ...All } availability { status since atLeast lastHeardAt } }
    ... on Meter { health { ...All } availability { status since } }
    ... on Channel { health { ...All } }
  }
}
fragment All on Health {
  score status
  issues { code points value threshold unit alarm { id } channel { key } from until readings { totalCount } }
}
"""


async def traits(asker, key, **more):
    id_ = encode("Channel", asker.world.channels[key])
    return (await asker.ask(TRAITS, id=id_, **more))["channel"]


async def health(asker, type_, key):
    return (await asker.ask(HEALTH, id=encode(type_, key)))["node"]


async def test_the_traits_of_a_temperature_that_rises(asked):
    await change(asked, "temperature", "target_minimum = 20, target_maximum = 25.05")
    minutes = range(60, 0, -1)
    await store(asked, "temperature", minutes, [23 + 0.05 * (59 - each) for each in minutes])
    channel = await traits(asked, "temperature", window="PT1H", threshold=28.9)
    found = channel["traits"]
    assert (found["count"], found["unusable"], found["sampled"], found["unit"]) == (60, 0, False, "DEGREE_CELSIUS")
    assert (found["from"], found["until"]) == ("2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z")
    assert found["drift"] == pytest.approx(
        {"perMinute": 0.05, "lower": 0.05, "upper": 0.05, "confidence": 0.95, "reason": None}
    )
    assert found["trend"]["direction"] == channel["trend"]["direction"] == "RISING"
    assert (found["recent"]["turned"], found["recent"]["from"]) == (False, found["from"])
    assert found["noise"] == {"value": pytest.approx(0, abs=1e-9), "reason": None}
    # The last reading, a minute old, is 25.9: above the target for 17 minutes, with the last one holding until now.
    assert found["band"]["position"] == "ABOVE"
    assert found["band"]["above"] == pytest.approx(17 / 60)
    assert found["band"]["covered"] == "PT1H"
    assert found["timeTo"]["at"] == "2026-03-01T12:59:00Z"
    assert found["timeTo"]["after"] == "PT1H"
    assert found["freshness"] == {"label": "FRESH"}
    assert channel["freshness"] == {
        "label": "FRESH", "age": "PT1M", "expected": "PT1M", "learned": False, "reason": None,
    }  # fmt: skip
    assert found["readings"]["totalCount"] == 60
    assert found["readings"]["nodes"][0]["value"] == pytest.approx(25.9)
    assert channel["calibrationValidity"] == "UNKNOWN"


async def test_what_has_turned_lately_is_told_beside_what_the_window_says(asked):
    minutes = range(60, 0, -1)
    await store(asked, "temperature", minutes, [20.0] * 40 + list(range(21, 41)))
    found = (await traits(asked, "temperature", window="PT1H", threshold=45))["traits"]
    assert found["recent"] == {
        "turned": True, "from": "2026-03-01T11:45:00Z", "until": "2026-03-01T12:00:00Z", "direction": "RISING",
        "perMinute": pytest.approx(1), "reason": None, "readings": {"totalCount": 15},
    }  # fmt: skip
    assert (found["timeTo"]["after"], found["timeTo"]["since"]) == ("PT5M", "2026-03-01T11:45:00Z")


STUCK = """
insert into alarms (organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at)
select organisation_id, site_id, asset_id, id, 'STUCK', 'MEDIUM', 'Stuck.', $2 from channels where id = $1
"""


async def test_a_stuck_sensor_is_neither_stable_nor_on_target(asked):
    await change(asked, "temperature", "target_minimum = 0, target_maximum = 40, limit_high = 65")
    minutes = range(60, 0, -1)
    await store(asked, "temperature", minutes, [20 + 0.1 * min(each, 57) for each in range(60)])
    warmth = "query ($id: ID!) { machine(id: $id) { overheating { tooHot channels { reason { code } } } } }"
    well = (await traits(asked, "temperature", window="PT1H"))["traits"]
    assert (well["band"]["position"], well["trend"]["direction"]) == ("IN", "RISING")
    await asked.context.database.pool.execute(STUCK, asked.world.channels["temperature"], NOW)
    channel = await traits(asked, "temperature", window="PT1H", threshold=65)
    found = channel["traits"]
    for trait in ("stability", "trend", "recent", "timeTo", "band"):
        assert found[trait]["reason"]["code"] == "SENSOR_STUCK", trait
    assert found["stability"]["percent"] is found["band"]["position"] is channel["trend"]["direction"] is None
    assert found["drift"]["perMinute"] > 0
    warm = (await asked.ask(warmth, id=encode("Machine", asked.world.machine)))["machine"]["overheating"]
    assert warm == {"tooHot": None, "channels": [{"reason": {"code": "SENSOR_STUCK"}}]}


async def test_too_little_history_is_told_and_nothing_is_made_up(asked):
    await store(asked, "temperature", [5, 4, 3], [1, float("nan"), 2], ["GOOD", "BAD", "GOOD"])
    channel = await traits(asked, "temperature", window="PT1H")
    found = channel["traits"]
    few = {"code": "INSUFFICIENT_HISTORY", "required": 10, "available": 2}
    assert (found["count"], found["unusable"]) == (2, 1)
    assert found["drift"]["perMinute"] is None
    assert found["drift"]["reason"] == found["stability"]["reason"] == few
    assert found["trend"]["direction"] is None
    assert found["band"]["reason"] == {"code": "NO_TARGET"}
    assert found["timeTo"]["reason"] == {"code": "INSUFFICIENT_HISTORY"}
    assert (await traits(asked, "setpoint"))["freshness"]["reason"] == {
        "code": "NEVER_READ", "required": 1, "available": 0,
    }  # fmt: skip


async def test_states_have_a_freshness_alone(asked):
    await store(asked, "execution", range(40, 0, -1), [0, 1] * 20)
    channel = await traits(asked, "execution", window="PT1H")
    found = channel["traits"]
    for trait in ("stability", "drift", "trend", "noise", "timeTo"):
        assert found[trait]["reason"]["code"] == "NOT_FOR_THIS_KIND"
    assert channel["freshness"]["label"] == "FRESH"
    assert channel["freshness"]["learned"]


async def test_a_register_is_looked_at_as_what_it_counts_and_a_reset_is_no_fall(asked):
    minutes = [15 * each for each in range(40, 0, -1)]
    await store(
        asked, "register", minutes, [*(100 + 0.5 * each for each in range(20)), *(0.5 * each for each in range(20))]
    )
    found = (await traits(asked, "register", window="P1D", threshold=11.5))["traits"]
    assert found["perHour"]
    assert found["drift"]["perMinute"] == pytest.approx(0)
    assert found["trend"]["direction"] == "STEADY"
    # 9.5 now since its reset, half a unit each quarter: 11.5 in an hour.
    assert found["timeTo"]["after"] == "PT1H"


async def test_what_is_usual_is_learned_from_earlier_windows(asked):
    minutes = range(300, 0, -1)
    await store(asked, "temperature", minutes, [20 + (each * 7 % 11) / 10 for each in minutes])
    found = (await traits(asked, "temperature", window="PT1H"))["traits"]
    assert found["stability"]["percent"] == pytest.approx(99.7, abs=1)
    assert found["stability"]["label"] == "STABLE"


async def test_a_window_is_neither_too_short_nor_too_long(asked):
    id_ = encode("Channel", asked.world.channels["temperature"])
    for window in ("PT59S", "P93D"):
        answer = await asked.answer(TRAITS, id=id_, window=window)
        assert {each["extensions"]["code"] for each in answer.errors} == {"BAD_USER_INPUT"}
        assert answer.data["channel"]["traits"] is None


async def test_only_the_newest_readings_of_a_long_window_are_looked_at(asked, monkeypatch):
    monkeypatch.setattr("twinql.storage.diagnosis.samples_of.__defaults__", (20,))
    await store(asked, "temperature", range(60, 0, -1), range(60))
    found = (await traits(asked, "temperature", window="PT1H"))["traits"]
    assert (found["count"], found["sampled"], found["from"]) == (20, True, "2026-03-01T11:40:00Z")
    assert found["readings"]["totalCount"] == 20
    assert found["trend"]["since"] == found["from"]


async def test_the_health_of_a_channel_tells_what_takes_points_off(asked):
    await store(asked, "temperature", range(119, 0, -1), range(119), ["GOOD"] * 89 + ["BAD"] * 30)
    alarm = await asked.context.database.pool.fetchval(
        "insert into alarms (organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at)"
        " select organisation_id, site_id, asset_id, id, 'LIMIT_HIGH', 'HIGH', 'Hot.', $2 from channels where id = $1"
        " returning id",
        asked.world.channels["temperature"],
        NOW,
    )
    found = (await health(asked, "Channel", asked.world.channels["temperature"]))["health"]
    issues = {each["code"]: each for each in found["issues"]}
    assert list(issues) == ["ALARM", "BAD_READINGS", "INCOMPLETE"]
    assert issues["ALARM"]["alarm"] == {"id": encode("Alarm", alarm)}
    assert issues["BAD_READINGS"]["value"] == pytest.approx(30 / 119)
    assert issues["INCOMPLETE"]["value"] == pytest.approx(31 / 120)
    assert found["score"] == pytest.approx(100 - 30 - 60 * 30 / 119 - 40 * 31 / 120)
    assert found["status"] == "POOR"
    assert issues["BAD_READINGS"]["readings"]["totalCount"] == 119
    assert issues["BAD_READINGS"]["channel"] == {"key": "temperature"}


async def test_an_asset_is_as_well_as_its_worst_channel_and_heard_of_by_any(asked):
    await store(asked, "temperature", range(400, 0, -1), range(400))
    await store(asked, "execution", range(400, 300, -1), [1] * 100)
    found = await health(asked, "Machine", asked.world.machine)
    assert found["health"]["status"] == "CRITICAL"
    assert {each["channel"]["key"] for each in found["health"]["issues"]} == {"execution"}
    assert found["health"]["issues"][0]["code"] == "DEAD"
    assert found["availability"]["status"] == "ONLINE"
    assert found["availability"]["atLeast"]
    assert found["availability"]["lastHeardAt"] == "2026-03-01T11:59:00Z"
    unread = await health(asked, "Meter", asked.world.meter)
    assert unread["health"] == {"score": None, "status": "UNKNOWN", "issues": []}
    assert unread["availability"] == {"status": "UNKNOWN", "since": None}


async def test_many_channels_take_few_statements(asked):
    await store(asked, "temperature", range(30, 0, -1), range(30))
    fields = (
        "health { score issues { code } } freshness { label } calibrationValidity"
        " traits { stability { percent } drift { perMinute } trend { direction } noise { value } freshness { label }"
        " band { share } timeTo(threshold: 3) { at } }"
    )
    one = await asked.statements(
        "query ($id: ID!) { channel(id: $id) { " + fields + " } }",
        id=encode("Channel", asked.world.channels["temperature"]),
    )
    many = await asked.statements("{ sites { nodes { channels { nodes { " + fields + " } } } } }")
    assert len(many) <= len(one) + 1
    assert len(many) <= 18


async def test_the_tables_are_published(asked):
    found = (
        await asked.ask("{ bands { tables { name bands { label from until } } deductions { code mostPoints } } }")
    )["bands"]
    tables = {each["name"]: each["bands"] for each in found["tables"]}
    assert tables["FRESHNESS"][0] == {"label": "FRESH", "from": None, "until": 1.5}
    assert tables["HEALTH"][-1] == {"label": "GOOD", "from": 80, "until": None}
    assert {"code": "DEAD", "mostPoints": 100} in found["deductions"]


async def test_an_end_before_there_could_be_readings_is_refused(asked):
    question = (
        'query ($id: ID!) { channel(id: $id) { traits(until: "0001-01-01T00:00:00Z", window: "P92D") { count } } }'
    )
    answer = await asked.answer(question, id=encode("Channel", asked.world.channels["temperature"]))
    assert answer.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
