"""The fit of a heat balance to a past, and the reasons for which there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from twinql.domain.thermal.averaging import Candidate, averaged
from twinql.domain.thermal.balance import Balance
from twinql.domain.thermal.drivers import Driver, DriverRole, ThermalPast
from twinql.domain.thermal.estimate import estimate
from twinql.domain.thermal.limits import LEAST_EFFECT, MOST_STEPS, MUCH_WORSE
from twinql.domain.thermal.meaning import effect_of
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.prepare import bridged, moves, newest, scale_of, stretches_of
from twinql.domain.thermal.reasons import never_moved, no_effect, poor, refused, too_little
from twinql.domain.thermal.refusal import Refusal
from twinql.domain.thermal.selection import trials_of


def fit(past: ThermalPast, drivers: Sequence[Driver], *, moved: Sequence[str] = ()) -> ThermalModel | Refusal:
    """Fit heat balances of first and second order to a past, and average those that do best on what they have not seen.

    Args:
        past: Up to some thousands of steps; holes are allowed. A grid of 1/5 to 1/50 of the time constant is best.
        drivers: What may move the temperature.
        moved: Keys of what the question will change: refused unless it moved in the past, and an effect is found.

    Returns:
        The model, or why there is none.

    Source:
        Bacher and Madsen (2011), "Identifying suitable models for the heat dynamics of buildings", Energy and Buildings
        43, for the layouts.
    """
    past = newest(past, MOST_STEPS)
    changed = moves(past, [driver.key for driver in drivers])
    still = [key for key in moved if not changed.get(key, False)]
    if still:
        return never_moved(still)
    used = _used(drivers, changed)
    past = bridged(past, used)
    found = refused(past, used)
    if found is not None:
        return found
    candidates = _candidates(past, used)
    if not candidates:
        return too_little(past, used)
    model = averaged(past, used, candidates)
    if not model.goodness.trusted:
        return poor(model.goodness)
    without_effect = [key for key in moved if effect_of(key, model.parts) < LEAST_EFFECT]
    return no_effect(without_effect) if without_effect else model


def _used(drivers: Sequence[Driver], changed: Mapping[str, bool]) -> tuple[Driver, ...]:
    """Leave out what never moved; a path to a sink that is left out leads to something constant."""
    used = [driver for driver in drivers if changed[driver.key]]
    keys = {driver.key for driver in used}
    return tuple(replace(driver, sink=driver.sink if driver.sink in keys else None) for driver in used)


def _candidates(past: ThermalPast, drivers: tuple[Driver, ...]) -> list[Candidate]:
    sinks = tuple(driver.key for driver in drivers if driver.role is DriverRole.SINK)
    flows = tuple(
        (driver.key, None if driver.sink is None else sinks.index(driver.sink))
        for driver in drivers
        if driver.role is DriverRole.FLOW
    )
    heats = [(driver.key, 1) for driver in drivers if driver.role not in {DriverRole.SINK, DriverRole.FLOW}]
    heats += [(driver.key, 2) for driver in drivers if driver.role is DriverRole.FRICTION]
    balance = Balance(sinks, flows, tuple(heats), order=1, reference=True)
    scales = [scale_of(past, drivers, middle=middle) for middle in (False, True)]
    firsts = [stretches_of(past, drivers, balance, scale) for scale in scales]
    costs = [
        np.inf if first is None else estimate(balance, first, balance.starts(len(first.temperatures))).cost
        for first in firsts
    ]
    return [
        Candidate(trial, scale)
        for scale, cost in zip(scales, costs, strict=True)
        if cost <= MUCH_WORSE**2 * min(costs) and cost < np.inf
        for trial in trials_of(balance, partial(stretches_of, past, drivers, scale=scale))
    ]
