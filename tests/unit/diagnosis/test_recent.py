"""Where values go now: what has turned a few minutes ago, and what only seems to."""

import numpy as np
import pytest

from tests.unit.simulation.test_world import START_S, USUAL, WORLD
from twinql.domain.diagnosis.bands import Freshness, RiskLevel, Trend
from twinql.domain.diagnosis.present import Age
from twinql.domain.diagnosis.reason import ReasonCode, too_few
from twinql.domain.diagnosis.recent import recent_slope
from twinql.domain.diagnosis.risk import hazards_of, risk_of, shares_beyond
from twinql.domain.diagnosis.slope import slope_of
from twinql.domain.diagnosis.stretch import stretch_of
from twinql.domain.diagnosis.traits import time_to, trend_of
from twinql.domain.simulation.faults import FaultName, switched_on
from twinql.domain.simulation.world import beginning, observe

LIMITS = (None, None, 65.0, 75.0)
FRESH = Age(Freshness.FRESH, 1, 2, learned=False)
STEP_S = 2.0
HOUR_S = 3_600.0
MINUTE_S = 60.0


def stretch(values, at_s=None):
    at_s = START_S + MINUTE_S * np.arange(len(values)) if at_s is None else at_s
    return stretch_of(np.asarray(at_s, dtype=float), np.asarray(values, dtype=float))


def temperatures(*, usual_s, failed_s):
    """The spindle of the demo: as usual, then without coolant; times and values every two seconds."""
    first = START_S + np.arange(STEP_S, usual_s + 1, STEP_S)
    state, usual, _ = observe(WORLD, beginning(START_S), at_s=first, actuators=USUAL)
    at_s = [first]
    values = [usual["mill.temperature"].values]
    if failed_s:
        fault = switched_on(FaultName.COOLANT_FAILURE, at_s=state.at_s)
        then = state.at_s + np.arange(STEP_S, failed_s + 1, STEP_S)
        _, failed, _ = observe(WORLD, state, at_s=then, actuators=USUAL, faults=[fault])
        at_s.append(then)
        values.append(failed["mill.temperature"].values)
    return np.concatenate(at_s), np.concatenate(values)


def hour_before(at_s, values, now_s):
    window = (at_s > now_s - HOUR_S) & (at_s <= now_s)
    return stretch(values[window], at_s[window])


@pytest.mark.parametrize("usual_s", [10_800, 11_040])
def test_a_spindle_whose_coolant_has_failed_is_seen_to_overheat_in_time(usual_s):
    at_s, values = temperatures(usual_s=usual_s, failed_s=900)
    crosses_s = at_s[np.argmax(values > 65)]
    for ahead_s in (300, 240, 180, 120, 60):
        readings = hour_before(at_s, values, crosses_s - ahead_s)
        line = recent_slope(readings)
        assert trend_of(line) is Trend.RISING
        assert ahead_s / 2 <= time_to(line, 65.0).expected_s <= ahead_s * 2
        # The hour as a whole says nothing of it.
        assert time_to(slope_of(readings), 65.0).code is ReasonCode.NO_TREND
        hazards = hazards_of(
            shares_beyond(readings, LIMITS, until_s=crosses_s - ahead_s, spacing_s=STEP_S),
            limits=LIMITS,
            slope=line,
            window_s=HOUR_S,
            age=FRESH,
            alarms=(),
        )
        level = risk_of({"temperature": hazards}).level
        assert level in ({RiskLevel.HIGH} if ahead_s <= 180 else {RiskLevel.ELEVATED, RiskLevel.HIGH})


def test_the_cycles_of_a_spindle_that_is_well_are_no_turn():
    at_s, values = temperatures(usual_s=10_800, failed_s=0)
    for now_s in START_S + np.arange(HOUR_S + 100, 10_800, 373):
        found = time_to(recent_slope(hour_before(at_s, values, now_s)), 65.0)
        assert getattr(found, "expected_s", HOUR_S) >= HOUR_S


def test_a_turn_worked_by_hand():
    # 40 minutes at 20, then up by 1 a minute for 20: of 60 readings the newest 15 are a line; 30 are none.
    found = recent_slope(stretch([20.0] * 40 + list(range(21, 41))))
    assert (found.count, found.per_second * MINUTE_S) == (15, pytest.approx(1))
    assert found.first_s == START_S + 45 * MINUTE_S
    assert time_to(found, 45.0).expected_s == pytest.approx(5 * MINUTE_S)
    assert time_to(found, 45.0).first_s == found.first_s


@pytest.mark.parametrize(
    "values",
    [
        np.arange(60.0),
        [21.5] * 60,
        np.random.default_rng(1).normal(size=60),
        20 + np.sin(np.arange(120) / 3),
        np.arange(19.0),
        np.tile([0.0, 0, 0, 5, 5], 24),
        np.where(np.arange(60) % 2, 1.7e308, -1.7e308),
    ],
)
def test_where_nothing_has_turned_it_is_the_line_of_the_window(values):
    assert recent_slope(stretch(values)) == slope_of(stretch(values))


@pytest.mark.parametrize("values", [[], [1.0], [np.nan] * 40])
def test_too_few_readings_are_said_to_be_too_few(values):
    assert recent_slope(stretch(values)) == too_few(10, int(np.isfinite(values).sum()))


def test_two_wild_readings_at_the_end_are_no_turn():
    values = 20 + np.random.default_rng(3).normal(size=200)
    values[-2:] = 90
    assert recent_slope(stretch(values)).count == 200


def test_noise_seldom_seems_to_turn():
    found = [recent_slope(stretch(np.random.default_rng(seed).normal(size=120))) for seed in range(200)]
    assert np.mean([each.count < 120 for each in found]) < 0.03


def test_units_zeros_and_times_change_nothing():
    values = np.concatenate([np.random.default_rng(5).normal(20, 0.1, 80), 20 + 0.5 * np.arange(15)])
    celsius, fahrenheit = recent_slope(stretch(values)), recent_slope(stretch(values * 1.8 + 32))
    assert celsius.count == fahrenheit.count < 95
    assert fahrenheit.per_second == pytest.approx(1.8 * celsius.per_second)
    later = recent_slope(stretch(values, START_S + 1e6 + MINUTE_S * np.arange(95)))
    assert (later.count, later.per_second) == (celsius.count, pytest.approx(celsius.per_second))
