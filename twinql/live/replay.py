"""Reads for one follower what happened before it came, from the outbox itself."""

from collections.abc import Iterator, Mapping

from twinql.domain.cursor import Cursor
from twinql.domain.events import ChannelPlace, Event, FeedGapReason, Following, Gap
from twinql.domain.identity import Worker
from twinql.live.directory import Directory
from twinql.live.parts import Part, Waiting
from twinql.storage.database import Database
from twinql.storage.outbox import Page, feed_state, read_back

PAGE = 10
"""So many events are read at once: each may hold a thousand readings, which keep others waiting as they are read."""
_WORKER = Worker("feed")


class Replay:
    """The past of one follower, from a cursor up to where its live events begin."""

    def __init__(self, database: Database, directory: Directory, following: Following, after: Cursor) -> None:
        """Go on from a cursor."""
        self._database = database
        self._directory = directory
        self._following = following
        self._resumed = after
        self._newest: int | None = None
        self.at = after
        self.past = Waiting()
        """What was read and not taken yet."""

    async def read(self, until: int) -> tuple[list[Part | Gap], bool]:
        """Return what comes next, and whether that is all up to a position.

        Raises:
            UnavailableError: The database is away.
        """
        async with self._database.transaction(_WORKER, readonly=True) as connection:
            if self._newest is None:
                self._newest = (await feed_state(connection)).newest
            page = await read_back(connection, self.at.complete, until=until, following=self._following, most=PAGE)
            by_place = self._following.by_place
            places = await self._directory.places(connection, page.events) if by_place else {}
        if page.epoch != self.at.epoch or self._resumed.position > self._newest:
            return [self._reset(page, until)], False
        items = [*self._missed(page)]
        for event in page.events:
            if event.position > self.at.complete:
                items += self._of(event, places)
                self.at = Cursor(page.epoch, event.position)
        return items, len(page.events) < PAGE

    def _reset(self, page: Page, until: int) -> Gap:
        """Tell of a cursor of another life, or of a future that a restored database does not know."""
        former, self.at = self.at, Cursor(page.epoch, until)
        self._resumed = self.at
        return Gap(former, self.at, FeedGapReason.FEED_RESET)

    def _missed(self, page: Page) -> Iterator[Part | Gap]:
        if page.pruned > self.at.complete:
            former, self.at = self.at, Cursor(page.epoch, page.pruned)
            yield Gap(former, self.at, FeedGapReason.RETENTION_EXCEEDED)

    def _of(self, event: Event, places: Mapping[int, ChannelPlace]) -> Iterator[Part | Gap]:
        if not event.readable:
            yield Gap(self.at, Cursor(self.at.epoch, event.position), FeedGapReason.UNREADABLE)
        elif (part := Part.concerning(self._following, event, places)) and (rest := part.since(self._resumed)):
            yield rest
