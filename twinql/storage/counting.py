"""Reads what channels counted: readings with the events of registers, as intervals, in time and in buckets."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinql.domain.channels import ReadingKind
from twinql.domain.metering.buckets import Bucketed, bucketed, joined
from twinql.domain.metering.intervals import BILLION, Fill, Flag, Intervals, RegisterEvent
from twinql.domain.metering.overlay import ReadingColumns, Supposed, overlaid
from twinql.domain.metering.registers import of_intervals, of_register
from twinql.domain.readings import QUALITY_CODE, Instants, StoredQuality, from_us, to_us
from twinql.domain.series import Subject
from twinql.domain.units import Quantity, Unit, scale
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.register_events import events_known
from twinql.storage.statements import load, load_known

MOST_AT_ONCE = 1_000_000
"""How many readings are likely to be held at once."""
UNSAID_S = 900
"""How often a channel is taken to read that does not say it. [s]"""
# Working out more than so many readings leaves the event loop.
_ASIDE = 20_000
# Postgres counts from 2000 on.
_FROM_2000_US = 946_684_800_000_000
_READING = np.dtype([("channel", ">i4"), ("at", ">i8"), ("value", ">f8"), ("quality", "i1")])
_BILLED = {Quantity.ENERGY: Unit.KILOWATT_HOUR, Quantity.VOLUME: Unit.CUBIC_METRE}
_BAD = QUALITY_CODE[StoredQuality.BAD]


class Counter(Protocol):
    """What working out intervals must know of a channel."""

    @property
    def number(self) -> int:
        """Its number."""

    @property
    def kind(self) -> ReadingKind:
        """INTERVAL or CUMULATIVE."""

    @property
    def to_base(self) -> Fraction:
        """How many base units a value of 1 stands for."""

    @property
    def register_maximum(self) -> float | None:
        """Where a register starts again from zero, in its unit; None where it never does."""

    @property
    def resolution_s(self) -> int | None:
        """Time between two readings when all is well, in seconds; None where nothing is said."""

    @property
    def until(self) -> datetime | None:
        """When it ceased to count: later readings are left out, and none is missing; None where it did not."""


@dataclass(frozen=True, slots=True)
class AsDeclared:
    """A channel as it is declared, whatever it counts; see `Counter`.

    Attributes:
        number: Its number.
        kind: INTERVAL or CUMULATIVE.
        base: The unit in which it is told what it counted.
        decimals: How many of that unit's decimal places the integers have: what is billed has nine; of other things,
            such as pieces or bytes, more are counted, and fewer places matter.
        to_base: How many billionths an integer is to be made from a value of 1, in billions.
        register_maximum: Where a register starts again from zero. [unit of the channel]
        resolution_s: Time between two readings when all is well. [s]
    """

    number: int
    kind: ReadingKind
    base: Unit
    decimals: int
    to_base: Fraction
    register_maximum: float | None
    resolution_s: int | None
    until: datetime | None = None

    @classmethod
    def of(cls, subject: Subject, multiplier: Fraction = Fraction(1)) -> "AsDeclared":
        """Return how a channel counts: what is billed in the unit of bills, so that its largest values fit too."""
        base = _BILLED.get(subject.quantity, subject.unit)
        to_base = multiplier * _to_base(subject.quantity, subject.unit)
        decimals = 9 if subject.quantity in _BILLED else 3
        return cls(
            subject.number, subject.kind, base, decimals, to_base, subject.register_maximum, subject.resolution_s
        )


def billionths_of(quantity: Quantity, unit: Unit) -> float:
    """Return how many integers a channel counts for a value of 1, as it is declared; see `AsDeclared`."""
    return float(_to_base(quantity, unit) * BILLION)


def _to_base(quantity: Quantity, unit: Unit) -> Fraction:
    return scale(unit) / scale(_BILLED[quantity]) if quantity in _BILLED else Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a channel counted in a period.

    Attributes:
        intervals: What ends in it, and of what lasts too long also what reaches beyond.
        begins_us: Where its first reading of all lies, of a register; empty where that is before. [µs since 1970]
        bad_us: Where BAD readings lie in it. [µs since 1970]
    """

    intervals: Intervals
    begins_us: Instants
    bad_us: Instants


async def counted_of(
    connection: Connection,
    counters: Sequence[Counter],
    first: datetime,
    last: datetime,
    *,
    as_of: datetime | None,
    supposed: Supposed | None = None,
) -> list[Counted]:
    """Return what channels counted in a period, in their order.

    Args:
        connection: In whose transaction it is read.
        counters: The channels.
        first: Where the period begins.
        last: Where it ends.
        as_of: Only what was known then; None for what is known now.
        supposed: Readings that take part as if they were stored.
    """
    if not counters:
        return []
    arguments: list[object] = [[each.number for each in counters], first, last]
    if as_of is None:
        packed = await connection.fetchval(load("metering")["counted"], *arguments)
    else:
        packed = await connection.fetchval(load_known("metering")["counted"], *arguments, as_of)
    registers = [each.number for each in counters if each.kind is ReadingKind.CUMULATIVE]
    events = await events_known(connection, registers, as_of) if registers else {}
    rows = np.frombuffer(packed or b"", dtype=_READING)

    def work_out() -> list[Counted]:
        readings = _apart(rows, [each.number for each in counters])
        for place, each in enumerate(counters):
            if supposed and each.number in supposed:
                readings[place] = overlaid(readings[place], supposed[each.number])
        both = zip(counters, readings, strict=True)
        return [_counted(each, of, events, to_us(first), to_us(last)) for each, of in both]

    return await aside(work_out) if len(rows) > _ASIDE else work_out()


async def bucketed_of(
    connection: Connection,
    counters: Sequence[Counter],
    edges: Instants,
    *,
    fill: Fill,
    as_of: datetime | None,
    now: datetime | None = None,
) -> list[Bucketed]:
    """Return what channels counted in buckets, in their order.

    However long the period is, no more is held than memory holds with ease: amounts of parts of a period add up.

    Args:
        connection: In whose transaction it is read.
        counters: The channels.
        edges: Where buckets begin, and where the last one ends, ascending, shape (n + 1,). [µs since 1970]
        fill: What becomes of what lasts too long.
        as_of: Only what was known then; None for what is known now.
        now: The present: nothing of later is missing. None where nobody asks what is.
    """
    found: list[Bucketed] = []
    for some, stretches in _turns(counters, edges):
        parts = [await _of_stretch(connection, some, each, fill, as_of=as_of, now=now) for each in stretches]
        found += [joined(each) for each in zip(*parts, strict=True)]
    return found


async def _of_stretch(
    connection: Connection,
    counters: Sequence[Counter],
    edges: Instants,
    fill: Fill,
    *,
    as_of: datetime | None,
    now: datetime | None,
) -> list[Bucketed]:
    first, last = from_us(int(edges[0])), from_us(int(edges[-1]))
    counted = await counted_of(connection, counters, first, last, as_of=as_of)
    return [
        bucketed(
            found.intervals,
            edges,
            fill,
            resolution_s=each.resolution_s,
            begins_us=found.begins_us,
            bad_us=found.bad_us,
            until_us=min((to_us(instant) for instant in (as_of, now, each.until) if instant), default=None),
        )
        for each, found in zip(counters, counted, strict=True)
    ]


def _turns(counters: Sequence[Counter], edges: Instants) -> list[tuple[list[Counter], list[Instants]]]:
    """Take so many channels together, or of one so short stretches, that they are not likely to hold too much."""
    span_s = (int(edges[-1]) - int(edges[0])) / 1_000_000
    turns: list[tuple[list[Counter], list[Instants]]] = []
    held = float(MOST_AT_ONCE)
    for each in counters:
        likely = span_s / (each.resolution_s or UNSAID_S)
        if held + likely <= MOST_AT_ONCE:
            turns[-1][0].append(each)
            held += likely
        else:
            turns.append(([each], _stretches(edges, math.ceil(likely / MOST_AT_ONCE))))
            held = likely
    return turns


def _stretches(edges: Instants, count: int) -> list[Instants]:
    buckets = len(edges) - 1
    cuts = np.linspace(0, buckets, min(count, buckets) + 1).astype(int).tolist()
    return [edges[begin : end + 1] for begin, end in pairwise(cuts)]


def _apart(rows: NDArray[np.void], numbers: Sequence[int]) -> list[ReadingColumns]:
    """Set the readings of channels apart, each ascending by time, in the order of the channels."""
    channel, at = rows["channel"].astype(np.int32), rows["at"].astype(np.int64) + _FROM_2000_US
    values, qualities = rows["value"].astype(np.float64), rows["quality"].copy()
    order = np.lexsort((at, channel))
    channel, at, values, qualities = channel[order], at[order], values[order], qualities[order]
    begins, ends = (np.searchsorted(channel, numbers, side=side) for side in ("left", "right"))
    places = zip(begins.tolist(), ends.tolist(), strict=True)
    return [ReadingColumns(at[begin:end], values[begin:end], qualities[begin:end]) for begin, end in places]


def _counted(
    counter: Counter,
    readings: ReadingColumns,
    events: Mapping[int, Sequence[RegisterEvent]],
    first_us: int,
    last_us: int,
) -> Counted:
    if counter.until is not None:
        count = int(np.searchsorted(readings.observed_us, to_us(counter.until), side="right"))
        readings = ReadingColumns(readings.observed_us[:count], readings.values[:count], readings.qualities[:count])
    if counter.kind is ReadingKind.INTERVAL:
        assert counter.resolution_s is not None
        found = of_intervals(*readings, to_base=counter.to_base, resolution_s=counter.resolution_s)
    else:
        found = of_register(
            *readings,
            to_base=counter.to_base,
            maximum=counter.register_maximum,
            resolution_s=counter.resolution_s,
            events=events[counter.number],
        )
    within = (found.ends > first_us) & (found.ends <= last_us)
    kept = within | (found.marked(Flag.LONG) & (found.starts < last_us) & (found.ends > last_us))
    at, bad = readings.observed_us, readings.qualities == _BAD
    inside = (at > first_us) & (at <= last_us)
    begins = at[inside & ~bad & (counter.kind is ReadingKind.CUMULATIVE)][:1]
    if len(begins) and (found.ends == begins[0]).any():
        begins = begins[:0]  # only the very first has no step that ends with it
    return Counted(found.take(np.flatnonzero(kept)), begins, at[inside & bad])
