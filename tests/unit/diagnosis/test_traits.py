"""Stability, noise, and the scale that makes them comparable."""

import numpy as np
import pytest

from twinql.domain.diagnosis.bands import Steadiness
from twinql.domain.diagnosis.reason import ReasonCode, too_few
from twinql.domain.diagnosis.stretch import holding_s, rate_per_hour, since_reset, stretch_of
from twinql.domain.diagnosis.traits import allowed_reach, noise_of, robust_spread, stability_of, usual_spread

NOBODY = (None, None)


def stretch(values, spacing_s=60.0):
    return stretch_of(spacing_s * np.arange(len(values)), np.asarray(values, dtype=float))


def test_a_robust_spread_worked_by_hand():
    # The median is 3, the deviations 2 1 0 1 97, their median 1.
    assert robust_spread(np.array([1.0, 2, 3, 4, 100])) == pytest.approx(1.4826, abs=1e-4)
    assert robust_spread(np.array([])) is None
    assert robust_spread(np.array([1.7e308, -1.7e308])) is None


def test_stability_worked_by_hand():
    # Half of ten values are 20 and half 22: spread 1.4826. The target 17 to 25 reaches 4: 2.698 spreads, 99.30 %.
    found = stability_of(stretch([20, 22] * 5), allowed_reach(target=(17, 25), limits=NOBODY, usual_spread=None))
    assert found.percent == pytest.approx(99.30, abs=0.005)
    assert found.label is Steadiness.STABLE
    assert (found.spread, found.reach, found.count) == (pytest.approx(1.4826, abs=1e-4), 4.0, 10)
    assert found.standard_deviation == pytest.approx(np.sqrt(10 / 9))


def test_the_same_channel_in_another_unit_is_as_stable():
    celsius = np.random.default_rng(3).normal(20, 2, 200)
    in_celsius = stability_of(stretch(celsius), allowed_reach(target=(18, 22), limits=NOBODY, usual_spread=None))
    fahrenheit = stretch(celsius * 1.8 + 32)
    in_fahrenheit = stability_of(fahrenheit, allowed_reach(target=(64.4, 71.6), limits=NOBODY, usual_spread=None))
    assert in_celsius.percent == pytest.approx(in_fahrenheit.percent)
    assert in_celsius.percent == pytest.approx(68, abs=5)
    usual = robust_spread(celsius)
    of_itself = [
        stability_of(
            stretch(factor * celsius), allowed_reach(target=NOBODY, limits=NOBODY, usual_spread=factor * usual)
        )
        for factor in (1.0, 1e-6, 1e6)
    ]
    assert [each.percent for each in of_itself] == pytest.approx([99.73] * 3, abs=0.01)


def test_a_scale_is_the_target_then_the_limits_then_what_is_usual():
    assert allowed_reach(target=(10, 20), limits=(0, 100), usual_spread=1) == 5
    assert allowed_reach(target=(10, None), limits=(0, 100), usual_spread=1) == 50
    assert allowed_reach(target=NOBODY, limits=(None, 100), usual_spread=1) == 3
    assert allowed_reach(target=NOBODY, limits=NOBODY, usual_spread=None).code is ReasonCode.NO_SCALE
    assert allowed_reach(target=NOBODY, limits=NOBODY, usual_spread=0.0).code is ReasonCode.NO_SCALE


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 9, [np.nan] * 30])
def test_too_few_readings_have_no_traits(values):
    usable = int(np.isfinite(values).sum()) if values else 0
    assert stability_of(stretch(values), 1.0) == too_few(10, usable)
    assert noise_of(stretch(values)) == too_few(10, usable)


def test_what_does_not_move_is_quite_stable_and_has_no_noise():
    assert stability_of(stretch([7.0] * 10), 1.0).percent == 100
    assert noise_of(stretch([7.0] * 10)) == 0
    assert stability_of(stretch([1.7e308, -1.7e308] * 10), 1.0).code is ReasonCode.OUT_OF_RANGE
    assert noise_of(stretch([1.7e308, -1.7e308] * 10)).code is ReasonCode.OUT_OF_RANGE


def test_noise_is_what_is_left_when_movement_is_taken_off():
    # The median of the differences 3 -1 3 -1 3 … is 3 or -1; they are 2 from 1, so 2 · 1.4826 / √2.
    assert noise_of(stretch(np.arange(11) + np.array([0, 2] * 5 + [0]))) == pytest.approx(2 * 1.4826 / 2**0.5, abs=1e-3)
    assert noise_of(stretch(np.arange(50.0))) == 0
    jitter = np.random.default_rng(1).normal(size=4_000)
    assert noise_of(stretch(jitter)) == pytest.approx(1, rel=0.05)
    assert noise_of(stretch(jitter + np.sin(np.arange(4_000) / 300) * 50)) == pytest.approx(1, rel=0.05)
    assert noise_of(stretch(1e3 * jitter + 5)) == pytest.approx(1e3 * noise_of(stretch(jitter)))


def test_what_is_usual_is_the_middle_of_earlier_windows():
    windows = [np.tile([0.0, 2 * width], 10) for width in (1, 2, 100)]
    assert usual_spread(windows) == pytest.approx(2 * 1.4826, abs=1e-3)
    assert usual_spread(windows[:2]) is None
    assert usual_spread([*windows[:2], np.array([1.0])]) is None


def test_a_register_is_looked_at_as_what_it_counts_in_an_hour():
    # 1 in half an hour is 2 an hour; the fall from 2 to 0.5 is a reset; the hole of two hours counts 1 an hour.
    register = stretch_of(3_600 * np.array([0, 0.5, 1, 1.5, 3.5]), np.array([0, 1, 2, 0.5, 2.5]))
    rates = rate_per_hour(register)
    assert rates.values.tolist() == [2, 2, 1]
    assert rates.at_s.tolist() == [1_800, 3_600, 12_600]
    assert len(rate_per_hour(stretch([5.0]))) == 0
    assert since_reset(register).values.tolist() == [0.5, 2.5]
    assert since_reset(stretch([1.0, 2, 2])).values.tolist() == [1, 2, 2]
    assert len(since_reset(stretch([]))) == 0


def test_a_value_holds_until_the_next_one_but_not_across_a_hole():
    held = holding_s(np.array([0.0, 60, 120, 3_600]), 3_630)
    assert held.tolist() == [60, 60, 180, 30]
    assert holding_s(np.array([]), 10).tolist() == []
    assert holding_s(np.array([5.0]), 10).tolist() == [5]
    assert holding_s(np.array([5.0]), 1_000, 60).tolist() == [180]
    assert holding_s(np.array([5.0]), 0).tolist() == [0]
