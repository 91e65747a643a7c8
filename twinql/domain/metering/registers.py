"""From readings to what flowed between them: exact, with evidence, never negative and never invented."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinql.domain.gaps import LATE
from twinql.domain.metering.intervals import BILLION, Amounts, Flag, Intervals, RegisterEvent
from twinql.domain.readings import QUALITY_CODE, Codes, Floats, Instants, StoredQuality, to_us

LARGEST = 4_000_000_000
"""Values beyond it are no metering: their billionths would not fit. [kWh or m³]"""
NEAR_THE_END = 0.9
"""A register rolls over from the last tenth of its range, and by less than a tenth."""
_ESTIMATES = [
    QUALITY_CODE[each] for each in (StoredQuality.UNCERTAIN, StoredQuality.ESTIMATED, StoredQuality.SUBSTITUTED)
]
_BAD = QUALITY_CODE[StoredQuality.BAD]
_NO_EVENT = -1


def billionths(values: Floats, to_base: Fraction) -> tuple[Amounts, NDArray[np.bool_]]:
    """Turn values into integers that add up exactly.

    Args:
        values: Any shape; NaN for nothing. [unit of the channel]
        to_base: How many base units (kWh, m³) one unit is, with the channel's multiplier.

    Returns:
        Billionths of the base unit, rounded half to even, 0 where nothing can be told; and where something can: not of
        NaN, nor of what lies beyond `LARGEST`.
    """
    scaled = values * float(to_base * BILLION)
    known = np.abs(scaled) <= LARGEST * BILLION  # false for NaN too
    return np.rint(np.where(known, scaled, 0.0)).astype(np.int64), known


def of_register(
    observed_us: Instants,
    values: Floats,
    qualities: Codes,
    *,
    to_base: Fraction,
    maximum: float | None,
    resolution_s: int | None,
    events: Sequence[RegisterEvent] = (),
) -> Intervals:
    """Say what a register counted from each usable reading, or event, to the next.

    A fall is a rollover only where a maximum is declared, the value before lies within a tenth of it and the rise
    across is below a tenth; else the register was reset, and what it counted is unknown. An event says what the
    register showed last and first, so that both steps around it are known; one that contradicts its readings leaves
    them unknown.

    Args:
        observed_us: Instants, strictly ascending, shape (n,). [µs since 1970]
        values: What the register showed; BAD ones and NaN are left out, shape (n,). [unit of the channel]
        qualities: Index into `QUALITIES`, shape (n,).
        to_base: How many base units (kWh, m³) one unit is, with the channel's multiplier.
        maximum: Where the register starts again from zero; None where it never does. [unit of the channel]
        resolution_s: Time between two readings; None where nothing is said. [s]
        events: What happened to the register, ascending in time.

    Returns:
        One interval for each step: at most n - 1 and one for each event.
    """
    points = _points(observed_us, values, qualities, to_base, events)
    amounts = points.ending[1:] - points.beginning[:-1]
    flags = np.where(points.doubtful[1:] | points.doubtful[:-1], np.uint8(Flag.ESTIMATED), np.uint8(0))
    event = np.where(points.event[1:] != _NO_EVENT, points.event[1:], points.event[:-1])
    flags[event != _NO_EVENT] |= np.uint8(Flag.EVENT)
    flags[points.event[1:] != _NO_EVENT] |= np.uint8(Flag.UNREAD)
    if maximum is not None:
        limit = int(billionths(np.array([maximum]), to_base)[0][0])
        across = limit - points.beginning[:-1] + points.ending[1:]
        near = (points.beginning[:-1] >= NEAR_THE_END * limit) & (points.beginning[:-1] <= limit)
        rolled = (amounts < 0) & near & (points.ending[1:] >= 0) & (across < (1 - NEAR_THE_END) * limit)
        amounts[rolled] = across[rolled]
        flags[rolled] |= np.uint8(Flag.ROLLOVER)
    fell = amounts < 0
    amounts[fell] = 0
    flags[fell] |= np.uint8(Flag.UNKNOWN)
    flags[_long(points.at[:-1], points.at[1:], resolution_s)] |= np.uint8(Flag.LONG)
    return _without_instants(Intervals(points.at[:-1], points.at[1:], amounts, flags, event, tuple(events)))


class _Points(NamedTuple):
    """Where steps begin and end: readings, and events, which end a step with one value and begin the next with another.

    Columns of equal length, ascending in time; at one instant the event comes before the reading.
    """

    at: Instants
    ending: Amounts
    beginning: Amounts
    doubtful: NDArray[np.bool_]
    event: NDArray[np.int32]


def _points(
    observed_us: Instants, values: Floats, qualities: Codes, to_base: Fraction, events: Sequence[RegisterEvent]
) -> _Points:
    counted, known = billionths(values, to_base)
    usable = np.flatnonzero(known & (qualities != _BAD))
    finals, _ = billionths(np.array([each.final for each in events], dtype=np.float64), to_base)
    starts, _ = billionths(np.array([each.start for each in events], dtype=np.float64), to_base)
    at: Instants = np.concatenate([observed_us[usable], np.array([to_us(each.at) for each in events], dtype=np.int64)])
    ending: Amounts = np.concatenate([counted[usable], finals])
    beginning: Amounts = np.concatenate([counted[usable], starts])
    doubtful = np.concatenate([np.isin(qualities[usable], _ESTIMATES), np.zeros(len(events), dtype=bool)])
    event = np.concatenate([np.full(len(usable), _NO_EVENT), np.arange(len(events))]).astype(np.int32)
    order = np.lexsort((event == _NO_EVENT, at))
    return _Points(at[order], ending[order], beginning[order], doubtful[order], event[order])


def of_intervals(
    observed_us: Instants, values: Floats, qualities: Codes, *, to_base: Fraction, resolution_s: int
) -> Intervals:
    """Take the readings of an INTERVAL channel as the intervals that they are.

    Args:
        observed_us: Where intervals end, strictly ascending, shape (n,). [µs since 1970]
        values: What flowed; BAD ones and NaN are left out, a negative one is unknown, shape (n,). [unit of the channel]
        qualities: Index into `QUALITIES`, shape (n,).
        to_base: How many base units (kWh, m³) one unit is, with the channel's multiplier.
        resolution_s: The length of an interval. [s]

    Returns:
        At most n intervals; one that would begin before its neighbour ends begins there.
    """
    amounts, known = billionths(values, to_base)
    usable = np.flatnonzero(known & (qualities != _BAD))
    ends, amounts = observed_us[usable], amounts[usable]
    starts = ends - resolution_s * 1_000_000
    starts[1:] = np.maximum(starts[1:], ends[:-1])
    flags = np.where(np.isin(qualities[usable], _ESTIMATES), np.uint8(Flag.ESTIMATED), np.uint8(0))
    negative = amounts < 0
    flags[negative] |= np.uint8(Flag.UNKNOWN)
    amounts[negative] = 0
    return Intervals(starts, ends, amounts, flags, np.full(len(ends), _NO_EVENT, dtype=np.int32))


def _long(starts: Instants, ends: Instants, resolution_s: int | None) -> NDArray[np.bool_]:
    if resolution_s is None:
        return np.ones(len(ends), dtype=bool)
    return ends - starts > resolution_s * 1_000_000 * (1 + LATE)


def _without_instants(found: Intervals) -> Intervals:
    """Put what was counted in no time at all, between an event and the reading at its instant, into the step before."""
    nothing = found.starts == found.ends
    if not nothing.any():
        return found
    amounts, flags = found.amounts.copy(), found.flags.copy()
    for place in np.flatnonzero(nothing).tolist():
        if place:
            amounts[place - 1] += amounts[place]
            # It ends with the reading, which comes after the event.
            flags[place - 1] = (flags[place - 1] | flags[place]) & ~np.uint8(Flag.UNREAD)
    amounts[(flags & np.uint8(Flag.UNKNOWN)).astype(bool)] = 0  # a sum of which a part is unknown is unknown
    kept = ~nothing
    return Intervals(found.starts[kept], found.ends[kept], amounts[kept], flags[kept], found.event[kept], found.events)
