"""Readings that are only supposed, laid over those that are stored."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.intervals import Flag, Intervals
from twinql.domain.readings import Codes, Floats, Instants, ReadingBatch


class ReadingColumns(NamedTuple):
    """Readings of one channel; columns of shape (n,), ascending by time, one for an instant.

    Attributes:
        observed_us: The instants, or the ends of intervals. [µs since 1970]
        values: NaN where there is none. [unit of the channel]
        qualities: Index into `QUALITIES`.
    """

    observed_us: Instants
    values: Floats
    qualities: Codes


Supposed = Mapping[int, ReadingColumns]
"""By the number of the channel."""


def overlaid(stored: ReadingColumns, supposed: ReadingColumns) -> ReadingColumns:
    """Return what would be read if what is supposed were stored too; at the same instant it takes the other's place."""
    observed_us, places = np.unique(np.concatenate([supposed.observed_us, stored.observed_us]), return_index=True)
    return ReadingColumns(
        observed_us,
        np.concatenate([supposed.values, stored.values])[places],
        np.concatenate([supposed.qualities, stored.qualities])[places],
    )


def newly_unknown(before: Intervals, after: Intervals) -> bool:
    """Say whether anything is unknown afterwards that does not lie within what was unknown before."""
    former, now = (each.take(np.flatnonzero(each.marked(Flag.UNKNOWN))) for each in (before, after))
    if not len(now):
        return False
    place = np.searchsorted(former.ends, now.ends, side="left")
    inside = np.append(former.starts, np.iinfo(np.int64).max)[place] <= now.starts
    return not bool(inside.all())


def supposed_rows(batch: ReadingBatch, numbers: Sequence[int], rows: NDArray[np.intp]) -> dict[int, ReadingColumns]:
    """Return what would be read if these rows of a batch were stored.

    Args:
        batch: The rows; one for an instant of a channel among those that are asked for.
        numbers: The numbers of the channels that `batch.channel` points into.
        rows: Places of the rows that would be stored.
    """
    ordered = rows[np.lexsort((batch.observed_us[rows], batch.channel[rows]))]
    channel = batch.channel[ordered]
    pieces = np.split(ordered, np.flatnonzero(np.diff(channel)) + 1)
    columns = ((int(batch.channel[piece[0]]), batch.take(piece)) for piece in pieces if len(piece))
    return {numbers[place]: ReadingColumns(own.observed_us, own.value, own.quality) for place, own in columns}
