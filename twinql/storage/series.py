"""Reads stretches of channels: one statement for all channels that ask the same."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np

from twinql.domain.calendar import edges
from twinql.domain.channels import ReadingKind
from twinql.domain.downsample import thin
from twinql.domain.readings import QUALITY_CODE, Codes, Floats, Instants, StoredQuality, from_us
from twinql.domain.series import (
    Aggregate,
    Gap,
    Series,
    Statistics,
    Subject,
    Wish,
    aggregate_for,
    check_wish,
    expected_readings,
    too_large,
)
from twinql.domain.units import Quantity, Unit
from twinql.errors import InvalidInputError, RangeTooLargeError
from twinql.storage.database import Connection
from twinql.storage.statements import load

MOST_RAW = 200_000
"""How many readings of one channel are looked at to draw a line of a few."""
MOST_GAPS = 1_000

_EMPTY, _GOOD = -1, QUALITY_CODE[StoredQuality.GOOD]
_UNCERTAIN, _BAD = QUALITY_CODE[StoredQuality.UNCERTAIN], QUALITY_CODE[StoredQuality.BAD]


async def series_of(
    connection: Connection, wish: Wish, subjects: Sequence[Subject]
) -> list[Series | RangeTooLargeError]:
    """Return a stretch of each channel, in their order and their own units; an error where one has too many points.

    Raises:
        InvalidInputError: What is asked for makes no sense for one of the channels.
        RangeTooLargeError: The period holds more buckets than were allowed for.
    """
    check_wish(wish)
    if wish.bucket is None:
        return await _raw(connection, wish, subjects)
    wanted = [aggregate_for(subject, wish.aggregate) for subject in subjects]
    found: list[Series | RangeTooLargeError | None] = [None] * len(subjects)
    for zone, aggregate in sorted({(s.time_zone, a.value) for s, a in zip(subjects, wanted, strict=True)}):
        places = [
            place
            for place, (subject, each) in enumerate(zip(subjects, wanted, strict=True))
            if (subject.time_zone, each.value) == (zone, aggregate)
        ]
        bounds = edges(wish.bucket, wish.first, wish.last, ZoneInfo(zone))
        alike = await _divided(connection, wish, bounds, Aggregate(aggregate), [subjects[place] for place in places])
        for place, series in zip(places, alike, strict=True):
            found[place] = series
    return [series for series in found if series is not None]


async def _divided(
    connection: Connection, wish: Wish, bounds: Instants, aggregate: Aggregate, subjects: Sequence[Subject]
) -> list[Series]:
    count = len(bounds) - 1
    empty = 0.0 if aggregate is Aggregate.COUNT else np.nan
    values = np.full((len(subjects), count), empty)
    quality = np.full((len(subjects), count), _EMPTY, dtype=np.int8)
    instants = [from_us(edge) for edge in bounds.tolist()]
    for row in await connection.fetch(load("series")["bad_buckets"], *_period(subjects, wish, instants)):
        quality[row["place"] - 1, row["bucket"] - 1] = _BAD
    for row in await _rows(connection, wish, instants, aggregate, subjects):
        place, bucket = row["place"] - 1, row["bucket"] - 1
        value = _value(row, aggregate)
        values[place, bucket] = np.nan if value is None else value
        quality[place, bucket] = _UNCERTAIN if row["doubtful"] else _GOOD
    return [Series(bounds[:-1], values[place], quality[place], aggregate) for place in range(len(subjects))]


async def _rows(
    connection: Connection,
    wish: Wish,
    instants: list[datetime],
    aggregate: Aggregate,
    subjects: Sequence[Subject],
) -> list[asyncpg.Record]:
    if aggregate is Aggregate.DELTA:
        return await connection.fetch(
            load("series")["deltas"],
            [subject.number for subject in subjects],
            [np.nan if subject.register_maximum is None else subject.register_maximum for subject in subjects],
            [np.inf if subject.resolution_s is None else 1.0 * subject.resolution_s for subject in subjects],
            instants,
            wish.first,
            wish.last,
        )
    if aggregate in {Aggregate.FIRST, Aggregate.LAST}:
        newest = aggregate is Aggregate.LAST
        return await connection.fetch(load("series")["ends"], *_period(subjects, wish, instants), newest)
    return await connection.fetch(load("series")["buckets"], *_period(subjects, wish, instants))


def _period(subjects: Sequence[Subject], wish: Wish, instants: list[datetime]) -> tuple[object, ...]:
    return (*_channels(subjects), instants, wish.first, wish.last)


def _channels(subjects: Iterable[Subject]) -> tuple[list[int], list[bool]]:
    subjects = list(subjects)
    return [subject.number for subject in subjects], [subject.by_end for subject in subjects]


_READ: dict[Aggregate, Callable[[asyncpg.Record], float | None]] = {
    Aggregate.SUM: lambda row: row["total"],
    Aggregate.MEAN: lambda row: row["total"] / row["readings"],
    Aggregate.MIN: lambda row: row["least"],
    Aggregate.MAX: lambda row: row["greatest"],
    Aggregate.COUNT: lambda row: row["readings"],
    Aggregate.FIRST: lambda row: row["value"],
    Aggregate.LAST: lambda row: row["value"],
    Aggregate.DELTA: lambda row: row["delta"],
}


def _value(row: asyncpg.Record, aggregate: Aggregate) -> float | None:
    return _READ[aggregate](row)


async def _raw(connection: Connection, wish: Wish, subjects: Sequence[Subject]) -> list[Series | RangeTooLargeError]:
    if wish.aggregate is not None:
        raise InvalidInputError("An aggregate needs a bucket; name one, or leave both out.", path=("aggregate",))
    rows = await connection.fetch(load("series")["raw"], *_channels(subjects), wish.first, wish.last, MOST_RAW + 1)
    found: list[list[asyncpg.Record]] = [[] for _ in subjects]
    for row in rows:
        found[row["place"] - 1].append(row)
    return [_line(mine, wish, subject) for mine, subject in zip(found, subjects, strict=True)]


def _line(rows: list[asyncpg.Record], wish: Wish, subject: Subject) -> Series | RangeTooLargeError:
    if len(rows) > MOST_RAW:
        return too_large(wish)
    at: Instants = np.array([row["observed_us"] for row in rows], dtype=np.int64)
    value: Floats = np.array([np.nan if row["value"] is None else row["value"] for row in rows], dtype=np.float64)
    quality: Codes = np.array([row["quality"] for row in rows], dtype=np.int8)
    kept = thin(at, np.where(quality == _BAD, np.nan, value), most=wish.most)
    if subject.by_end and subject.resolution_s is not None:
        at = at - subject.resolution_s * 1_000_000
    return Series(at[kept], value[kept], quality[kept], None, downsampled=len(kept) < len(rows))


async def completeness_of(
    connection: Connection, first: datetime, last: datetime, now: datetime, subjects: Sequence[Subject]
) -> list[tuple[int | None, int]]:
    """Return how many readings each channel should have in a period, None without a resolution, and how many it has."""
    # Without a resolution every reading counts: a slot of a second is finer than any of them.
    resolutions = [subject.resolution_s or 1 for subject in subjects]
    actual = [0] * len(subjects)
    for row in await connection.fetch(load("series")["actual"], *_channels(subjects), first, last, resolutions):
        actual[row["place"] - 1] = row["actual"]
    return [(expected_readings(subject, first, last, now), actual[place]) for place, subject in enumerate(subjects)]


async def statistics_of(
    connection: Connection, first: datetime, last: datetime, subjects: Sequence[Subject]
) -> list[Statistics]:
    """Return what the usable readings of each channel in a period say together."""
    found = [Statistics(0, None, None, None, None, None, None, None)] * len(subjects)
    for row in await connection.fetch(load("series")["statistics"], *_channels(subjects), first, last):
        p05, p50, p95 = row["percentiles"]
        found[row["place"] - 1] = Statistics(
            row["count"], row["mean"], row["minimum"], row["maximum"], row["standard_deviation"], p05, p50, p95
        )
    return found


async def gaps_of(
    connection: Connection, first: datetime, last: datetime, now: datetime, subjects: Sequence[Subject]
) -> list[list[Gap]]:
    """Return the stretches of each channel in which readings are missing; what lies ahead is not missing yet.

    Raises:
        InvalidInputError: A channel has no resolution, so that nothing tells when a reading is due.
        RangeTooLargeError: There are more than 1,000 of them.
    """
    if any(subject.resolution_s is None for subject in subjects):
        raise InvalidInputError("This channel has no resolution, so no reading is ever missing; set its resolution.")
    lasts = [max(first, last if subject.schedule else min(last, now)) for subject in subjects]
    numbers, by_end = _channels(subjects)
    resolutions = [subject.resolution_s for subject in subjects]
    found: list[list[Gap]] = [[] for _ in subjects]
    rows = await connection.fetch(load("series")["gaps"], numbers, resolutions, first, lasts, by_end, MOST_GAPS + 1)
    if len(rows) > MOST_GAPS:
        raise RangeTooLargeError(f"The period holds more than {MOST_GAPS:,} gaps; ask for a shorter one.")
    for row in rows:
        found[row["place"] - 1].append(Gap(row["first"], row["last"], row["missing"]))
    return found


async def consumption_channels(connection: Connection, meters: Sequence[UUID]) -> list[Subject | None]:
    """Return the channel that counts what each meter takes in; None where it has none."""
    found: list[Subject | None] = [None] * len(meters)
    for row in await connection.fetch(load("series")["consumption_channels"], list(meters)):
        found[row["place"] - 1] = Subject(
            number=row["number"],
            kind=ReadingKind(row["kind"]),
            quantity=Quantity(row["quantity"]),
            unit=Unit(row["unit"]),
            time_zone=row["time_zone"],
            resolution_s=row["resolution_seconds"],
            register_maximum=row["register_maximum"],
            schedule=row["schedule"],
        )
    return found
