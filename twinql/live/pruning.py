"""Deletes what the outbox has kept long enough."""

import asyncio
from datetime import UTC, datetime, timedelta

from twinql.domain.identity import Worker
from twinql.storage.database import Database
from twinql.storage.outbox import prune

STEP = 2_000
EVERY_S = 60.0
_BREATH_S = 0.05
_WORKER = Worker("feed")


async def prune_outbox(database: Database, retention: timedelta) -> int:
    """Delete the events older than a duration, in steps that hold no lock for long; return how many."""
    pruned = 0
    while True:
        async with database.transaction(_WORKER) as connection:
            step = await prune(connection, before=datetime.now(UTC) - retention, most=STEP)
        pruned += step
        if step < STEP:
            return pruned
        await asyncio.sleep(_BREATH_S)


async def keep_pruning(database: Database, retention: timedelta, *, every_s: float = EVERY_S) -> None:
    """Delete what is old, again and again."""
    while True:
        await prune_outbox(database, retention)
        await asyncio.sleep(every_s)
