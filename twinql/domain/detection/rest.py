"""Quantities that are zero for as long as somebody, or the sun, wills it."""

from typing import Final

from twinql.domain.units import Quantity

RESTS_AT_ZERO: Final = frozenset(
    each.value
    for each in (
        Quantity.ENERGY,
        Quantity.REACTIVE_ENERGY,
        Quantity.APPARENT_ENERGY,
        Quantity.POWER,
        Quantity.REACTIVE_POWER,
        Quantity.APPARENT_POWER,
        Quantity.POWER_FACTOR,
        Quantity.CURRENT,
        Quantity.VOLUME,
        Quantity.FLOW,
        Quantity.SPEED,
        Quantity.ROTATIONAL_SPEED,
        Quantity.VIBRATION,
        Quantity.LOAD,
        Quantity.DURATION,
        Quantity.IRRADIANCE,
        Quantity.ERROR_RATE,
        Quantity.EFFICIENCY,
        Quantity.COUNT,
    )
)
"""A machine that is switched off draws, turns and shakes nothing, and this is no fault of its sensor. What it draws
when it is on is decided by others, and may be more tomorrow than ever before."""
