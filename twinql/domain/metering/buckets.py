"""Divides what flowed among stretches of time, so that every part of it is in exactly one of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.intervals import Amounts, Fill, Flag, Intervals
from twinql.domain.readings import Instants


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of intervals, each in one stretch; columns of shape (m,), in the order of time.

    Attributes:
        interval: Index of the interval.
        cell: Index of the stretch in which it lies.
        amounts: How much of the interval that is. [billionths of the base unit]
    """

    interval: NDArray[np.int64]
    cell: NDArray[np.int64]
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Bucketed:
    """What flowed in each bucket; columns of shape (n,).

    Attributes:
        amounts: What is known of it. [billionths of the base unit]
        flags: Bits of `Flag` of all that was put in, of dtype uint8.
        known: How many intervals, whole or in part, have a known amount.
        unknown: How many have none.
    """

    amounts: Amounts
    flags: NDArray[np.uint8]
    known: NDArray[np.int64]
    unknown: NDArray[np.int64]


def parts_of(intervals: Intervals, edges: Instants, divide: NDArray[np.bool_]) -> Parts:
    """Put intervals into stretches of time.

    Args:
        intervals: n of them.
        edges: Where stretches begin, and where the last one ends, ascending, shape (c + 1,). [µs since 1970]
        divide: Which intervals are divided evenly over time where they cross edges, shape (n,); the others belong whole
            to the stretch in which they end: `from < end ≤ until`.

    Returns:
        What lies within the edges. The parts of a divided interval add up to it, to the last billionth.
    """
    last = np.searchsorted(edges, intervals.ends, side="left") - 1
    first = np.searchsorted(edges, intervals.starts, side="right") - 1
    crosses = np.flatnonzero(divide & (first < last))
    whole = np.ones(len(intervals), dtype=bool)
    whole[crosses] = False
    whole &= (last >= 0) & (last < len(edges) - 1)
    interval, cell, amounts = np.flatnonzero(whole), last[whole], intervals.amounts[whole]
    if not len(crosses):
        return Parts(interval, cell, amounts)
    pieces = [piece for place in crosses.tolist() for piece in _pieces(intervals, place, edges, first, last)]
    more = np.array(pieces, dtype=np.int64).reshape(-1, 3)
    order = np.lexsort((np.concatenate([cell, more[:, 1]]), np.concatenate([interval, more[:, 0]])))
    columns = (np.concatenate([own, more[:, i]])[order] for i, own in enumerate((interval, cell, amounts)))
    return Parts(*columns)


def _pieces(
    intervals: Intervals, place: int, edges: Instants, first: NDArray[np.intp], last: NDArray[np.intp]
) -> list[tuple[int, int, int]]:
    """Divide one interval; what has flowed up to an instant is rounded down, so that the parts telescope."""
    start, end, amount = (int(column[place]) for column in (intervals.starts, intervals.ends, intervals.amounts))
    cells = range(max(int(first[place]), 0), min(int(last[place]), len(edges) - 2) + 1)
    found = []
    for cell in cells:
        since, until = max(start, int(edges[cell])), min(end, int(edges[cell + 1]))
        flowed = [amount * (instant - start) // (end - start) for instant in (since, until)]
        found.append((place, cell, flowed[1] - flowed[0]))
    return found


def bucketed(intervals: Intervals, edges: Instants, fill: Fill = Fill.NONE) -> Bucketed:
    """Add up what flowed in each bucket.

    Args:
        intervals: What flowed.
        edges: Where buckets begin, and where the last one ends, ascending, shape (n + 1,). [µs since 1970]
        fill: LINEAR divides intervals that last too long evenly over time, and marks them SPREAD; NONE leaves each
            whole in the bucket in which it ends.

    Returns:
        One value a bucket. Finer buckets add up to coarser ones, exactly.
    """
    long = (intervals.flags & np.uint8(Flag.LONG)).astype(bool) & ~(intervals.flags & np.uint8(Flag.UNKNOWN)).astype(
        bool
    )
    divide = long if fill is Fill.LINEAR else np.zeros(len(intervals), dtype=bool)
    parts = parts_of(intervals, edges, divide)
    count = len(edges) - 1
    amounts, flags = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.uint8)
    np.add.at(amounts, parts.cell, parts.amounts)
    told = intervals.flags.copy()
    told[divide] |= np.uint8(Flag.SPREAD)
    np.bitwise_or.at(flags, parts.cell, told[parts.interval])
    missing = (intervals.flags[parts.interval] & np.uint8(Flag.UNKNOWN)).astype(bool)
    return Bucketed(
        amounts,
        flags,
        np.bincount(parts.cell[~missing], minlength=count),
        np.bincount(parts.cell[missing], minlength=count),
    )
