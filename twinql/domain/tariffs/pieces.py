"""Energy laid on prices: each interval whole where one price holds, else divided by time, or not at all."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.intervals import Amounts, Fill, Flag, Intervals
from twinql.domain.readings import Instants
from twinql.domain.tariffs.timeline import Places, Timeline

Mask = NDArray[np.bool_]
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Pieces:
    """Intervals, whole or divided, each in one cell of a timeline; columns of shape (n,).

    Attributes:
        channel: Place of the channel among those that are rated together.
        row: Place of the interval in its channel.
        charges: Place of the charge.
        prices: What the channel of a dynamic price tells. [billionths of currency per kWh]
        starts: Where each begins. [µs since 1970]
        ends: Where each ends. [µs since 1970]
        counted: The instant by which it belongs to a period: the end of its interval, or its own where it was spread.
        amounts: What flowed. [billionths of the tariff's unit]
        estimated: Whether it rests on an estimate, or is a part of an interval that was divided.
    """

    channel: Places
    row: Places
    charges: Places
    prices: Amounts
    starts: Instants
    ends: Instants
    counted: Instants
    amounts: Amounts
    estimated: Mask

    def __len__(self) -> int:
        """Count them."""
        return len(self.amounts)

    def take(self, rows: Mask | NDArray[np.intp]) -> "Pieces":
        """Return some of them."""
        return Pieces(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of a channel's intervals.

    Attributes:
        pieces: What lies in cells.
        unknown: Rows whose amount nobody knows.
        undated: Rows that cross prices, or the end of the period, and of which nobody knows when they flowed.
    """

    pieces: Pieces
    unknown: NDArray[np.intp]
    undated: NDArray[np.intp]


def lay(
    channel: int, intervals: Intervals, prices: Timeline, *, bounds: Instants, since_us: int, until_us: int, fill: Fill
) -> Laid:
    """Lay a channel's intervals on the timeline of its register.

    A regular interval that crosses cells is divided in proportion to time. A LONG one is with `Fill.LINEAR` alone, and
    then at `bounds` too. What is divided adds up to the whole, and each part is the same whatever else is asked for:
    up to an instant t flowed floor(amount · (t - start) / (end - start)).

    Args:
        channel: Its place.
        intervals: In the tariff's unit, ascending by end.
        prices: It reaches over all of them.
        bounds: Where intervals are cut that are spread: edges of the period and of billing months. [µs since 1970]
        since_us: What is counted at or before it is left out. [µs since 1970]
        until_us: What is counted after it is left out. [µs since 1970]
        fill: What becomes of LONG intervals.
    """
    flags = intervals.flags
    before = np.maximum(np.searchsorted(prices.edges, intervals.ends) - 1, 0)
    at = np.minimum(np.searchsorted(prices.edges, intervals.starts, side="right") - 1, before)
    crosses, beyond = at != before, intervals.ends > until_us
    unknown, long = (flags & Flag.UNKNOWN) != 0, (flags & Flag.LONG) != 0
    here = (intervals.ends > since_us) & ~(beyond & ~long) & (intervals.starts < until_us)
    dated = here & ~unknown
    spread = dated & long if fill is Fill.LINEAR else np.zeros(len(flags), dtype=bool)
    undated = dated & long & ~spread & (crosses | beyond)
    divided = dated & crosses & ~spread & ~undated
    whole = np.flatnonzero(dated & ~spread & ~undated & ~divided)
    pieces = _whole(channel, intervals, prices, whole, at)
    if divided.any():
        parts = _divided(channel, intervals, prices, np.flatnonzero(divided), prices.edges)
        pieces = joined([pieces, replace(parts, counted=intervals.ends[parts.row])])
    if spread.any():
        parts = _divided(channel, intervals, prices, np.flatnonzero(spread), np.union1d(prices.edges, bounds))
        pieces = joined([pieces, parts.take((parts.counted > since_us) & (parts.counted <= until_us))])
    return Laid(pieces, np.flatnonzero(here & unknown), np.flatnonzero(undated))


def joined(several: list[Pieces]) -> Pieces:
    """Put pieces one behind the other."""
    if len(several) == 1:
        return several[0]
    return Pieces(*(np.concatenate([getattr(each, name) for each in several]) for name in Pieces.__slots__))


def _whole(
    channel: int, intervals: Intervals, prices: Timeline, rows: NDArray[np.intp], at: NDArray[np.intp]
) -> Pieces:
    cell, ends = at[rows], intervals.ends[rows]
    return Pieces(
        channel=np.full(len(rows), channel, dtype=np.int64),
        row=rows,
        charges=prices.charges[cell],
        prices=prices.prices[cell],
        starts=intervals.starts[rows],
        ends=ends,
        counted=ends,
        amounts=intervals.amounts[rows],
        estimated=(intervals.flags[rows] & Flag.ESTIMATED) != 0,
    )


def _divided(channel: int, intervals: Intervals, prices: Timeline, rows: NDArray[np.intp], edges: Instants) -> Pieces:
    """Cut intervals at edges, in proportion to time."""
    starts, ends, amounts = intervals.starts[rows], intervals.ends[rows], intervals.amounts[rows]
    first = np.searchsorted(edges, starts, side="right")
    count = np.searchsorted(edges, ends) - first + 1
    count = np.maximum(count, 1)  # one without length, at an edge
    of = np.repeat(np.arange(len(rows)), count)
    part = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    last = part == count[of] - 1
    until = np.where(last, ends[of], edges[np.minimum(first[of] + part, len(edges) - 1)])
    since = np.where(part == 0, starts[of], np.append(0, until[:-1]))
    total = _share(amounts[of], until - starts[of], (ends - starts)[of])
    flowed = total - np.where(part == 0, 0, np.append(0, total[:-1]))
    cell = np.minimum(np.searchsorted(prices.edges, since, side="right") - 1, len(prices.charges) - 1)
    return Pieces(
        channel=np.full(len(of), channel, dtype=np.int64),
        row=rows[of],
        charges=prices.charges[cell],
        prices=prices.prices[cell],
        starts=since,
        ends=until,
        counted=until,
        amounts=flowed,
        estimated=(count[of] > 1) | ((intervals.flags[rows[of]] & Flag.ESTIMATED) != 0),
    )


def _share(amounts: Amounts, elapsed: Instants, lasts: Instants) -> Amounts:
    """Return floor(amount · elapsed / lasts), exactly; all of it where nothing lasts."""
    safe = np.where(lasts > 0, lasts, 1)
    elapsed = np.where(lasts > 0, elapsed, 1)
    step = np.gcd.reduce(np.concatenate([safe, elapsed])) if len(safe) else 1
    elapsed, safe = elapsed // step, safe // step
    if len(amounts) and int(amounts.max()) * int(elapsed.max()) >= _LARGEST:
        exact = amounts.astype(object) * elapsed.astype(object) // safe.astype(object)
        return np.asarray(exact, dtype=np.int64)
    return np.asarray(amounts * elapsed // safe, dtype=np.int64)
