"""Keeps days ready for who asks for long periods: builds them when they are over, and anew when readings come late."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

from twinql.background import beside
from twinql.domain.identity import Worker
from twinql.live.service import persist
from twinql.storage import rollups
from twinql.storage.database import Database

EVERY_S: Final = 5.0
AT_ONCE: Final = 100
"""How many stretches of days are asked for at once."""
_WORKER = Worker("rollups")


async def build_waiting(database: Database, now: datetime) -> bool:
    """Build what waits, at most so many stretches, resting as long as it takes; say whether more may wait."""
    async with database.transaction(_WORKER) as connection:
        if not await rollups.merge(connection):
            return False
    async with database.transaction(_WORKER, readonly=True) as connection:
        stretches = await rollups.waiting(connection, now, most=AT_ONCE)
    for stretch in stretches:
        for bounds in stretch.steps(now):
            began = perf_counter()
            async with database.transaction(_WORKER) as connection:
                if not await rollups.rebuild(connection, stretch.number, bounds.tolist()):
                    return False
            await asyncio.sleep(perf_counter() - began)
    return len(stretches) == AT_ONCE


async def keep_building(database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Build what waits, again and again."""
    while True:
        if not await build_waiting(database, clock()):
            await asyncio.sleep(EVERY_S)


@asynccontextmanager
async def keeping_ready(database: Database) -> AsyncIterator[None]:
    """Keep days ready for as long as the block lasts."""
    complaint = "Days could not be kept ready; readings answer instead, and it is tried again."
    async with beside(rollups=persist(lambda: keep_building(database), complaint)):
        yield
