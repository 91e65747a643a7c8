"""The robust line through readings, and whether it is one."""

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import theilslopes

from twinql.domain.diagnosis.bands import Trend
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.diagnosis.slope import Slope, slope_of
from twinql.domain.diagnosis.stretch import stretch_of
from twinql.domain.diagnosis.traits import time_to, trend_of

MINUTE = 60.0
START = 1.8e9


def slope(values, at_s=None):
    at_s = START + MINUTE * np.arange(len(values)) if at_s is None else at_s
    return slope_of(stretch_of(np.asarray(at_s, dtype=float), np.asarray(values, dtype=float)))


def wandering(like_before, *, count, seed):
    """Readings without a trend, each resembling the one before."""
    news = np.random.default_rng(seed).normal(size=count + 200)
    return lfilter([1.0], [1.0, -like_before], news)[200:]


def test_a_line_is_found_whatever_a_few_wild_readings_say():
    values = 20 + 0.05 * np.arange(30)
    values[[3, 17]] = 900, -900
    found = slope(values)
    assert found.per_second * 60 == pytest.approx(0.05)
    assert found.level == pytest.approx(20 + 0.05 * 29)
    assert trend_of(found) is Trend.RISING
    assert found.span_s == 29 * 60
    assert found.count == 30


def test_bounds_and_significance_worked_by_hand():
    # Ten rising values: all 45 pairs rise, S = 45; Var S = 10 · 9 · 25 / 18 = 125. Of a straight line nothing is left
    # to resemble its neighbour. z = 44 / √125 = 3.935, p = 0.0000831.
    found = slope(np.arange(10.0))
    assert found.p_value == pytest.approx(0.0000831, abs=5e-7)
    assert (found.like_before, found.direction) == (0.0, 1)
    assert found.lower == found.upper == found.per_second == pytest.approx(1 / 60)


def test_the_line_is_that_of_scipy_where_readings_are_independent():
    values = np.random.default_rng(7).normal(size=80) + 0.02 * np.arange(80)
    # Every other one is turned over, so that neighbours are anything but alike: nothing widens the bounds.
    values = np.where(np.arange(80) % 2, values, -values)
    found = slope(values)
    assert found.like_before == 0.0
    theirs = theilslopes(values, MINUTE * np.arange(80), alpha=0.95)
    assert (found.per_second, found.lower, found.upper) == pytest.approx(tuple(theirs[i] for i in (0, 2, 3)))


@pytest.mark.parametrize(("like_before", "most"), [(0.0, 0.1), (0.5, 0.12), (0.8, 0.15)])
def test_what_wanders_without_a_trend_seldom_seems_to_have_one(like_before, most):
    found = [slope(wandering(like_before, count=100, seed=seed)) for seed in range(200)]
    assert np.mean([trend_of(each) is not Trend.STEADY for each in found]) <= most


def test_readings_that_resemble_each_other_tell_less():
    alone, alike = slope(wandering(0.0, count=100, seed=3)), slope(wandering(0.8, count=100, seed=3))
    assert alone.like_before == pytest.approx(0, abs=0.2)
    assert alike.like_before == pytest.approx(0.8, abs=0.15)
    deviation = 1 / 0.6  # of AR(1) with 0.8
    assert (alike.upper - alike.lower) / deviation > 2 * (alone.upper - alone.lower)


def test_equal_values_go_nowhere():
    found = slope([21.5] * 12)
    assert (found.per_second, found.lower, found.upper, found.p_value) == (0, 0, 0, 1)
    assert trend_of(found) is Trend.STEADY
    assert time_to(found, 30.0).code is ReasonCode.NO_TREND


@pytest.mark.parametrize("values", [[], [1.0], list(range(9)), [np.nan] * 40, [np.inf] * 40])
def test_too_few_readings_are_said_to_be_too_few(values):
    usable = int(np.isfinite(values).sum()) if values else 0
    assert slope(values) == too_few(10, usable)


def test_ten_readings_are_enough():
    assert isinstance(slope(np.random.default_rng(1).normal(size=10)), Slope)


def test_order_repetition_and_holes_change_nothing():
    values = np.random.default_rng(2).normal(size=40) + 0.1 * np.arange(40)
    at_s = START + MINUTE * np.arange(40.0)
    at_s[20:] += 3 * 7 * 86_400  # three weeks of nothing
    shuffled = np.random.default_rng(5).permutation(40)
    twice = np.concatenate([shuffled, shuffled])
    assert slope(values[twice], at_s[twice]) == slope(values, at_s)
    assert abs(slope(values, at_s).per_second) < 0.1 / 60


def test_units_and_zeros_change_no_verdict():
    values = wandering(0.6, count=60, seed=11) + 0.03 * np.arange(60)
    celsius, fahrenheit = slope(values), slope(values * 1.8 + 32)
    assert fahrenheit.p_value == pytest.approx(celsius.p_value)
    assert fahrenheit.per_second == pytest.approx(1.8 * celsius.per_second)
    assert (fahrenheit.lower, fahrenheit.upper) == pytest.approx((1.8 * celsius.lower, 1.8 * celsius.upper))
    assert fahrenheit.level == pytest.approx(1.8 * celsius.level + 32)


def test_many_readings_are_joined_and_say_the_same():
    at_s = START + 2.0 * np.arange(5_001)
    values = np.random.default_rng(4).normal(size=5_001) + 0.001 * (at_s - START)
    found = slope(values, at_s)
    assert found.per_second == pytest.approx(0.001, rel=0.05)
    assert found.lower < 0.001 < found.upper
    assert found.count == 5_001
    assert found.level == pytest.approx(0.001 * 10_000, abs=0.3)


def test_the_greatest_numbers_overflow_nothing():
    huge = np.where(np.arange(40) % 2, 1.7e308, -1.7e308)
    assert isinstance(slope(huge), Slope | Reason)
    assert slope(1.7e308 * np.linspace(-1, 1, 40), START + 1e-4 * np.arange(40)).code is ReasonCode.OUT_OF_RANGE
    assert trend_of(slope(1e-300 * np.arange(20.0))) is Trend.RISING


def test_the_time_to_a_threshold_worked_by_hand():
    # 65 lies 5 above the last of 20 readings that rise by 0.5 a minute: ten minutes.
    found = slope(60 - 0.5 * 19 + 0.5 * np.arange(20))
    reached = time_to(found, 65.0)
    assert (reached.expected_s, reached.earliest_s, reached.latest_s) == pytest.approx((600, 600, 600))
    assert reached.from_s == START + 19 * 60
    assert time_to(found, 59.0).code is ReasonCode.MOVING_AWAY
    assert time_to(found, 60 + 0.5 * 19 * 10 + 1).code is ReasonCode.TOO_FAR
    assert time_to(found, np.inf).code is ReasonCode.TOO_FAR


def test_the_bounds_of_a_time_hold_its_expectation():
    values = 100 - 0.2 * np.arange(60) + np.random.default_rng(9).normal(size=60)
    reached = time_to(slope(values), 80.0)
    assert 0 < reached.earliest_s < reached.expected_s < reached.latest_s
    scaled = time_to(slope(values * 1_000), 80_000.0)
    assert scaled.expected_s == pytest.approx(reached.expected_s)
