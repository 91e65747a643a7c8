"""Divides what flowed among stretches of time, so that every part of it is in exactly one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from twinql.domain.gaps import LATE
from twinql.domain.metering.coverage import Mask, covered
from twinql.domain.metering.intervals import Amounts, Fill, Flag, Intervals
from twinql.domain.readings import Instants
from twinql.errors import RangeTooLargeError

_LARGEST = 1 << 62
_NEVER = np.empty(0, dtype=np.int64)


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
        known: How many intervals, whole or in part, have a known amount.
        unknown: How many have none; what a register counted before its first reading is one of them.
        doubtful: Whether some of it is unknown or estimated, was spread, or flowed long before the bucket in part.
        bad: Whether a BAD reading lies in it.
        covered: Whether nothing of it is missing, as far as it is over.
    """

    amounts: Amounts
    known: NDArray[np.int64]
    unknown: NDArray[np.int64]
    doubtful: Mask
    bad: Mask
    covered: Mask


def joined(parts: Sequence[Bucketed]) -> Bucketed:
    """Return the buckets of stretches of time that follow each other, at least one."""
    return Bucketed(*(np.concatenate([getattr(each, column.name) for each in parts]) for column in fields(Bucketed)))


def parts_of(intervals: Intervals, edges: Instants, divide: Mask) -> Parts:
    """Put intervals into stretches of time.

    Args:
        intervals: n of them.
        edges: Where stretches begin, and where the last one ends, ascending, shape (c + 1,). [µs since 1970]
        divide: Which intervals are divided evenly over time where they cross edges, shape (n,); the others belong whole
            to the stretch in which they end: `from < end ≤ until`.

    Returns:
        What lies within the edges. The parts of a divided interval add up to it, to the last billionth.
    """
    last = _places(intervals.ends, edges)
    first = np.where(divide, np.searchsorted(edges, intervals.starts, side="right") - 1, last)
    crosses = first < last
    first, upto = np.maximum(first, 0), np.minimum(last, len(edges) - 2)
    # What is whole and ends outside has no stretch; what is divided has one for each that it touches.
    count = np.where(crosses | (first == last), np.maximum(upto - first + 1, 0), 0)
    interval = np.repeat(np.arange(len(intervals)), count)
    cell = np.arange(len(interval)) - np.repeat(np.cumsum(count) - count - first, count)
    amounts = intervals.amounts[interval]
    divided = np.flatnonzero(crosses[interval])
    pieces, cells = interval[divided], cell[divided]
    since, until = (_flowed(intervals, pieces, edges[at]) for at in (cells, cells + 1))
    amounts[divided] = until - since
    return Parts(interval, cell, amounts)


def _flowed(intervals: Intervals, places: NDArray[np.int64], until: Instants) -> Amounts:
    """Return what of intervals has flowed up to an instant t: floor(amount · (t - start) / (end - start)), exactly.

    Nothing has at their starts, all has at their ends, and it never falls; it depends on nothing but the interval.
    """
    start, amounts = intervals.starts[places], intervals.amounts[places]
    length = intervals.ends[places] - start
    elapsed = np.clip(until - start, 0, length)
    if not len(places):
        return amounts
    step = int(np.gcd.reduce(np.concatenate([length, elapsed])))
    length, elapsed = length // step, elapsed // step
    if int(amounts.max()) * int(elapsed.max()) < _LARGEST:
        return np.asarray(amounts * elapsed // length, dtype=np.int64)
    exact = amounts.astype(object) * elapsed.astype(object) // length.astype(object)
    return np.asarray(exact, dtype=np.int64)


def bucketed(
    intervals: Intervals,
    edges: Instants,
    fill: Fill = Fill.NONE,
    *,
    resolution_s: int | None = None,
    begins_us: Instants = _NEVER,
    bad_us: Instants = _NEVER,
    until_us: int | None = None,
) -> Bucketed:
    """Add up what flowed in each bucket.

    Args:
        intervals: What flowed.
        edges: Where buckets begin, and where the last one ends, ascending, shape (n + 1,). [µs since 1970]
        fill: LINEAR divides intervals that last too long evenly over time, and marks them as doubtful; NONE leaves each
            whole in the bucket in which it ends.
        resolution_s: Time between two readings; with it, what began longer before its bucket than a reading may be late
            is doubtful. [s]
        begins_us: Where registers begin, of which nothing is known before, within the edges. [µs since 1970]
        bad_us: Where BAD readings lie, within the edges. [µs since 1970]
        until_us: Up to when anything can be known; None for always. [µs since 1970]

    Returns:
        One value a bucket. Finer buckets add up to coarser ones, exactly.

    Raises:
        RangeTooLargeError: It is more than whole billionths can tell.
    """
    unknown = intervals.marked(Flag.UNKNOWN)
    divide = intervals.marked(Flag.LONG) & ~unknown & (fill is Fill.LINEAR)
    parts = parts_of(intervals, edges, divide)
    count = len(edges) - 1
    if parts.amounts.sum(dtype=np.float64) >= _LARGEST:
        message = (
            "More was counted in this period than can be added up, 9 billion kWh or m³: one of the readings must be "
            "wrong; correct it, or ask for a shorter period."
        )
        raise RangeTooLargeError(message, path=("during",))
    amounts = np.zeros(count, dtype=np.int64)
    np.add.at(amounts, parts.cell, parts.amounts)
    missing = unknown[parts.interval]
    doubtful = (intervals.marked(Flag.ESTIMATED | Flag.UNKNOWN) | divide)[parts.interval]
    if resolution_s is not None:
        late_us = round(resolution_s * 1_000_000 * (1 + LATE))
        doubtful |= intervals.starts[parts.interval] < edges[parts.cell] - late_us
    begun, bad = (np.bincount(_places(each, edges), minlength=count) for each in (begins_us, bad_us))
    return Bucketed(
        amounts,
        known=np.bincount(parts.cell[~missing], minlength=count),
        unknown=np.bincount(parts.cell[missing], minlength=count) + begun,
        doubtful=np.bincount(parts.cell[doubtful], minlength=count) + begun > 0,
        bad=bad > 0,
        covered=covered(intervals, edges, fill, resolution_s, until_us),
    )


def _places(instants: Instants, edges: Instants) -> NDArray[np.intp]:
    """Return in which bucket each instant lies: that at an edge ends a bucket."""
    return np.searchsorted(edges, instants, side="left") - 1
