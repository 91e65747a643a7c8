"""Keeps days ready for who asks for long periods: builds them when they are over, and anew when readings come late."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Final
from zoneinfo import ZoneInfoNotFoundError

import structlog

from twinql.background import Foreground, beside
from twinql.domain.identity import Worker
from twinql.domain.readings import Instants
from twinql.errors import TooSlowError
from twinql.live.service import persist
from twinql.storage import rollups
from twinql.storage.database import Database

EVERY_S: Final = 5.0
GIVES_WAY_S: Final = 1.0
AT_ONCE: Final = 100
"""How many stretches of days are asked for at once."""
_WORKER = Worker("rollups")

log = structlog.stdlib.get_logger("twinql.ready")


async def build_waiting(database: Database, now: datetime, foreground: Foreground | None = None) -> bool:
    """Build what waits, at most so many stretches, resting as long as it takes; say whether more may wait.

    Args:
        database: Where readings are.
        now: Days are built that have ended by then.
        foreground: To what building gives way, within limits; None to nothing.
    """
    async with database.transaction(_WORKER) as connection:
        if not await rollups.merge(connection):
            return False
    async with database.transaction(_WORKER, readonly=True) as connection:
        stretches = await rollups.waiting(connection, now, most=AT_ONCE)
    built = False
    for stretch in stretches:
        try:
            steps = stretch.steps(now)
            if not await _build(database, stretch.number, steps, foreground or Foreground()):
                return False
            built = built or bool(steps)
        except (TooSlowError, ZoneInfoNotFoundError) as error:
            log.warning("Days of a channel cannot be kept ready.", channel=stretch.number, error=str(error))
    return built and len(stretches) == AT_ONCE


async def _build(database: Database, number: int, steps: Iterable[Instants], foreground: Foreground) -> bool:
    """Build days of a channel; say whether nobody else was building."""
    for bounds in steps:
        await foreground.quiet(most_s=GIVES_WAY_S)
        began = perf_counter()
        async with database.transaction(_WORKER) as connection:
            if not await rollups.rebuild(connection, number, bounds.tolist()):
                return False
        await asyncio.sleep(perf_counter() - began)
    return True


async def keep_building(
    database: Database, foreground: Foreground, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> None:
    """Build what waits, again and again."""
    while True:
        if not await build_waiting(database, clock(), foreground):
            await asyncio.sleep(EVERY_S)


@asynccontextmanager
async def keeping_ready(database: Database, foreground: Foreground) -> AsyncIterator[None]:
    """Keep days ready for as long as the block lasts; building gives way to what is answered."""
    complaint = "Days could not be kept ready; readings answer instead, and it is tried again."
    async with beside(rollups=persist(lambda: keep_building(database, foreground), complaint)):
        yield
