"""The air of the store room."""

import math

import pytest

from twinql.domain.simulation.room import AIR_CHANGES_H, GOODS_G_H, VOLUME_M3, Air, aired, humidistat

AIR = Air(temperature_c=17.0, moisture_g_m3=8.0)


def after(air: Air, elapsed_h: float, *, drying: bool = False) -> Air:
    return aired(air, elapsed_h=elapsed_h, outside_c=10.0, outside_g_m3=6.0, drying=drying)


def test_a_short_time_brings_what_goods_and_outside_give() -> None:
    grams_h = GOODS_G_H + AIR_CHANGES_H * VOLUME_M3 * (6.0 - 8.0)
    gained = (after(AIR, 1e-4).moisture_g_m3 - 8.0) * VOLUME_M3 / 1e-4
    assert gained == pytest.approx(grams_h, rel=1e-3)


def test_half_steps_are_a_whole_step() -> None:
    whole, halves = after(AIR, 1.0, drying=True), after(after(AIR, 0.5, drying=True), 0.5, drying=True)
    assert halves == pytest.approx(whole)


def test_the_dehumidifier_dries_and_without_it_the_room_gets_damp() -> None:
    assert after(AIR, 2.0, drying=True).humidity_percent < AIR.humidity_percent < after(AIR, 2.0).humidity_percent


def test_humidity_ends_at_a_hundred() -> None:
    assert Air(temperature_c=5.0, moisture_g_m3=30.0).humidity_percent == 100.0


@pytest.mark.parametrize(
    ("running", "humidity", "expected"),
    [(False, 56.0, True), (True, 50.0, True), (False, 50.0, False), (True, 47.0, False), (True, math.nan, True)],
)
def test_the_humidistat_switches_with_hysteresis(running: bool, humidity: float, expected: bool) -> None:  # noqa: FBT001
    assert humidistat(running=running, humidity_percent=humidity) is expected
