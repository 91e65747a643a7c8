"""Ranks, reliability, and which one to swap."""

import pytest

from twinql.domain.diagnosis.bands import HealthStatus, IssueCode
from twinql.domain.diagnosis.health import Health, Issue
from twinql.domain.diagnosis.ranking import mean_reliability, ranked, reliability, swap_of
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


def health(score, *issues):
    status = HealthStatus.UNKNOWN if score is None else HealthStatus.GOOD
    return Health(score, status, issues)


def test_one_swaps_the_least_healthy_and_of_equals_the_less_reliable():
    stuck = Issue(IssueCode.STUCK, "It does not move.", 40)
    ill, other = health(60.0, stuck), health(60.0)
    found = swap_of({"a": ill, "b": health(95.0), "c": other, "d": health(None)}, {"a": 50.0, "c": 90.0})
    assert (found.thing, found.score, found.issue) == ("a", 60, stuck)
    assert found.message == "Its health is 60 of 100, the least of 3. It does not move."
    assert swap_of({"a": other, "c": ill}, {"a": NOTHING, "c": 3.0}).thing == "c"
    assert swap_of({"a": health(80.0), "b": health(None)}, {}) is None
    assert swap_of({}, {}) is None
