"""Reads what diagnosis looks at: few statements for any number of channels, and few readings of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.commands import labels_of
from twinql.domain.diagnosis.health import OpenAlarm
from twinql.domain.diagnosis.sheet import Sheet, Span
from twinql.domain.diagnosis.stretch import Stretch, stretch_of
from twinql.domain.readings import Floats
from twinql.domain.units import Quantity, Unit
from twinql.storage.database import Connection
from twinql.storage.statements import load
from twinql.storage.stretches import instants, period_of

MOST_READINGS = 2_000
"""How many readings of a channel a trait is taken from: the newest."""
MOST_CHANNELS = 2_000
"""How many channels one operation diagnoses at most."""
_WINDOWS = 8
_SAMPLES = 32
"""So many earlier windows, and so many readings of each, tell how much a channel usually spreads."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The newest readings of a stretch of time.

    Attributes:
        span: What was looked at: what was asked for, or only since the first of so many readings.
        stretch: The usable ones.
        sampled: Whether there were more than are looked at.
    """

    span: Span
    stretch: Stretch
    sampled: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How many readings a stretch of time holds.

    Attributes:
        readings: All of them.
        bad: Those that are BAD.
        actual: Those that the resolution asks for and that are there and usable.
    """

    readings: int
    bad: int
    actual: int


async def sheets_of(connection: Connection, numbers: Sequence[int]) -> list[Sheet | None]:
    """Return what diagnosis must know of channels; None for one that whoever asks may not see."""
    rows = await connection.fetch(load("diagnosis")["channels"], list(numbers))
    found = {row["number"]: sheet_of(row) for row in rows}
    return [found.get(number) for number in numbers]


async def sheets_of_assets(connection: Connection, assets: Sequence[UUID]) -> list[list[Sheet]]:
    """Return the same of the channels of each asset that are in use, without those of plans and prices."""
    found: Mapping[UUID, list[Sheet]] = defaultdict(list)
    for row in await connection.fetch(load("diagnosis")["channels_of_assets"], list(assets)):
        found[row["asset_id"]].append(sheet_of(row))
    return [found[asset] for asset in assets]


async def samples_of(connection: Connection, spans: Sequence[Span], most: int = MOST_READINGS) -> list[Sample]:
    """Return the newest readings of stretches of time."""
    bounds = [period_of(span.first, span.last, span.by_end) for span in spans]
    firsts, lasts = [first for first, _ in bounds], [last for _, last in bounds]
    rows = await connection.fetch(load("diagnosis")["newest"], [span.number for span in spans], firsts, lasts, most + 1)
    found: dict[int, Sample] = {}
    for row in rows:
        at_s, values = columns_of(row)
        place, cut = row["place"] - 1, len(at_s) > most
        span, at_s, values = spans[place], at_s[:most], values[:most]
        if cut:
            span = replace(span, first=datetime.fromtimestamp(float(at_s[-1]), UTC))
        found[place] = Sample(span, stretch_of(at_s, values), sampled=cut)
    return [found[place] for place in range(len(spans))]


async def heard_of(
    connection: Connection, numbers: Sequence[int], until: Sequence[datetime], most: int
) -> list[Floats]:
    """Return when each channel was read last up to its time, newest first, shape (n,), in seconds since 1970."""
    rows = await connection.fetch(load("diagnosis")["heard"], list(numbers), list(until), most)
    found = {row["place"] - 1: instants(row["instants"]) / 1e6 for row in rows}
    return [found[place] for place in range(len(numbers))]


async def earlier_windows(connection: Connection, spans: Sequence[Span]) -> list[list[Stretch]]:
    """Return a few readings, at even distances, of each of the windows before a stretch that are as long as that."""
    lengths = [(span.last - span.first).total_seconds() for span in spans]
    later = [timedelta(microseconds=span.by_end) for span in spans]
    rows = await connection.fetch(
        load("diagnosis")["earlier"],
        [span.number for span in spans],
        [span.first + shift for span, shift in zip(spans, later, strict=True)],
        lengths,
        _WINDOWS,
        _SAMPLES,
    )
    found: dict[int, list[Stretch]] = {}
    for row in rows:
        windows, (at_s, values) = np.array(row["windows"]), columns_of(row)
        found[row["place"] - 1] = [
            stretch_of(at_s[windows == each], values[windows == each]) for each in range(1, _WINDOWS + 1)
        ]
    return [found.get(place, []) for place in range(len(spans))]


async def counts_of(connection: Connection, spans: Sequence[Span], resolutions: Sequence[int | None]) -> list[Counts]:
    """Return how many readings stretches of time hold."""
    bounds = [period_of(span.first, span.last, span.by_end) for span in spans]
    firsts, lasts = [first for first, _ in bounds], [last for _, last in bounds]
    numbers = [span.number for span in spans]
    rows = await connection.fetch(load("diagnosis")["counts"], numbers, firsts, lasts, list(resolutions))
    found = {row["place"] - 1: Counts(row["readings"], row["bad"], row["actual"]) for row in rows}
    return [found[place] for place in range(len(spans))]


async def calibrations_of(
    connection: Connection, channels: Sequence[UUID], until: Sequence[datetime]
) -> list[tuple[datetime, datetime | None] | None]:
    """Return when each channel was calibrated last by its time, and until when that holds; None for never."""
    rows = await connection.fetch(load("diagnosis")["calibrations"], list(channels), list(until))
    found = {row["place"] - 1: (row["performed_at"], row["valid_until"]) for row in rows}
    return [found.get(place) for place in range(len(channels))]


async def alarms_holding(connection: Connection, channels: Sequence[UUID], until: datetime) -> list[list[OpenAlarm]]:
    """Return the alarms of each channel whose condition held at a time, as they stood then."""
    return await alarms_of(connection, channels, [until] * len(channels))


async def alarms_of(
    connection: Connection, channels: Sequence[UUID], until: Sequence[datetime]
) -> list[list[OpenAlarm]]:
    """Return the alarms of each channel whose condition held at its time, as they stood then."""
    found: Mapping[int, list[OpenAlarm]] = defaultdict(list)
    for place, *alarm in await connection.fetch(load("diagnosis")["alarms"], list(channels), list(until)):
        found[place - 1].append(OpenAlarm(*alarm))
    return [found[place] for place in range(len(channels))]


def columns_of(row: asyncpg.Record) -> tuple[Floats, Floats]:
    """Return the packed instants, in seconds since 1970, and values of a row."""
    values = np.frombuffer(row["reading_values"] or b"", dtype=">f8").astype(np.float64)
    return instants(row["instants"]) / 1e6, values


def sheet_of(row: asyncpg.Record) -> Sheet:
    """Return what diagnosis must know of a channel by its row."""
    return Sheet(
        number=row["number"],
        id=row["id"],
        site_id=row["site_id"],
        asset_id=row["asset_id"],
        key=row["key"],
        name=row["name"],
        kind=ReadingKind(row["kind"]),
        quantity=Quantity(row["quantity"]),
        unit=Unit(row["unit"]),
        resolution_s=row["resolution_seconds"],
        schedule=row["schedule"],
        writable=row["writable"],
        direction=None if row["direction"] is None else FlowDirection(row["direction"]),
        multiplier=float(row["multiplier"]),
        target=(row["target_minimum"], row["target_maximum"]),
        limits=(row["limit_low_low"], row["limit_low"], row["limit_high"], row["limit_high_high"]),
        states=labels_of(row["states"]),
    )
