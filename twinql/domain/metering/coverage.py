"""Says over which buckets what was counted reaches without a hole."""

import numpy as np
from numpy.typing import NDArray

from twinql.domain.gaps import LATE
from twinql.domain.metering.intervals import Fill, Flag, Intervals
from twinql.domain.readings import Instants

Mask = NDArray[np.bool_]


def covered(intervals: Intervals, edges: Instants, fill: Fill, resolution_s: int | None, until_us: int | None) -> Mask:
    """Say of which buckets nothing is missing: known intervals lie over all of each, as far as it is over.

    Readings may be late by half a resolution, and the last of a period may lie almost a whole one before its end, since
    the next belongs to what follows. What lasts too long and is not spread lies whole in the bucket in which it ends:
    it covers nothing of those before, and not that one either if it began before it.

    Args:
        intervals: What a channel counted, ascending and without overlap; those that end before the first edge do not.
        edges: Where buckets begin, and where the last one ends, ascending, shape (n + 1,). [µs since 1970]
        fill: Whether what lasts too long is spread.
        resolution_s: Time between two readings; None where nothing is said: then no hole is too small. [s]
        until_us: Up to when anything can be known; None for always. [µs since 1970]

    Returns:
        Shape (n,).
    """
    count, step = len(edges) - 1, (resolution_s or 0) * 1_000_000
    late = round(step * LATE)
    whole = intervals.marked(Flag.LONG) & (fill is Fill.NONE)
    kept = np.flatnonzero(~intervals.marked(Flag.UNKNOWN) & ~(whole & (intervals.ends > edges[-1])))
    starts, ends, whole = intervals.starts[kept], intervals.ends[kept], whole[kept]
    place = np.clip(np.searchsorted(edges, ends, side="left") - 1, 0, count - 1)
    belated = whole & (starts < edges[place] - late)
    starts = np.where(belated, edges[place], starts)
    due = int(edges[-1]) if until_us is None else min(int(edges[-1]), until_us - late)
    since, until = np.concatenate([edges[:1], ends]), np.append(starts, due)
    longest = np.full(len(since), late)
    longest[-1] = max(step - 1, 0)
    holes = np.flatnonzero(until - since > longest)
    first = np.clip(np.searchsorted(edges, since[holes], side="right") - 1, 0, count)
    after = np.clip(np.searchsorted(edges, until[holes], side="left"), 0, count)
    # +1 where a hole begins and -1 behind it: the sum up to a bucket is how many holes touch it.
    touching = np.zeros(count + 1, dtype=np.int64)
    np.add.at(touching, first, 1)
    np.add.at(touching, np.maximum(after, first), -1)
    whole_buckets: Mask = np.cumsum(touching)[:-1] == 0
    whole_buckets[place[belated]] = False
    return whole_buckets
