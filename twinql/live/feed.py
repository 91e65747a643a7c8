"""Fans the events of the database out to the followers of this process."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from secrets import token_bytes

from twinql.domain.cursor import SALT_BYTES, Cursor
from twinql.domain.events import ChannelPlace, Event, EventKind, FeedGapReason, Following
from twinql.errors import UnavailableError
from twinql.live.access import AccessChanges
from twinql.live.directory import Directory
from twinql.live.follower import QUEUE_BYTES, Follower
from twinql.live.groups import Groups
from twinql.live.parts import Part
from twinql.live.replay import Replay
from twinql.storage.database import Database

PATIENCE_S = 10.0


class Feed:
    """Where the followers of this process meet what the tail reads."""

    def __init__(self, database: Database, *, queue_bytes: int = QUEUE_BYTES) -> None:
        """Wait for the tail to begin.

        Args:
            database: Where followers that come back read what happened meanwhile.
            queue_bytes: How much may wait for one follower.
        """
        self._database = database
        self._queue_bytes = queue_bytes
        self._at: Cursor | None = None
        self._secret = b""
        self._closed = False
        self.begun = asyncio.Event()
        """Set once the tail has begun."""
        self.lag_s = 0.0
        """From the begin of the newest event's transaction until the tail had read it. [s]"""
        self.groups = Groups()
        self.directory = Directory()
        self.access = AccessChanges()
        self._hints: defaultdict[EventKind, list[Callable[[], None]]] = defaultdict(list)

    @property
    def at(self) -> Cursor | None:
        """The newest place that was fanned out; None until the tail has begun."""
        return self._at

    @property
    def followers(self) -> int:
        """How many follow now."""
        return sum(1 for _ in self.groups)

    @property
    def queued(self) -> int:
        """How many bytes wait for followers; what several wait for counts for each of them."""
        return sum(each.waiting for each in self.groups)

    async def now(self) -> Cursor:
        """Return the newest place that was fanned out, as soon as there is one.

        Raises:
            UnavailableError: The tail does not reach the database.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.begun.wait()
        except TimeoutError:
            raise UnavailableError("The live feed has not begun yet; follow again in a moment.") from None
        assert self._at is not None
        return self._at

    async def read_cursor(self, text: str) -> Cursor:
        """Read the text that a client kept, as soon as the tail has begun.

        Raises:
            InvalidInputError: No server of this database wrote it.
            UnavailableError: The tail does not reach the database.
        """
        await self.now()
        return Cursor.decode(text, self._secret)

    def write_cursor(self, cursor: Cursor) -> str:
        """Return the text that clients see; the tail has begun."""
        return cursor.encode(self._secret, salt=token_bytes(SALT_BYTES))

    @contextmanager
    def follow(
        self, following: Following, *, after: Cursor | None = None, most: int = 200, apart: bool = False
    ) -> Iterator[Follower]:
        """Follow, for the length of a block; iterate over the follower for its batches.

        Args:
            following: What to follow. Whoever calls has asked whether its follower may see it.
            after: Where to go on from; None starts now.
            most: The most readings in one batch.
            apart: Whether a batch speaks of one kind alone, so that readings, alarms and commands keep their order.

        Raises:
            UnavailableError: The server is shutting down.
        """
        if self._closed:
            raise UnavailableError("The server is shutting down; follow again in a moment.")
        replay = Replay(self._database, self.directory, following, after) if after else None
        follower = Follower(most=most, replay=replay, queue_bytes=self._queue_bytes, apart=apart)
        if self._at:
            follower.start(self._at)
        self.groups.join(following, follower)
        try:
            yield follower
        finally:
            self.groups.leave(following, follower)

    def rest(self, following: Following, follower: Follower) -> None:
        """Offer nothing to a follower who has taken everything, for as long as somebody else takes it for them."""
        self.groups.rest(following, follower)

    def wake(self, following: Following, follower: Follower, after: Cursor | None = None) -> None:
        """Offer everything to a follower again.

        Args:
            following: What they follow.
            follower: Who has rested.
            after: Where they go on from; None where nothing has happened that they were not told.
        """
        assert self._at is not None
        replay = Replay(self._database, self.directory, following, after) if after else None
        follower.go_on(self._at, replay)
        self.groups.wake(following, follower)

    def hint(self, kind: EventKind, act: Callable[[], None]) -> None:
        """Have something called whenever an event of a kind was read, whoever's it is; it must not wait or fail."""
        self._hints[kind].append(act)

    def begin(self, at: Cursor, *, pruned: int, secret: bytes) -> None:
        """Learn where the outbox stands, each time that the tail connects.

        Args:
            at: The newest place there is. The first time, followers start there; later, the tail reads on from where it
                was, unless the database has become another one.
            pruned: Events up to this position are no longer kept.
            secret: What this database seals its cursors with.
        """
        self._secret = secret
        if self._at is None:
            self._at = at
            self.begun.set()
            for follower in self.groups:
                follower.start(at)
        elif self._at.epoch != at.epoch or self._at.position > at.position:
            self._skip(at, FeedGapReason.FEED_RESET)
        else:
            self.forget(pruned)

    def forget(self, pruned: int) -> None:
        """Learn up to where events are no longer kept, and tell everybody if that is further than the tail has read."""
        assert self._at is not None
        if pruned > self._at.position:
            self._skip(Cursor(self._at.epoch, pruned), FeedGapReason.RETENTION_EXCEEDED)

    def publish(self, event: Event, places: Mapping[int, ChannelPlace]) -> None:
        """Offer an event to everybody whom it concerns; called in commit order, and never waits for a follower."""
        assert self._at is not None
        self._at = Cursor(self._at.epoch, event.position)
        if event.kind is EventKind.ACCESS:
            self.access.changed(event.organisation_number)
        for act in self._hints.get(event.kind, ()):
            act()
        for group, rows in self.groups.concerned(event, places).items():
            part = Part.of(event, rows)
            for follower in group.followers:
                if event.readable:
                    follower.offer(part)
                else:
                    follower.miss(self._at, FeedGapReason.UNREADABLE)

    def close(self) -> None:
        """End every follower's iteration, and let nobody in."""
        self._closed = True
        for follower in self.groups:
            follower.close()

    def _skip(self, to: Cursor, reason: FeedGapReason) -> None:
        self._at = to
        self.access.unknown()
        for follower in self.groups.awake:
            follower.miss(to, reason)
