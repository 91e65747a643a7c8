"""How drivers go on: as they did in the past after moments like this one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast
from twinql.domain.thermal.limits import FEWEST_ALIKE, LOOKED_BACK
from twinql.domain.thermal.prepare import bridged

_MOST_MEMBERS = 50


def futures(
    past: ThermalPast, drivers: Sequence[Driver], *, steps: int, members: int = _MOST_MEMBERS
) -> dict[str, Floats]:
    """Let drivers go on as they did in the past after moments like this one.

    Moments are alike where the last steps of all drivers were; temperatures outside go on from where they are by as
    much as they changed then. Where the past is too short for a few such moments, everything stays as it is.

    Args:
        past: What was measured, its end being now.
        drivers: Those that are wanted; the last value of each must be known, or is taken from what is known before.
        steps: How many steps to look ahead, at least 1.
        members: At most how many courses.

    Returns:
        By key, shape (members, steps), without NaN unless a driver was never known: member i of all keys is the same
        stretch of the past.

    Source:
        Lorenz (1969), "Atmospheric predictability as revealed by naturally occurring analogues", J. Atmos. Sci. 26.
    """
    filled = bridged(past, drivers).drivers
    now = {driver.key: _last(past.drivers[driver.key]) for driver in drivers}
    origins = _alike([filled[driver.key] for driver in drivers], steps, members)
    if len(origins) < FEWEST_ALIKE:
        return {key: np.full((1, steps), value) for key, value in now.items()}
    ahead = origins[:, None] + np.arange(1, steps + 1)
    found = {}
    for driver in drivers:
        values = filled[driver.key]
        found[driver.key] = values[ahead]
        if driver.role is DriverRole.SINK:
            found[driver.key] = found[driver.key] + (now[driver.key] - values[origins])[:, None]
    return found


def _alike(series: Sequence[Floats], steps: int, members: int) -> NDArray[np.intp]:
    """Find the places after which the last steps were most like those before now, and all is known."""
    count = len(series[0])
    back = min(LOOKED_BACK, (count - steps) // 2)
    if back < 1:
        return np.empty(0, dtype=np.intp)
    distance = np.zeros(count - steps - back + 1)
    for values in series:
        spread = float(np.nanstd(values)) or 1.0
        windows = np.lib.stride_tricks.sliding_window_view(values, back)
        distance += ((windows[: len(distance)] - windows[-1]) ** 2).mean(axis=1) / spread**2
        unknown = np.isnan(np.lib.stride_tricks.sliding_window_view(values, back + steps).sum(axis=1))
        distance[unknown] = np.inf
    nearest = np.argsort(np.nan_to_num(distance, nan=np.inf), kind="stable")[:members]
    return nearest[np.isfinite(distance[nearest])] + back - 1


def _last(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else float("nan")
