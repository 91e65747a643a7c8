"""The store room: its air takes up moisture from goods and from outside, and a dehumidifier takes it out."""

from math import exp
from typing import Final, NamedTuple

from twinql.domain.simulation.moisture import saturation_g_m3

VOLUME_M3: Final = 120.0
AIR_CHANGES_H: Final = 0.3
GOODS_G_H: Final = 250.0
DRYING_H: Final = 0.9
"""Share of the room's moisture that the dehumidifier removes in an hour, as a rate. [1/h]"""
DEHUMIDIFIER_W: Final = 620.0
SWITCHES_ON_PERCENT: Final = 55.0
SWITCHES_OFF_PERCENT: Final = 48.0
_TIME_CONSTANT_H: Final = 9.0
_HEATED_C: Final = 17.0
_FOLLOWS_OUTSIDE: Final = 0.3
_DRYING_WARMS_K: Final = 1.5


class Air(NamedTuple):
    """The state of the room's air."""

    temperature_c: float
    moisture_g_m3: float

    @property
    def humidity_percent(self) -> float:
        """Relative humidity; at 100 the rest has condensed on the walls and comes back later (%)."""
        return min(100.0, 100.0 * self.moisture_g_m3 / saturation_g_m3(self.temperature_c))


def aired(air: Air, *, elapsed_h: float, outside_c: float, outside_g_m3: float, drying: bool) -> Air:
    """Let time pass in the room while nothing else changes.

    Both balances are linear and solved exactly, so the length of a step does not matter.

    Args:
        air: At the start.
        elapsed_h: Length of the step. [h]
        outside_c: Temperature outside, constant. [°C]
        outside_g_m3: Absolute humidity outside, constant. [g/m³]
        drying: Whether the dehumidifier runs.

    Returns:
        The air at the end.

    Source:
        Moisture of a well-mixed room: dw/dt = n (w_outside - w) + G / V - k w.
        Temperature: dT/dt = (T_equilibrium - T) / τ.
    """
    removal_h = AIR_CHANGES_H + (DRYING_H if drying else 0.0)
    steady_g_m3 = (AIR_CHANGES_H * outside_g_m3 + GOODS_G_H / VOLUME_M3) / removal_h
    steady_c = _HEATED_C + _FOLLOWS_OUTSIDE * (outside_c - _HEATED_C) + (_DRYING_WARMS_K if drying else 0.0)
    return Air(
        temperature_c=steady_c + (air.temperature_c - steady_c) * exp(-elapsed_h / _TIME_CONSTANT_H),
        moisture_g_m3=steady_g_m3 + (air.moisture_g_m3 - steady_g_m3) * exp(-elapsed_h * removal_h),
    )


def humidistat(*, running: bool, humidity_percent: float) -> bool:
    """Decide as the dehumidifier's own switch does.

    Args:
        running: Whether it runs now.
        humidity_percent: Relative humidity; NaN leaves it as it is. [%]

    Returns:
        On above 55 %, off below 48 %, unchanged between.
    """
    if humidity_percent > SWITCHES_ON_PERCENT:
        return True
    if humidity_percent < SWITCHES_OFF_PERCENT:
        return False
    return running
