"""The refusals of a fit, in words."""

from collections.abc import Sequence

import numpy as np

from twinql.domain.thermal.drivers import Driver, ThermalPast
from twinql.domain.thermal.limits import FEWEST_STEPS, LEAST_R2, MOST_OF_PERSISTENCE
from twinql.domain.thermal.model import Goodness
from twinql.domain.thermal.refusal import Refusal, RefusalCode


def refused(past: ThermalPast, drivers: Sequence[Driver]) -> Refusal | None:
    """Say what keeps a past from being fitted to, before it is tried."""
    known = past.temperatures[~np.isnan(past.temperatures)]
    if known.size < FEWEST_STEPS:
        return too_little(past, drivers)
    if known.min() == known.max():
        return Refusal(
            RefusalCode.CONSTANT,
            "The values never changed, so nothing can be told of what changes them.",
            "A past in which they move: look whether the sensor is stuck, or choose a longer one.",
        )
    if not drivers:
        return Refusal(
            RefusalCode.NO_DRIVERS,
            "Nothing that could move the temperature is known to have moved.",
            "Readings of a power, a speed, an outside temperature or an actuator of the same asset or site.",
        )
    return None


def too_little(past: ThermalPast, drivers: Sequence[Driver]) -> Refusal:
    """Say that too few steps are known."""
    whole = ~np.isnan([past.temperatures, *(past.drivers[driver.key] for driver in drivers)]).any(axis=0)
    return Refusal(
        RefusalCode.INSUFFICIENT_HISTORY,
        f"Temperature and drivers are known together in {int(whole.sum())} steps of {past.step_s:g} s.",
        f"At least {FEWEST_STEPS} such steps, best without holes, in which the drivers move.",
    )


def never_moved(keys: Sequence[str]) -> Refusal:
    """Say that what shall be changed never changed."""
    return Refusal(
        RefusalCode.ACTUATOR_NEVER_MOVED,
        f"What shall be changed has stood still all the time, so nothing is known of its effect: {', '.join(keys)}.",
        "A past in which it was switched or set at least once, for about as long as the temperature takes to answer.",
    )


def no_effect(keys: Sequence[str]) -> Refusal:
    """Say that what shall be changed changes nothing that can be seen."""
    return Refusal(
        RefusalCode.NO_EFFECT,
        f"What shall be changed has moved, but no effect of it can be told from chance: {', '.join(keys)}.",
        "A past in which it moved more often, for longer, or while little else did.",
    )


def poor(goodness: Goodness) -> Refusal:
    """Say how bad a fit is."""
    return Refusal(
        RefusalCode.POOR_FIT,
        f"Fitted to the older past, the balance is off by {goodness.rmse:.3g} on the younger, where the last value is "
        f"off by {goodness.persistence_rmse:.3g}; it explains {max(goodness.r2, 0.0):.0%} of what happened there.",
        f"An error of at most {MOST_OF_PERSISTENCE:.0%} of the last value's and {LEAST_R2:.0%} explained: what else "
        "heats or cools it is missing among the drivers, or a longer past is needed.",
    )
