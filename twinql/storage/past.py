"""Looks at stretches of the past with the detectors that watch the present."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.finding import Watched
from twinql.domain.detection.past import Past
from twinql.domain.readings import Floats
from twinql.errors import RangeTooLargeError
from twinql.storage.aside import aside
from twinql.storage.database import Connection
from twinql.storage.statements import load
from twinql.storage.stretches import instants, period_of

MOST_READINGS: Final = 20_000
"""How many readings a stretch holds at most."""
LEARNED_FROM: Final = timedelta(days=35)
"""From so long before a stretch a channel is learned."""
NEWEST: Final = 2_000
"""So many readings right before it are looked at one by one."""
THINNED: Final = timedelta(minutes=5)
"""And before those one of each such step: the newest."""
AMOUNTS: Final = 10_000
"""Amounts of intervals cannot be thinned: so many are looked at instead."""
SLICE: Final = 2_000

Columns = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Glance:
    """A stretch of a channel to be looked at.

    Attributes:
        number: The channel.
        watched: What detectors know of it.
        first: Where the stretch begins.
        last: Where it ends.
    """

    number: int
    watched: Watched
    first: datetime
    last: datetime


async def columns_of(connection: Connection, glances: Sequence[Glance]) -> list[list[Columns]]:
    """Return what is to be looked at, in the order of observation: what is learned from, then the stretch itself.

    Raises:
        RangeTooLargeError: A stretch holds too many readings.
    """
    return [await _columns(connection, each) for each in glances]


async def looked_at(glance: Glance, columns: Sequence[Columns]) -> Past:
    """Let detectors look, beside the event loop and in slices, so that others have their turn too."""
    past = Past(glance.watched, glance.first.timestamp())
    for at_s, values in columns:
        for start in range(0, len(at_s), SLICE):
            await aside(past.look, at_s[start : start + SLICE], values[start : start + SLICE])
    return past


async def _columns(connection: Connection, glance: Glance) -> list[Columns]:
    by_end = glance.watched.kind is ReadingKind.INTERVAL
    first, last = period_of(glance.first, glance.last, by_end)
    stretch = await _newest(connection, glance.number, first, last, MOST_READINGS + 1)
    if len(stretch[0]) > MOST_READINGS:
        raise RangeTooLargeError(f"This stretch holds more than {MOST_READINGS:,} readings; ask for a shorter one.")
    begin = first - LEARNED_FROM
    before = await _newest(connection, glance.number, begin, first, AMOUNTS if by_end else NEWEST)
    if by_end or len(before[0]) < NEWEST:
        return [before, stretch]
    until = first - timedelta(seconds=first.timestamp() - float(before[0][0]))
    row = await connection.fetchrow(load("past")["thinned"], glance.number, begin, until, THINNED)
    return [_unpacked(row), before, stretch]


async def _newest(connection: Connection, number: int, first: datetime, last: datetime, most: int) -> Columns:
    return _unpacked(await connection.fetchrow(load("past")["newest"], number, first, last, most))


def _unpacked(row: asyncpg.Record | None) -> Columns:
    assert row is not None
    values = np.frombuffer(row["reading_values"] or b"", dtype=">f8").astype(np.float64)
    return instants(row["instants"]) / 1e6, values
