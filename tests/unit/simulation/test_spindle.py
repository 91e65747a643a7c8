"""The heat balance of the spindle."""

import math

import numpy as np
import pytest

from twinql.domain.simulation.spindle import (
    AIR_W_K,
    COOLANT_C,
    COOLANT_W_K,
    HEAT_CAPACITY_J_K,
    bearing_heat_w,
    electric_w,
    heat_w,
    warmed,
)


def warm(
    temperature_c: float, elapsed_s: float, *, rpm: float = 12_000.0, cooled: float = 0.0, to: float | None = None
) -> float:
    return warmed(
        temperature_c=temperature_c,
        elapsed_s=elapsed_s,
        from_rpm=rpm,
        to_rpm=rpm if to is None else to,
        cutting=0.7,
        cooled=cooled,
        air_c=20.0,
    )


def test_two_bearings_at_full_speed_lose_palmgrens_watts() -> None:
    # Viscosity times speed: 240,000; to the power of 2/3: 3862;
    # moment 1e-7 * 2 * 3862 * 90^3 = 563 N mm; 1.047e-4 * 12,000 * 563 = 707 W.
    assert bearing_heat_w(12_000.0) == pytest.approx(2 * 707.0, rel=0.005)
    assert bearing_heat_w(0.0) == 0.0


def test_what_the_motor_draws_covers_cutting_and_heat() -> None:
    drawn = float(electric_w(speed_rpm=np.array([12_000.0]), cutting=np.array([0.7]))[0])
    cutting = 0.7 * 9000.0
    assert drawn > cutting + heat_w(speed_rpm=12_000.0, cutting=0.7)


def test_a_small_step_stores_what_comes_in_less_what_goes_out() -> None:
    heat = heat_w(speed_rpm=12_000.0, cutting=0.7)
    out = AIR_W_K * (40.0 - 20.0) + COOLANT_W_K * (40.0 - COOLANT_C)
    stored = (warm(40.0, 0.01, cooled=1.0) - 40.0) * HEAT_CAPACITY_J_K / 0.01
    assert stored == pytest.approx(heat - out, rel=1e-3)


def test_at_the_balance_nothing_changes() -> None:
    heat = heat_w(speed_rpm=12_000.0, cutting=0.7)
    steady = (heat + AIR_W_K * 20.0 + COOLANT_W_K * COOLANT_C) / (AIR_W_K + COOLANT_W_K)
    assert warm(steady, 1000.0, cooled=1.0) == pytest.approx(steady)
    assert warm(80.0, 1e6, cooled=1.0) == pytest.approx(steady)


def test_many_small_steps_are_one_large_step() -> None:
    temperature = 30.0
    for _ in range(30):
        temperature = warm(temperature, 2.0)
    assert temperature == pytest.approx(warm(30.0, 60.0), abs=1e-9)


def test_a_ramp_in_steps_is_the_ramp_at_once() -> None:
    temperature, steps = 30.0, 12
    for step in range(steps):
        temperature = warm(temperature, 2.0, rpm=1000.0 * step, to=1000.0 * (step + 1))
    assert temperature == pytest.approx(warm(30.0, 24.0, rpm=0.0, to=12_000.0), abs=1e-3)


def test_no_time_changes_nothing_and_an_unknown_temperature_stays_unknown() -> None:
    assert warm(33.3, 0.0) == pytest.approx(33.3)
    assert math.isnan(warm(math.nan, 2.0))
