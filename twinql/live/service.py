"""Starts and stops the feed of this process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from twinql.background import Foreground, beside
from twinql.live.feed import Feed
from twinql.live.pruning import keep_pruning
from twinql.live.tail import Tail
from twinql.storage.database import Database

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


@asynccontextmanager
async def open_feed(
    database: Database, url: str, *, retention: timedelta, foreground: Foreground | None = None
) -> AsyncIterator[Feed]:
    """Run the tail for the length of a block; at its end every follower's iteration ends.

    Args:
        database: For what followers read themselves, and for pruning.
        url: Where the tail connects: a direct or session connection.
        retention: How long events are kept for followers that come back.
        foreground: To what the tail gives way for a moment; None to nothing.
    """
    feed = Feed(database)
    tail = Tail(url, feed, foreground=foreground)
    async with beside(
        tail=persist(tail.follow, "The feed's tail was interrupted and will read on."),
        pruning=persist(lambda: keep_pruning(database, retention), "The outbox could not be pruned; trying again."),
    ):
        try:
            yield feed
        finally:
            feed.close()


async def persist(
    work: Callable[[], Awaitable[None]],
    complaint: str,
    *,
    first_pause_s: float = FIRST_PAUSE_S,
    longest_pause_s: float = LONGEST_PAUSE_S,
) -> None:
    """Begin endless work anew whenever it breaks off, after pauses that grow while it keeps failing."""
    clock = asyncio.get_running_loop().time
    pause_s = first_pause_s
    while True:
        began = clock()
        try:
            await work()
        except Exception:  # whatever it was: the outbox holds what is to be told, and nothing above could go on
            log.warning(complaint, exc_info=True)
        if clock() - began > longest_pause_s:
            pause_s = first_pause_s
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, longest_pause_s)
