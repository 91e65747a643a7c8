"""What detectors find in a stretch of the past, through the graph."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.api.alarms import NOON, minutes, write
from twinql.domain.global_id import encode
from twinql.storage import past

ANOMALIES = """
query ($id: ID!, $during: PeriodInput!, $sensitivity: Float) {
  channel(id: $id) {
    anomalies(during: $during, sensitivity: $sensitivity) {
      count learnedFrom reason { code required available }
      found {
        cause message from until score
        evidence { value threshold unit channel { key } readings(first: 2) { nodes { value observedAt } } }
      }
    }
  }
}
"""
INSERT = """
insert into readings (observed_at, value, channel_number, organisation_number)
select given.at, given.value, c.number, c.organisation_number
from channels as c, unnest($2::timestamptz[], $3::float8[]) as given (at, value) where c.id = $1
"""


async def record(asker, values, *, key="temperature", at=NOON, step=timedelta(minutes=1)):
    times = [at + step * place for place in range(len(values))]
    await write(asker, "select twinql.prepare_readings($1, $2)", times[0], times[-1])
    await write(asker, INSERT, asker.world.channels[key], times, [float(each) for each in values])


def asked(asker, *, key="temperature", first=NOON, last=NOON + timedelta(days=1), **more):
    during = {"from": first.isoformat(), "until": last.isoformat()}
    return {"id": encode("Channel", asker.world.channels[key]), "during": during, **more}


async def anomalies_of(asker, **given):
    return (await asker.ask(ANOMALIES, **asked(asker, **given)))["channel"]["anomalies"]


async def test_what_was_beyond_a_limit_for_a_while_is_found_with_its_readings(asker):
    await write(asker, "update channels set limit_high = 65 where id = $1", asker.world.channels["temperature"])
    await record(asker, [60, 61, 66, 67, 62, 61])
    found = await anomalies_of(asker)
    (anomaly,) = found["found"]
    assert (found["count"], anomaly["cause"], anomaly["score"] >= 1) == (1, "LIMIT_HIGH", True)
    begins, ends = (datetime.fromisoformat(anomaly[each]) for each in ("from", "until"))
    assert (begins, ends) == (NOON + minutes(2), NOON + minutes(4))
    evidence = anomaly["evidence"][0]
    assert (evidence["value"], evidence["threshold"], evidence["channel"]) == (66.0, 65.0, {"key": "temperature"})
    assert evidence["readings"]["nodes"][-1]["value"] == 66.0
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 200, "available": 6}
    assert datetime.fromisoformat(found["learnedFrom"]) == NOON


async def test_rules_count_as_they_do_for_alarms(asker):
    await record(asker, [60, 61, 66, 67, 62, 61])
    assert (await anomalies_of(asker))["found"] == []
    channel = encode("Channel", asker.world.channels["temperature"])
    rule = {"name": "Hot", "cause": "LIMIT_HIGH", "channelId": channel, "limitValue": 66.5}
    await asker.changed("createAlarmRule", "alarmRule { id }", **rule)
    (anomaly,) = (await anomalies_of(asker))["found"]
    assert datetime.fromisoformat(anomaly["from"]) == NOON + minutes(3)


async def test_energy_that_leaps_is_found_against_the_weeks_before(asker):
    day = 0.4 + 0.3 * np.sin(np.arange(48) / 48 * 2 * np.pi)
    values = np.tile(day, 35) * (1 + 0.02 * np.sin(np.arange(35.0 * 48)))
    values[30 * 48 + 20] = 9.0
    await record(asker, values, key="energy", step=timedelta(minutes=30))
    first = NOON + timedelta(days=29)
    found = await anomalies_of(asker, key="energy", first=first, last=first + timedelta(days=3))
    assert found["reason"] is None
    leap = NOON + timedelta(minutes=30) * (30 * 48 + 20)
    (anomaly,) = [each for each in found["found"] if datetime.fromisoformat(each["from"]) == leap]
    assert anomaly["cause"] in {"SPIKE", "OUTLIER_TAMPER"}
    assert 9.0 in {each["value"] for each in anomaly["evidence"][0]["readings"]["nodes"]}
    assert datetime.fromisoformat(found["learnedFrom"]) == NOON


async def test_a_fast_channel_is_learned_from_thinned_weeks_and_then_looked_at_one_by_one(asker, monkeypatch):
    monkeypatch.setattr(past, "NEWEST", 20)
    await record(asker, 20 + np.sin(np.arange(600.0)))
    first = NOON + minutes(580)
    values = {}

    async def spied(glance, columns):
        values["columns"] = columns
        return await looked_at(glance, columns)

    looked_at = past.looked_at
    monkeypatch.setattr("schema.anomaly.looked_at", spied)
    assert (await anomalies_of(asker, first=first, last=first + minutes(20)))["found"] == []
    thinned, newest, stretch = ((at_s - NOON.timestamp()) / 60 for at_s, _ in values["columns"])
    assert list(stretch) == list(range(580, 600))
    assert list(newest) == list(range(560, 580))
    assert 110 <= len(thinned) <= 113
    assert thinned[-1] < 560
    assert set(np.diff(thinned)) == {5.0}


@pytest.mark.parametrize("sensitivity", [0.1, 6.0])
async def test_a_sensitivity_without_sense_is_refused(asker, sensitivity):
    code, message = await asker.refusal(ANOMALIES, **asked(asker, sensitivity=sensitivity))
    assert (code, message) == ("BAD_USER_INPUT", "The sensitivity lies between 0.2 and 5.")


async def test_nothing_recorded_is_nothing_found(asker):
    found = await anomalies_of(asker)
    assert (found["found"], found["count"], found["learnedFrom"]) == ([], 0, None)
    assert found["reason"] == {"code": "INSUFFICIENT_HISTORY", "required": 200, "available": 0}
    assert (await anomalies_of(asker, key="price"))["reason"]["code"] == "NOT_FOR_THIS_KIND"
    assert (await anomalies_of(asker, key="execution"))["reason"] is None


async def test_too_much_at_once_is_told_so(asker, monkeypatch):
    monkeypatch.setattr(past, "MOST_READINGS", 5)
    await record(asker, [60.0] * 6)
    code, message = await asker.refusal(ANOMALIES, **asked(asker))
    assert (code, message) == ("RANGE_TOO_LARGE", "This stretch holds more than 5 readings; ask for a shorter one.")
