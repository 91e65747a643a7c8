"""What all statements over a stretch of readings have in common."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import numpy as np

from twinql.domain.readings import Instants
from twinql.domain.series import Subject
from twinql.storage.database import Connection
from twinql.storage.statements import load, load_known

# Postgres counts from 2000 on.
_FROM_2000_US = 946_684_800_000_000


async def fetch(
    connection: Connection, statement: str, *arguments: object, as_of: datetime | None
) -> list[asyncpg.Record]:
    """Run a statement over readings, as they are or as they were known at a time."""
    if as_of is None:
        return await connection.fetch(load("series")[statement], *arguments)
    return await connection.fetch(load_known("series")[statement], *arguments, as_of)


def period_of(first: datetime, last: datetime, by_end: bool) -> tuple[datetime, datetime]:  # noqa: FBT001 - part of a key
    """Return from where on, and before where, readings lie that belong to a period."""
    later = timedelta(microseconds=by_end)
    return first + later, last + later


def apart(subjects: Sequence[Subject]) -> list[tuple[bool, list[int]]]:
    """Set channels of intervals apart from the others, by their places: readings belong to periods in two ways."""
    both = [(by_end, [i for i, subject in enumerate(subjects) if subject.by_end is by_end]) for by_end in (True, False)]
    return [(by_end, places) for by_end, places in both if places]


def instants(packed: bytes | None) -> Instants:
    """Read instants as statements pack them, in µs since 1970."""
    return np.frombuffer(packed or b"", dtype=">i8").astype(np.int64) + _FROM_2000_US
