"""Energy laid on prices: each interval whole where one price holds, else divided by time, or not at all."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinql.domain.metering.buckets import parts_of
from twinql.domain.metering.intervals import Amounts, Fill, Flag, Intervals
from twinql.domain.readings import Instants
from twinql.domain.tariffs.timeline import Places, Timeline

Mask = NDArray[np.bool_]


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

    def after(self, first_us: int) -> "Pieces":
        """Return those that belong to periods which begin at an instant."""
        within = self.counted > first_us
        return self if within.all() else self.take(within)


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of a channel's intervals.

    Attributes:
        pieces: What lies in cells.
        unknown: Rows whose amount nobody knows.
        undated: Rows that cross prices, and of which nobody knows when they flowed.
    """

    pieces: Pieces
    unknown: NDArray[np.intp]
    undated: NDArray[np.intp]


def lay(
    channel: int, intervals: Intervals, prices: Timeline, *, bounds: Instants, since_us: int, until_us: int, fill: Fill
) -> Laid:
    """Lay a channel's intervals on the timeline of its register.

    A regular interval that crosses cells is divided in proportion to time. A LONG one is with `Fill.LINEAR` alone, and
    then at `bounds` too. What is divided adds up to the whole, and each part is the same whatever else is asked for.

    Args:
        channel: Its place.
        intervals: In the tariff's unit, ascending by end.
        prices: It reaches over all of them.
        bounds: Where intervals are cut that are spread: edges of the period and of billing months. [µs since 1970]
        since_us: What is counted at or before it is left out. [µs since 1970]
        until_us: What is counted after it is left out. [µs since 1970]
        fill: What becomes of LONG intervals.
    """
    is_spread = fill is Fill.LINEAR
    at, upto = prices.cells(intervals.starts, intervals.ends)
    crosses, beyond = at != upto, intervals.ends > until_us
    unknown, long = intervals.marked(Flag.UNKNOWN), intervals.marked(Flag.LONG)
    # What is not spread belongs where it ends.
    here = (intervals.ends > since_us) & ~(beyond & ~(long & is_spread)) & (intervals.starts < until_us)
    dated = here & ~unknown
    spread = dated & long & is_spread
    undated = dated & long & ~spread & crosses
    regular = dated & ~spread & ~undated
    pieces = [_whole(channel, intervals, prices, np.flatnonzero(regular & ~crosses), at)]
    if (divided := np.flatnonzero(regular & crosses)).size:
        parts = _divided(channel, intervals, prices, divided, prices.edges)
        pieces.append(replace(parts, counted=intervals.ends[parts.row]))
    if (rows := np.flatnonzero(spread)).size:
        parts = _divided(channel, intervals, prices, rows, np.union1d(prices.edges, bounds))
        pieces.append(parts.take((parts.counted > since_us) & (parts.counted <= until_us)))
    return Laid(joined(pieces), np.flatnonzero(here & unknown), np.flatnonzero(undated))


def joined(several: list[Pieces]) -> Pieces:
    """Put pieces one behind the other."""
    if len(several) == 1:
        return several[0]
    return Pieces(*(np.concatenate([getattr(each, name) for each in several]) for name in Pieces.__slots__))


def _whole(channel: int, intervals: Intervals, prices: Timeline, rows: Places, at: Places) -> Pieces:
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
        estimated=intervals.marked(Flag.ESTIMATED)[rows],
    )


def _divided(channel: int, intervals: Intervals, prices: Timeline, rows: Places, edges: Instants) -> Pieces:
    """Divide intervals at edges, of which those of the timeline are some."""
    mine = intervals.take(rows)
    parts = parts_of(mine, edges, np.ones(len(rows), dtype=bool))
    of, cell = parts.interval, np.searchsorted(prices.edges, edges[parts.cell], side="right") - 1
    ends = np.minimum(mine.ends[of], edges[parts.cell + 1])
    return Pieces(
        channel=np.full(len(of), channel, dtype=np.int64),
        row=rows[of],
        charges=prices.charges[cell],
        prices=prices.prices[cell],
        starts=np.maximum(mine.starts[of], edges[parts.cell]),
        ends=ends,
        counted=ends,
        amounts=parts.amounts,
        estimated=mine.marked(Flag.ESTIMATED)[of] | (np.bincount(of)[of] > 1),
    )
