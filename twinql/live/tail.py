"""Reads the outbox on and on, in commit order, for all the followers of this process."""

import asyncio
from datetime import UTC, datetime

from twinql.background import Foreground
from twinql.domain.cursor import Cursor
from twinql.live.feed import Feed
from twinql.storage.database import Connection
from twinql.storage.outbox import feed_state, listening, read_on

PAGE = 50
POLL_S = 2.0
GIVES_WAY_S = 0.005
"""How long followers wait at most for the answer of whoever made the news. [s]"""


class Tail:
    """One connection of its own: NOTIFY hints that there is something new, the table tells what."""

    def __init__(self, url: str, feed: Feed, *, poll_s: float = POLL_S, foreground: Foreground | None = None) -> None:
        """Read for a feed.

        Args:
            url: A direct or session connection; through a transaction pooler no notification comes.
            feed: Whom to tell.
            poll_s: How often to look without a hint. [s]
            foreground: To what reading gives way for a moment; None to nothing.
        """
        self._url = url
        self._feed = feed
        self._poll_s = poll_s
        self._foreground = foreground or Foreground()
        self._hint = asyncio.Event()

    async def follow(self) -> None:
        """Read on from where the feed is, until the connection is lost."""
        async with listening(self._url, self._hint.set) as connection:
            state = await feed_state(connection)
            self._feed.begin(Cursor(state.epoch, state.newest), pruned=state.pruned, secret=state.cursor_secret)
            while True:
                await self._foreground.quiet(most_s=GIVES_WAY_S)
                self._hint.clear()
                await self._read_all(connection)
                try:
                    async with asyncio.timeout(self._poll_s):
                        await self._hint.wait()
                except TimeoutError:
                    pass  # a notification may have been lost; the table is the truth

    async def _read_all(self, connection: Connection) -> None:
        complete = False
        while not complete:
            assert self._feed.at is not None
            page = await read_on(connection, self._feed.at.position, most=PAGE)
            self._feed.forget(page.pruned)
            needed = self._feed.groups.needs_places
            places = await self._feed.directory.places(connection, page.events) if needed else {}
            for event in page.events:
                self._feed.publish(event, places)
                await asyncio.sleep(0)  # one busy page must not keep everything else waiting
            if page.events:
                self._feed.lag_s = (datetime.now(UTC) - page.events[-1].written_at).total_seconds()
            complete = len(page.events) < PAGE
