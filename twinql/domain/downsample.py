"""Leaves points out of a line so that its shape stays."""

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Floats, Instants

Places = NDArray[np.intp]


def largest_triangles(at: Instants, value: Floats, *, most: int) -> Places:
    """Choose points by the largest-triangle-three-buckets rule.

    The first and the last point stay; of each of `most - 2` equal stretches between, the point that spans the largest
    triangle with the one chosen before and the mean of the stretch after.

    Args:
        at: Instants, shape (n,), ascending. [µs]
        value: Values, shape (n,), finite. [any unit]
        most: How many points may stay, at least 2.

    Returns:
        The places of the chosen points, ascending, shape (min(n, most),).

    Source:
        Sveinn Steinarsson, Downsampling Time Series for Visual Representation, University of Iceland, 2013, 4.2.
    """
    count = len(at)
    if count <= most:
        return np.arange(count)
    if most <= 2:  # noqa: PLR2004 - a line of two points has no stretches between
        return np.array([0, count - 1])
    x = (at - at[0]).astype(np.float64)
    bounds = np.linspace(1, count - 1, most - 1).astype(np.intp)
    chosen = np.empty(most, dtype=np.intp)
    chosen[0], chosen[-1] = 0, count - 1
    for stretch in range(most - 2):
        low, high = bounds[stretch], bounds[stretch + 1]
        after = slice(high, bounds[stretch + 2]) if stretch < most - 3 else slice(count - 1, count)
        mean_x, mean_y = x[after].mean(), value[after].mean()
        before = chosen[stretch]
        run, rise = x[before] - mean_x, mean_y - value[before]
        area = np.abs(run * (value[low:high] - value[before]) - (x[before] - x[low:high]) * rise)
        chosen[stretch + 1] = low + int(np.argmax(area))
    return chosen


def thin(at: Instants, value: Floats, *, most: int) -> Places:
    """Choose at most `most` points of a line that may have holes: each hole keeps one missing point, and so stays.

    Args:
        at: Instants, shape (n,), ascending. [µs]
        value: Values, shape (n,); NaN where there is none. [any unit]
        most: How many points may stay, at least 2.

    Returns:
        The places of the chosen points, ascending. With more holes than a third of `most`, the holes are thinned too.
    """
    if len(at) <= most:
        return np.arange(len(at))
    missing = np.isnan(value)
    opens = np.flatnonzero(missing & ~np.concatenate([[False], missing[:-1]]))
    if len(opens) > most // 3:
        opens = opens[np.linspace(0, len(opens) - 1, most // 3).astype(np.intp)] if most // 3 else opens[:0]
    there = np.flatnonzero(~missing)
    if not len(there):
        return opens[:most]
    kept = there[largest_triangles(at[there], value[there], most=max(most - len(opens), 2))]
    return np.sort(np.concatenate([kept, opens]))[:most]
