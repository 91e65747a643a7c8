"""What is to be done about a sensor follows from its alarms, its calibration, and who could stand in for it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from twinql.domain.decisions.sensors import Sensor, Substitute, Trouble, judge
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.detection.finding import Cause

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=20)
NEAR = Substitute("room", "Room temperature", 0.97, 0.4, 500)
FAR = Substitute("outside", "Outside temperature", 0.31, 4.0, 500)


def sensor(*troubles, others=3, silent=0, guards=True, valid_until=None):
    return Sensor(
        UUID(int=1), UUID(int=2), UUID(int=3), "DEGREE_CELSIUS", guards, troubles, others, silent, valid_until
    )


def trouble(cause, *, score=2.5, occurrences=1):
    return Trouble(cause, SINCE, score, occurrences)


def the_one(asked, *substitutes):
    (found,) = judge(asked, substitutes, NOW)
    return found


@pytest.mark.parametrize("cause", [Cause.STUCK, Cause.STALE])
def test_a_sensor_that_failed_is_replaced_unless_another_one_goes_together_with_it(cause):
    alone = the_one(sensor(trouble(cause)), FAR)
    assert (alone.recommendation.action, alone.recommendation.urgency) == (DecisionAction.REPLACE_SENSOR, Urgency.HIGH)
    assert alone.since == SINCE
    assert [each.code for each in alone.recommendation.reasons][1] == "NO_SUBSTITUTE"
    helped = the_one(sensor(trouble(cause)), FAR, NEAR).recommendation
    assert (helped.action, helped.confidence) == (DecisionAction.SUBSTITUTE_SENSOR, 0.97)
    why = {each.code: each for each in helped.reasons}
    assert (why["SUBSTITUTE_CORRELATES"].value, why["SUBSTITUTE_CORRELATES"].threshold) == (0.97, 0.9)
    assert (why["SUBSTITUTE_DEVIATES"].value, why["SUBSTITUTE_DEVIATES"].channel_key) == (0.4, "room")


def test_where_the_whole_asset_is_silent_its_connection_is_looked_at_first():
    found = the_one(sensor(trouble(Cause.STALE), others=3, silent=3), NEAR).recommendation
    assert found.action is DecisionAction.INSPECT
    assert the_one(sensor(trouble(Cause.STUCK), others=3, silent=3)).recommendation.action is not DecisionAction.INSPECT
    assert the_one(sensor(trouble(Cause.STALE), others=0)).recommendation.action is DecisionAction.INSPECT


@pytest.mark.parametrize(
    ("days", "code", "urgency"),
    [
        (-30.0, "CALIBRATION_HAS_ENDED", Urgency.MEDIUM),
        (0.0, "CALIBRATION_HAS_ENDED", Urgency.MEDIUM),
        (14.0, "CALIBRATION_ENDS_SOON", Urgency.LOW),
    ],
)
def test_a_calibration_that_ends_or_has_ended_is_due(days, code, urgency):
    found = the_one(sensor(valid_until=NOW + timedelta(days=days))).recommendation
    assert (found.action, found.reasons[0].code, found.urgency) == (DecisionAction.RECALIBRATE, code, urgency)
    assert found.reasons[0].value == abs(days)


def test_nothing_is_wrong_with_a_sensor_that_is_well():
    assert list(judge(sensor(), (), NOW)) == []
    assert list(judge(sensor(trouble(Cause.LIMIT_HIGH), valid_until=NOW + timedelta(days=14.1)), (), NOW)) == []


def test_a_sensor_that_drifts_is_recalibrated_whatever_its_certificate_says():
    found = the_one(sensor(trouble(Cause.DRIFT), valid_until=NOW + timedelta(days=300)))
    assert found.recommendation.action is DecisionAction.RECALIBRATE
    assert found.recommendation.reasons[0].code == "SENSOR_DRIFTS"


def test_a_spike_is_let_pass_until_it_comes_too_often():
    rare = the_one(sensor(trouble(Cause.SPIKE, occurrences=4))).recommendation
    assert (rare.action, rare.urgency) == (DecisionAction.CONTINUE_MONITORING, Urgency.LOW)
    often = the_one(sensor(trouble(Cause.SPIKE, occurrences=5))).recommendation
    assert (often.action, often.reasons[0].threshold) == (DecisionAction.INSPECT, 5.0)
    assert the_one(sensor(trouble(Cause.CLOCK_OFF))).recommendation.action is DecisionAction.INSPECT
