"""What a person should look at now: what comes first, what is told once, and what is not worth telling."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.diagnosis.bands import IssueCode
from twinql.domain.diagnosis.health import Issue
from twinql.domain.diagnosis.insights import InsightKind, insights
from twinql.domain.diagnosis.matters import Ailment, OpenDecision, Place, RaisedAlarm, Refused

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPINDLE = Place(UUID(int=1), UUID(int=10), "Mill, Spindle temperature")
POWER = Place(UUID(int=2), UUID(int=10), "Mill, Electric power")
NUMBER = {"code": "LAST_VALUE", "message": "Last.", "value": 71.0, "threshold": 65.0, "unit": "DEGREE_CELSIUS"}
HOT = RaisedAlarm(
    id=UUID(int=100),
    place=SPINDLE,
    cause="LIMIT_HIGH",
    severity="HIGH",
    acknowledged=False,
    holds=True,
    occurrences=1,
    message="Spindle temperature is 71 °C, above 65 °C.",
    score=1.2,
    raised_at=NOON,
    evidence=({**NUMBER, "channelId": str(SPINDLE.channel_id), "from": NOON.isoformat(), "until": NOON.isoformat()},),
)
COOL = OpenDecision(
    id=UUID(int=200),
    place=SPINDLE,
    action=DecisionAction.RESTORE_COOLING,
    urgency=Urgency.IMMEDIATE,
    confidence=0.9,
    made_at=NOON,
    reasons=(NUMBER, {**NUMBER, "message": "The pump is off.", "channel_key": "running"}),
    looked_from=NOON - timedelta(hours=1),
    looked_until=NOON,
)
REFUSED = Refused(UUID(int=300), POWER, 12, "No such time; correct it.", NOON - timedelta(days=1))


def ailment(code, points, place=POWER, value=0.5):
    return Ailment(place, Issue(code, "Something.", points, value, 0.0), NOON - timedelta(hours=1), NOON)


def found(alarms=(), decisions=(), ailments=(), refused=()):
    return insights(alarms=alarms, decisions=decisions, ailments=ailments, refused=refused)


def test_where_all_is_well_there_is_nothing_to_look_at():
    assert found() == []


def test_the_most_urgent_comes_first_whatever_it_rests_on():
    old = ailment(IssueCode.CALIBRATION_EXPIRED, 15.0)
    due = ailment(IssueCode.CALIBRATION_DUE, 3.0)
    told = found([HOT], [COOL], [due, old], [REFUSED])
    assert [each.urgency for each in told] == [
        Urgency.IMMEDIATE,
        Urgency.HIGH,
        Urgency.MEDIUM,
        Urgency.MEDIUM,
        Urgency.LOW,
    ]
    assert [each.kind for each in told][:2] == [InsightKind.DECISION, InsightKind.ALARM]
    last = [InsightKind.CALIBRATION, InsightKind.REJECTED_READINGS, InsightKind.CALIBRATION]
    assert [each.kind for each in told[2:]] == last
    assert [each.node_id for each in told][:2] == [COOL.id, HOT.id]
    assert "12 readings were refused" in next(each.message for each in told if each.node_id == REFUSED.newest)


@pytest.mark.parametrize(
    ("code", "left", "threshold", "performed", "since"),
    [
        # Thirty days are soon, and ten are left: it has been due for twenty.
        (IssueCode.CALIBRATION_DUE, 10, 30, 300, -20),
        (IssueCode.CALIBRATION_DUE, 10, 30, 2, -2),
        (IssueCode.CALIBRATION_EXPIRED, -5, 0, 300, -5),
    ],
)
def test_a_calibration_is_due_since_little_of_it_is_left_and_not_before_it_was_made(
    code, left, threshold, performed, since
):
    issue = Issue(code, "Something.", 3.0, left * 86_400.0, threshold * 86_400.0)
    looked = Ailment(POWER, issue, NOON - timedelta(hours=2), NOON, UUID(int=5), NOON - timedelta(days=performed))
    (one,) = found(ailments=[looked])
    assert one.since == NOON + timedelta(days=since)


def test_an_alarm_that_somebody_has_seen_or_that_has_ended_is_a_step_less_urgent():
    assert found([HOT])[0].urgency is Urgency.HIGH
    assert found([replace(HOT, acknowledged=True)])[0].urgency is Urgency.MEDIUM
    assert found([replace(HOT, holds=False)])[0].urgency is Urgency.MEDIUM
    assert found([replace(HOT, severity="LOW", holds=False)])[0].urgency is Urgency.LOW


def test_the_alarms_of_a_channel_are_one_insight_led_by_the_worst():
    drift = replace(HOT, id=UUID(int=101), cause="DRIFT", severity="LOW", score=9.0)
    (one,) = found([drift, HOT])
    assert one.node_id == HOT.id
    assert "there DRIFT holds too" in one.reason
    (one,) = found([replace(drift, holds=False), HOT])
    assert "there DRIFT has ended unacknowledged" in one.reason
    assert len(found([HOT, replace(HOT, id=UUID(int=102), place=POWER)])) == 2


def test_what_an_alarm_tells_already_is_not_told_again():
    silence = replace(HOT, cause="STALE", place=POWER)
    dead, stuck = ailment(IssueCode.DEAD, 100.0), ailment(IssueCode.STUCK, 40.0)
    assert [each.kind for each in found([silence], ailments=[dead, stuck])] == [InsightKind.ALARM]
    assert [each.kind for each in found(ailments=[dead, stuck])] == [InsightKind.HEALTH]


def test_a_silence_begins_with_the_newest_reading_and_is_told_once():
    missing = ailment(IssueCode.INCOMPLETE, 20.0)
    (one,) = found(ailments=[ailment(IssueCode.DEAD, 100.0, value=1800.0), missing])
    assert (one.since, one.urgency) == (NOON - timedelta(minutes=30), Urgency.HIGH)
    (number,) = one.evidence
    told = [datetime.fromisoformat(number[name]) for name in ("from", "until")]
    assert told[0] < one.since < told[1] < told[0] + timedelta(seconds=1)
    (old,) = found(ailments=[ailment(IssueCode.DEAD, 100.0, value=30 * 86_400.0)])
    assert old.urgency is Urgency.LOW
    assert len(found(ailments=[missing])) == 1


def test_what_is_late_or_takes_next_to_nothing_off_wants_nobody():
    assert found(ailments=[ailment(IssueCode.LATE, 10.0), ailment(IssueCode.INCOMPLETE, 0.4)]) == []


def test_every_number_names_the_channel_and_the_time_of_its_readings():
    told = found([HOT], [COOL], [ailment(IssueCode.INCOMPLETE, 20.0)])
    numbers = [number for each in told for number in each.evidence]
    assert len(numbers) == 3
    for number in numbers:
        assert {"code", "message", "value", "threshold", "unit", "channelId", "from", "until"} <= number.keys()
        assert datetime.fromisoformat(number["from"]) <= datetime.fromisoformat(number["until"])


def test_the_order_does_not_hang_on_the_order_in_which_things_were_found():
    alarms = [replace(HOT, id=UUID(int=n), place=replace(SPINDLE, channel_id=UUID(int=n)), score=n) for n in range(9)]
    once = found(alarms)
    Random(1).shuffle(alarms)
    assert found(alarms) == once
    assert [each.weight for each in once] == sorted((each.weight for each in once), reverse=True)
