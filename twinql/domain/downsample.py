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
    x = (at - at[0]) / float(at[-1] - at[0])
    bounds = np.linspace(1, count - 1, most - 1).astype(np.intp)
    width = np.diff(np.append(bounds, count))
    mean_x, mean_y = np.add.reduceat(x, bounds) / width, np.add.reduceat(value / count, bounds) / width * count
    edges, ahead_x, ahead_y = bounds.tolist(), mean_x[1:].tolist(), mean_y[1:].tolist()
    chosen = [0]
    # Values near the greatest float there is make infinite triangles: any of them is large enough.
    with np.errstate(over="ignore", invalid="ignore"):
        for stretch in range(most - 2):
            low, high = edges[stretch], edges[stretch + 1]
            before_x, before_y = x[chosen[-1]], value[chosen[-1]]
            run, rise = before_x - ahead_x[stretch], ahead_y[stretch] - before_y
            area = np.abs(run * (value[low:high] - before_y) + rise * (x[low:high] - before_x))
            chosen.append(low + int(area.argmax()))
    return np.array([*chosen, count - 1], dtype=np.intp)


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


def changes(code: Floats) -> Places:
    """Choose the points at which a state is another than before, and the first and the last.

    Args:
        code: Codes of states, shape (n,); NaN where there is none.

    Returns:
        The places of the chosen points, ascending.
    """
    same = (code[1:] == code[:-1]) | (np.isnan(code[1:]) & np.isnan(code[:-1]))
    ends = [0, len(code) - 1] if len(code) else []
    return np.unique(np.concatenate([np.flatnonzero(~same) + 1, ends]).astype(np.intp))
