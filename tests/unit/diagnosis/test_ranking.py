"""Ranks, reliability, and which one to swap."""

import pytest

from twinql.domain.diagnosis.bands import HEALTH, HealthStatus, IssueCode
from twinql.domain.diagnosis.health import Health, Issue
from twinql.domain.diagnosis.ranking import (
    Metric,
    RankingOrder,
    descends,
    mean_reliability,
    of_sensor,
    ranked,
    reliability,
    swap_of,
)
from twinql.domain.diagnosis.reason import ReasonCode, too_few

NOTHING = too_few(1, 0)


def test_equal_ones_share_a_rank_and_what_has_no_value_comes_last():
    found = ranked({"a": 5.0, "b": NOTHING, "c": 7.0, "d": 5.0, "e": 1.0})
    assert [(each.rank, each.thing) for each in found] == [(1, "c"), (2, "a"), (2, "d"), (4, "e"), (None, "b")]
    assert ranked({}) == []


def test_reliability_worked_by_hand():
    assert reliability(expected=100, readings=95, actual=90, faulty_share=0.2) == pytest.approx(72)
    assert reliability(expected=None, readings=50, actual=40, faulty_share=0) == pytest.approx(80)
    assert reliability(expected=10, readings=30, actual=11, faulty_share=-1) == 100
    assert reliability(expected=0, readings=0, actual=0, faulty_share=0).code is ReasonCode.INSUFFICIENT_HISTORY
    assert reliability(expected=None, readings=0, actual=0, faulty_share=0).code is ReasonCode.INSUFFICIENT_HISTORY
    assert reliability(expected=10, readings=0, actual=0, faulty_share=2) == 0


def test_an_asset_is_as_reliable_as_its_channels_are_on_the_mean():
    assert mean_reliability([100.0, NOTHING, 50.0]) == 75
    assert mean_reliability([NOTHING]).code is ReasonCode.NO_CHANNEL
    assert mean_reliability([]).code is ReasonCode.NO_CHANNEL


def test_what_needs_attention_comes_first_unless_the_best_is_asked_for():
    found = ranked({"a": 5.0, "b": NOTHING, "c": 7.0, "d": 5.0, "e": 1.0}, descending=False)
    assert [(each.rank, each.thing) for each in found] == [(1, "e"), (2, "a"), (2, "d"), (4, "c"), (None, "b")]
    greatest = {each for each in Metric if descends(each, RankingOrder.WORST_FIRST)}
    assert greatest == {Metric.RISK, Metric.CONSUMPTION}
    assert {each for each in Metric if descends(each, RankingOrder.BEST_FIRST)} == set(Metric) - greatest


def health(*issues):
    score = 100.0 - sum(each.points for each in issues)
    return Health(score, HEALTH.label(score), issues)


HOT = Issue(IssueCode.ALARM, "Too hot.", 60, cause="LIMIT_HIGH_HIGH")
DRIFTS = Issue(IssueCode.ALARM, "It drifts.", 30, cause="DRIFT")
STUCK = Issue(IssueCode.STUCK, "It does not move.", 40, cause="STUCK")
ENDED = Issue(IssueCode.CALIBRATION_EXPIRED, "Its calibration has ended.", 15)
UNKNOWN = Health(None, HealthStatus.UNKNOWN)


def test_a_hot_process_is_no_reason_to_swap_its_sensor():
    out = Issue(IssueCode.OUT_OF_TARGET, "Outside.", 20)
    right = of_sensor(health(HOT, out))
    assert (right.score, right.status, right.issues) == (100, HealthStatus.GOOD, [])
    wrong = of_sensor(health(HOT, DRIFTS))
    assert (wrong.score, wrong.issues) == (70, [DRIFTS])
    assert of_sensor(UNKNOWN) == UNKNOWN


def test_one_swaps_the_least_healthy_sensor_and_of_equals_the_less_reliable():
    ill = health(STUCK)
    found = swap_of({"a": ill, "b": health(DRIFTS), "c": ill, "d": UNKNOWN}, {"a": 50.0, "c": 90.0})
    assert (found.thing, found.score, found.issue) == ("a", 60, STUCK)
    assert found.message == "Its sensor has 60 points of 100, the least of 3. It does not move."
    assert swap_of({"a": ill, "c": ill}, {"a": NOTHING, "c": 3.0}).thing == "c"
    assert swap_of({"a": health(ENDED)}, {}).issue == ENDED
    assert swap_of({"a": health(Issue(IssueCode.BAD_READINGS, "Some.", 14)), "b": UNKNOWN}, {}) is None
    assert swap_of({}, {}) is None
