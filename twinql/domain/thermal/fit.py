"""The fit of a heat balance to a past, and the reasons for which there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from twinql.domain.thermal.averaging import Candidate, averaged
from twinql.domain.thermal.balance import Balance, Scale
from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast
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
    found: list[Candidate] = []
    for scale in _scales(past, drivers, balance):
        trials = trials_of(balance, partial(stretches_of, past, drivers, scale=scale))
        found.extend(Candidate(trial, scale) for trial in trials)
    return found


def _scales(past: ThermalPast, drivers: tuple[Driver, ...], balance: Balance) -> list[Scale]:
    """Find how drivers act between their readings: those ways whose error in a first order is not much larger.

    All alike, holding back or going evenly; or each in its own way, where that is much better than both: a state that
    is read when it changes holds on, a mean over a step holds back.
    """

    def cost(holds: Mapping[str, float], begun: Sequence[Floats] = ()) -> tuple[float, Floats]:
        stretches = stretches_of(past, drivers, balance, scale_of(past, drivers, holds))
        if stretches is None:
            return np.inf, np.zeros(balance.size)
        found = estimate(balance, stretches, begun or balance.starts(len(stretches.temperatures)), rounds=10)
        return found.cost, found.theta

    tried = [(dict.fromkeys((driver.key for driver in drivers), hold), hold) for hold in (1.0, 0.5)]
    costs = [(*cost(holds), holds) for holds, _ in tried]
    least, theta, own = min(costs, key=lambda each: each[0])
    if least == np.inf:
        return []
    for key in [driver.key for driver in drivers if driver.role is not DriverRole.SINK]:
        for hold in (0.0, 0.5, 1.0):
            other, numbers = cost({**own, key: hold}, [theta])
            if other < least:
                least, theta, own = other, numbers, {**own, key: hold}
    allowed = MUCH_WORSE**2 * least
    kept = [holds for each, _, holds in costs if each <= allowed] or [own]
    return [scale_of(past, drivers, holds) for holds in kept]
