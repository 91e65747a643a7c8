"""Reads stretches of channels: one statement for all channels that ask the same in the same way."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np

from twinql.domain.calendar import check_count, edges, too_large
from twinql.domain.channels import ReadingKind
from twinql.domain.downsample import changes, thin
from twinql.domain.readings import QUALITY_CODE, Codes, Floats, Instants, StoredQuality
from twinql.domain.series import (
    Aggregate,
    Series,
    Statistics,
    Subject,
    Wish,
    aggregate_for,
    check_wish,
    expected_readings,
)
from twinql.errors import RangeTooLargeError
from twinql.storage.database import Connection
from twinql.storage.register_series import registers_of
from twinql.storage.stretches import apart, fetch, instants, period_of

MOST_RAW = 200_000
"""How many readings of one channel are looked at to draw a line of a few."""
_RAW_AT_ONCE = 5 * MOST_RAW
# Drawing longer lines than this leaves the event loop.
_RAW_ASIDE = 20_000
# What registers counted is no statement of its own: it needs what happened to them.
_COUNTED = "counted"
_BUCKETED, _ENDS = "bucketed", "bucketed_ends"
_KNOWN_THEN = {_BUCKETED: "buckets", _ENDS: "ends"}
_EMPTY, _BAD = -1, QUALITY_CODE[StoredQuality.BAD]
_COLUMN = {
    Aggregate.SUM: "totals",
    Aggregate.MEAN: "totals",
    Aggregate.MIN: "minima",
    Aggregate.MAX: "maxima",
    Aggregate.COUNT: "readings",
    Aggregate.FIRST: "ends",
    Aggregate.LAST: "ends",
}

Answer = Series | RangeTooLargeError
_Asked = tuple[int, Subject, Aggregate]


async def series_of(connection: Connection, wish: Wish, subjects: Sequence[Subject]) -> list[Answer]:
    """Return a stretch of each channel, in their order and their own units; an error where one has too many points.

    Raises:
        InvalidInputError: What is asked for makes no sense for one of the channels.
    """
    check_wish(wish)
    if wish.bucket is None:
        return await _raw(connection, wish, subjects)
    answers: dict[int, Answer] = {}
    asked: list[_Asked] = []
    for place, subject in enumerate(subjects):
        try:
            check_count(wish, ZoneInfo(subject.time_zone))
            asked.append((place, subject, aggregate_for(subject, wish.aggregate)))
        except RangeTooLargeError as error:
            answers[place] = error
    for _, alike in groupby(sorted(asked, key=_statement), _statement):
        answers |= await _divided(connection, wish, list(alike))
    return [answers[place] for place in range(len(subjects))]


def _statement(asked: _Asked) -> tuple[str, str, bool]:
    """Return what one statement answers alike: its name, the zone that divides, and how readings belong to a period."""
    _, subject, aggregate = asked
    if aggregate in {Aggregate.FIRST, Aggregate.LAST}:
        return _ENDS, subject.time_zone, subject.by_end
    if aggregate is Aggregate.DELTA:
        return _COUNTED, subject.time_zone, True
    return _BUCKETED, subject.time_zone, subject.by_end


async def _divided(connection: Connection, wish: Wish, asked: Sequence[_Asked]) -> dict[int, Answer]:
    statement, zone, by_end = _statement(asked[0])
    subjects = [subject for _, subject, _ in asked]
    assert wish.bucket is not None
    bounds = edges(wish.bucket, wish.first, wish.last, ZoneInfo(zone))
    if statement == _COUNTED:
        counted = await registers_of(connection, wish, subjects, bounds)
        return {place: each for (place, _, _), each in zip(asked, counted, strict=True)}
    arguments: list[object] = [[subject.number for subject in subjects]]
    arguments += [(bounds + int(by_end)).tolist(), *period_of(wish.first, wish.last, by_end)]
    if statement == _ENDS:
        # FIRST and LAST are never usual of one kind beside each other: all who ask together want the same.
        arguments.append(asked[0][2] is Aggregate.LAST)
    # What is kept ready is of what is known now.
    rows = await fetch(
        connection, statement if wish.as_of is None else _KNOWN_THEN[statement], *arguments, as_of=wish.as_of
    )
    found = {row["place"] - 1: row for row in rows}
    return {place: _filled(bounds, aggregate, found.get(i)) for i, (place, _, aggregate) in enumerate(asked)}


def _filled(bounds: Instants, aggregate: Aggregate, row: asyncpg.Record | None) -> Series:
    """Put what was read into its buckets; the others stay empty, and hold no reading."""
    values = np.full(len(bounds) - 1, 0.0 if aggregate is Aggregate.COUNT else np.nan)
    quality = np.full(len(values), _EMPTY, dtype=np.int8)
    if row is not None:
        places = np.array(row["buckets"]) - 1
        told = np.array(row[_COLUMN[aggregate]], dtype=np.float64)
        readings = np.array(row["readings"], dtype=np.float64)
        if aggregate is Aggregate.MEAN:
            told = np.divide(told, readings, out=np.full(len(told), np.nan), where=readings > 0)
        values[places], quality[places] = told, row["qualities"]
    return Series(bounds[:-1], values, quality, aggregate)


async def _raw(connection: Connection, wish: Wish, subjects: Sequence[Subject]) -> list[Answer]:
    answers: dict[int, Answer] = {}
    for by_end, alike in apart(subjects):
        for places in _at_once(alike, subjects, wish):
            numbers = [subjects[place].number for place in places]
            bounds = period_of(wish.first, wish.last, by_end)
            rows = await fetch(connection, "raw", numbers, *bounds, MOST_RAW + 1, as_of=wish.as_of)
            lines = [(places[row["place"] - 1], subjects[places[row["place"] - 1]], row) for row in rows]
            if sum(len(row["qualities"] or b"") for row in rows) > _RAW_ASIDE:
                answers |= await asyncio.to_thread(_lines, wish, lines)
            else:
                answers |= _lines(wish, lines)
    return [answers[place] for place in range(len(subjects))]


def _at_once(places: Iterable[int], subjects: Sequence[Subject], wish: Wish) -> list[list[int]]:
    """Divide channels so that no statement is likely to bring more readings than memory holds with ease."""
    groups: list[list[int]] = [[]]
    rows = 0
    for place in places:
        likely = expected_readings(subjects[place], wish.first, wish.last, wish.last)
        # A channel without a resolution speaks when something changes: seldom.
        rows += MOST_RAW // 10 if likely is None else min(likely, MOST_RAW)
        if rows > _RAW_AT_ONCE:
            groups.append([])
            rows = 0
        groups[-1].append(place)
    return groups


def _lines(wish: Wish, lines: Iterable[tuple[int, Subject, asyncpg.Record]]) -> dict[int, Answer]:
    return {place: _line(wish, subject, row) for place, subject, row in lines}


def _line(wish: Wish, subject: Subject, row: asyncpg.Record) -> Answer:
    at = instants(row["instants"])
    if len(at) > MOST_RAW:
        return too_large(wish, ZoneInfo(subject.time_zone))
    value: Floats = np.frombuffer(row["reading_values"] or b"", dtype=">f8").astype(np.float64)
    quality: Codes = np.frombuffer(row["qualities"] or b"", dtype=np.int8)
    usable = np.where(quality == _BAD, np.nan, value)
    kept = np.arange(len(at))
    if subject.kind is ReadingKind.STATE and len(at) > wish.most:
        kept = changes(usable)
    kept = kept[thin(at[kept], usable[kept], most=wish.most)]
    if subject.by_end and subject.resolution_s is not None:
        at = at - subject.resolution_s * 1_000_000
    return Series(at[kept], value[kept], quality[kept], None, downsampled=len(kept) < len(at))


async def statistics_of(
    connection: Connection,
    first: datetime,
    last: datetime,
    subjects: Sequence[Subject],
    *,
    as_of: datetime | None = None,
) -> list[Statistics]:
    """Return what the usable readings of each channel in a period say together."""
    found = [Statistics(0, None, None, None, None, None, None, None)] * len(subjects)
    for by_end, places in apart(subjects):
        numbers = [subjects[place].number for place in places]
        for row in await fetch(connection, "statistics", numbers, *period_of(first, last, by_end), as_of=as_of):
            p05, p50, p95 = row["percentiles"] or (None, None, None)
            found[places[row["place"] - 1]] = Statistics(
                row["count"], row["mean"], row["minimum"], row["maximum"], row["standard_deviation"], p05, p50, p95
            )
    return found
