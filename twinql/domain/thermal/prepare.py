"""A past as a fit needs it: the newest steps, short holes bridged, cut where drivers are missing for long."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from twinql.domain.thermal.balance import Inputs, Layout, Scale, inputs_of, scaled
from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast
from twinql.domain.thermal.limits import BRIDGED_STEPS, FEWEST_IN_A_STRETCH
from twinql.domain.thermal.simulation import Flags, Stretches


def newest(past: ThermalPast, count: int) -> ThermalPast:
    """Return the last so many steps of a past."""
    spare = max(len(past) - count, 0)
    return replace(
        past,
        temperatures=past.temperatures[spare:],
        drivers={key: values[spare:] for key, values in past.drivers.items()},
        begins_s=past.begins_s + spare * past.step_s,
    )


def bridged(past: ThermalPast, drivers: Sequence[Driver]) -> ThermalPast:
    """Return a past whose short holes in drivers are bridged: by a straight line, for actuators by what was set."""
    filled = {driver.key: _bridge(past.drivers[driver.key], hold=driver.role is DriverRole.FLOW) for driver in drivers}
    return replace(past, drivers=filled)


def scale_of(past: ThermalPast, drivers: Sequence[Driver], holds: Mapping[str, float]) -> Scale:
    """Find what takes the units out of a past whose temperature is not constant; holds as in `Scale`."""
    greatest = {
        driver.key: float(np.nanmax(np.abs(past.drivers[driver.key]))) or 1.0
        for driver in drivers
        if driver.role is not DriverRole.SINK
    }
    return Scale(float(np.nanmean(past.temperatures)), float(np.nanstd(past.temperatures)), greatest, holds)


def stretches_of(past: ThermalPast, drivers: Sequence[Driver], balance: Layout, scale: Scale) -> Stretches | None:
    """Cut a past into stretches in which all drivers are known, each from its first known temperature on.

    Args:
        past: Bridged.
        drivers: Those of the balance.
        balance: The layout.
        scale: What to take out.

    Returns:
        The stretches that hold enough temperatures, one behind the other; None if none does.
    """
    whole = np.all([~np.isnan(past.drivers[driver.key]) for driver in drivers], axis=0)
    series = scaled(drivers, past.drivers, scale)
    temperatures = (past.temperatures - scale.offset) / scale.spread
    bases, flows, values, begins = [], [], [], []
    for first, last in _runs(whole):
        known = np.flatnonzero(~np.isnan(temperatures[first:last]))
        if len(known) < FEWEST_IN_A_STRETCH:
            continue
        part = inputs_of(balance, {key: each[first:last] for key, each in series.items()}, scale.holds)
        here = slice(int(known[0]), None)
        bases.append(part.basis[here])
        flows.append(part.flows[here])
        values.append(temperatures[first:last][here])
        begins.append(np.arange(len(values[-1])) == 0)
    if not values:
        return None
    inputs = Inputs.of(np.concatenate(bases), np.concatenate(flows))
    return Stretches(inputs, np.concatenate(values), np.concatenate(begins))


def without(stretches: Stretches, hidden: Flags) -> Stretches:
    """Hide temperatures, but for the first of each stretch."""
    return replace(stretches, temperatures=np.where(hidden & ~stretches.begins, np.nan, stretches.temperatures))


def moves(past: ThermalPast, keys: Sequence[str]) -> Mapping[str, bool]:
    """Say which drivers are known and ever changed."""
    found = {}
    for key in keys:
        values = past.drivers[key]
        known = values[~np.isnan(values)]
        found[key] = bool(known.size and known.min() < known.max())
    return found


def _runs(whole: Flags) -> list[tuple[int, int]]:
    """Return where each run of true begins, and where it is over."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], whole, [False]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _bridge(values: Floats, *, hold: bool) -> Floats:
    missing = np.isnan(values)
    if not missing.any() or missing.all():
        return values
    places = np.arange(len(values))
    filled = np.where(missing, np.interp(places, places[~missing], values[~missing]), values)
    if hold:
        filled = values[~missing][np.maximum(np.cumsum(~missing) - 1, 0)]
    for first, last in _runs(missing):
        if last - first > BRIDGED_STEPS:
            filled[first:last] = np.nan
    return np.asarray(filled)
