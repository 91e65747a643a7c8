"""Risk, condition and efficiency of machines, worked by hand."""

from uuid import UUID

import numpy as np
import pytest

from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis.bands import Congestion, EfficiencyLevel, Freshness, RiskCode, RiskLevel, Trend
from twinql.domain.diagnosis.condition import congestion_of, error_rate_of, overheating_of
from twinql.domain.diagnosis.efficiency import efficiency_of, energy_by_state, energy_of_steps
from twinql.domain.diagnosis.health import OpenAlarm
from twinql.domain.diagnosis.present import Age
from twinql.domain.diagnosis.reason import ReasonCode, too_few
from twinql.domain.diagnosis.risk import Hazard, hazards_of, risk_of, shares_beyond
from twinql.domain.diagnosis.slope import slope_of
from twinql.domain.diagnosis.stretch import percent, stretch_of

LIMITS = (0.0, 5.0, 65.0, 75.0)
FRESH = Age(Freshness.FRESH, 1, 60, learned=False)


def stretch(values, spacing_s=60.0):
    return stretch_of(spacing_s * np.arange(len(values)), np.asarray(values, dtype=float))


def hazards(values, *, age=FRESH, alarms=(), limits=LIMITS, window_s=3_600.0):
    readings = stretch(values)
    shares = shares_beyond(readings, limits, until_s=60.0 * len(values))
    return hazards_of(shares, limits=limits, slope=slope_of(readings), window_s=window_s, age=age, alarms=alarms)


def test_shares_beyond_limits_worked_by_hand():
    found = shares_beyond(stretch([4, 5, 66, 80, -1, 20, 65, 75]), LIMITS, until_s=480)
    assert (found.beyond, found.far, found.covered_s) == (3 / 8, 2 / 8, 480)
    assert shares_beyond(stretch([]), LIMITS, until_s=1) is None
    assert shares_beyond(stretch([1e9]), (None,) * 4, until_s=60).beyond == 0


def test_the_hazards_of_a_channel_worked_by_hand():
    assert hazards([20.0] * 20) == []
    hot = hazards([70.0] * 10 + [80.0] * 10)
    assert [(each.code, each.size) for each in hot] == [
        (RiskCode.FAR_BEYOND_LIMIT, pytest.approx(0.45)),
        (RiskCode.BEYOND_LIMIT, pytest.approx(0.25)),
    ]
    # 45 and rising by 1 a minute: at 65 in 20 minutes, a third of an hour.
    (soon,) = hazards(np.arange(26.0, 46.0))
    assert (soon.code, soon.value, soon.size) == (
        RiskCode.APPROACHING_LIMIT,
        pytest.approx(1_200),
        pytest.approx(0.4 * 2 / 3),
    )
    alarm = OpenAlarm(UUID(int=1), "SPIKE", "HIGH", "ACTIVE_UNACKNOWLEDGED", holds=True, message="A spike.", score=2)
    silent = hazards([20.0] * 20, age=Age(Freshness.DEAD, 7_200, 60, learned=False), alarms=(alarm,))
    assert [(each.code, each.size) for each in silent] == [(RiskCode.DEAD, 0.3), (RiskCode.ALARM, 0.3)]


def test_a_share_that_is_there_is_never_called_nothing():
    assert percent(0.001) == "less than 1%"
    assert (percent(0.0), percent(0.01), percent(1.0)) == ("0%", "1%", "100%")


def test_contributions_to_a_risk_add_up_to_it():
    half, fifth = (Hazard(RiskCode.BEYOND_LIMIT, "", size, 1) for size in (0.5, 0.2))
    found = risk_of({"a": [half, fifth], "b": [fifth], "c": []})
    assert found.score == pytest.approx(100 * (1 - 0.5 * 0.8 * 0.8))
    assert found.level is RiskLevel.HIGH
    assert [each.channel for each in found.contributions] == ["a", "b"]
    assert sum(each.points for each in found.contributions) == pytest.approx(found.score)
    nothing = risk_of({"a": []})
    assert str(nothing.score) == "0.0"
    assert (nothing.score, nothing.level, nothing.contributions) == (0, RiskLevel.LOW, [])
    assert str(risk_of({}).score) == str(nothing.score) == "0.0"
    (seldom,) = hazards([20.0] * 500 + [70.0] + [20.0] * 500)
    assert seldom.message == "Beyond its inner limits for less than 1% of the time."


def test_units_change_no_risk():
    values = 40 + np.arange(30.0)
    celsius, fahrenheit = hazards(values), hazards(values * 1.8 + 32, limits=tuple(1.8 * each + 32 for each in LIMITS))
    assert [each.size for each in fahrenheit] == pytest.approx([each.size for each in celsius])


def test_overheating_is_told_by_its_margin_and_its_time():
    found = overheating_of(stretch([60, 66, 70, 61]), high=65, high_high=75, until_s=240)
    assert (found.margin, found.beyond_s, found.covered_s, found.limit) == (4, 120, 240, 65)
    assert overheating_of(stretch([80]), high=None, high_high=75, until_s=60).margin == -5
    assert overheating_of(stretch([80]), high=None, high_high=None, until_s=60).code is ReasonCode.NO_LIMIT
    assert overheating_of(stretch([np.nan]), high=1, high_high=None, until_s=60) == too_few(1, 0)


def test_congestion_is_told_in_usual_latencies():
    past = [np.full(10, 20.0), np.full(10, 22.0), np.full(10, 18.0), np.full(3, 900.0)]
    slow = congestion_of(stretch([20.0] * 15 + [80.0] * 5), past)
    assert (slow.usual, slow.high, slow.ratio, slow.level) == (20, 80, 4, Congestion.CONGESTED)
    assert congestion_of(stretch([21.0] * 20), past).level is Congestion.CLEAR
    seconds = congestion_of(stretch([0.020] * 15 + [0.080] * 5), [each / 1_000 for each in past])
    assert (seconds.level, seconds.ratio) == (Congestion.CONGESTED, pytest.approx(4))
    assert congestion_of(stretch([1.0] * 9), past) == too_few(10, 9)
    assert congestion_of(stretch([1.0] * 10), past[:2]).available == 2
    assert congestion_of(stretch([1.0] * 10), [np.zeros(10)] * 3).code is ReasonCode.NO_SCALE


def test_an_error_rate_that_gets_worse_is_told_so():
    readings = stretch(np.arange(1.0, 21.0))
    found = error_rate_of(readings, stretch([2.0, 4]), slope=slope_of(readings), first_s=120, until_s=1_200)
    assert (found.value, found.before, found.direction) == (pytest.approx(10.5), 3, Trend.RISING)
    few = error_rate_of(stretch([1.0]), stretch([]), slope=slope_of(stretch([1.0])), first_s=0, until_s=60)
    assert (few.value, few.before, few.direction) == (1, None, None)
    assert error_rate_of(stretch([]), stretch([]), slope=too_few(10, 0), first_s=0, until_s=60) == too_few(1, 0)


def test_the_energy_of_a_step_worked_by_hand():
    edges = np.array([2.0, 4, np.nan, 6])
    power = energy_of_steps(edges, ReadingKind.INSTANTANEOUS, step_s=900, resolution_s=None)
    assert power.tolist()[:2] == [0.5, 1.0]
    assert np.isnan(power[2])
    register = energy_of_steps(np.array([10.0, 12, 1, 4]), ReadingKind.CUMULATIVE, step_s=900, resolution_s=None)
    assert np.array_equal(register, [2, np.nan, 3], equal_nan=True)
    half_hours = energy_of_steps(np.array([3.0, 3, 5, 5]), ReadingKind.INTERVAL, step_s=900, resolution_s=1_800)
    assert half_hours.tolist() == [1.5, 1.5, 2.5]


def test_energies_of_states_add_up_to_the_total():
    energy, codes = np.array([1.0, 2, 3, np.nan, 4]), np.array([0.0, 1, 1, 1, np.nan])
    found = energy_by_state(energy, codes, step_s=900)
    assert [(each.code, each.energy_kwh, each.elapsed_s) for each in found.states] == [
        (1, 5, 1_800),
        (None, 4, 900),
        (0, 1, 900),
    ]
    assert sum(each.energy_kwh for each in found.states) == found.total_kwh == 10
    assert sum(each.share for each in found.states) == pytest.approx(1)
    assert found.known_s == 3_600
    assert energy_by_state(np.full(3, np.nan), codes[:3], step_s=1) == too_few(1, 0)
    assert energy_by_state(np.zeros(3), codes[:3], step_s=1).states[0].share is None


def periods(*energies, useful=1.0):
    energy = np.repeat(np.array(energies, dtype=float)[:, None] / 4, 4, axis=1)
    return efficiency_of(energy, np.full(energy.shape, useful / 4))


def test_an_efficiency_stands_against_the_machine_s_own_past():
    best = periods(10, 11, 12, 13, 14, 9)
    assert (best.level, best.percentile, best.value) == (EfficiencyLevel.HIGH, 100, pytest.approx(1 / 9))
    assert best.usual == pytest.approx(1 / 12)
    assert periods(10, 11, 12, 13, 14, 20).level is EfficiencyLevel.LOW
    assert (periods(10, 11, 12, 13, 14, 12).level, periods(10, 11, 12, 13, 14, 12).percentile) == (
        EfficiencyLevel.MEDIUM,
        50,
    )
    assert periods(5, 5, 5, 5, 5, 5).percentile == 50
    assert periods(1e4, 1.1e4, 1.2e4, 1.3e4, 1.4e4, 9e3, useful=7).percentile == best.percentile


def test_without_a_past_or_without_activity_there_is_no_efficiency():
    assert periods(1, 2, 3, 4, 5).available == 4
    assert periods(1, 2, 3, 4, 5, 0).code is ReasonCode.NO_ACTIVITY
    assert periods(1, 2, 3, 4, 5, 6, useful=0).code is ReasonCode.NO_ACTIVITY
    assert periods(1, 2, 3, 4, 5, np.nan).code is ReasonCode.NO_ACTIVITY
    assert periods(0, np.nan, 3, 4, 5, 6).available == 3
