"""One follower: first the past it asked for, then what the tail offers."""

from dataclasses import replace
from typing import Self
from uuid import UUID

from twinql.domain.cursor import Cursor
from twinql.domain.events import FeedGapReason, Gap
from twinql.flag import Flag
from twinql.live.parts import Batch, Part, Waiting
from twinql.live.replay import Replay

QUEUE_BYTES = 2 * 2**20
"""So much may wait for one follower, some 20,000 readings; then it is let go, and they are told of the gap."""


class Follower:
    """Hands out batches, one after another, to one reader."""

    def __init__(self, *, most: int, replay: Replay | None, queue_bytes: int, apart: bool = False) -> None:
        """Wait for the feed to say where the live events begin."""
        self._most = most
        self._apart = apart
        self._replay = replay
        self._queue_bytes = queue_bytes
        self._live = Waiting()
        self._resumed = replay is not None
        self._cursor: Cursor | None = None
        self._live_from: Cursor | None = None
        self._woken = Flag()
        self._closed = False

    def start(self, at: Cursor) -> None:
        """Learn after which place everything will be offered."""
        self._live_from = at
        self._cursor = self._replay.at if self._replay else at
        self._woken.set()

    def go_on(self, at: Cursor, replay: Replay | None) -> None:
        """Go on after a rest: with what is replayed, and with what is offered after a place."""
        self._live.clear()
        self._replay = replay
        self._live_from = at
        self._cursor = replay.at if replay else at
        self._woken.set()

    def offer(self, part: Part) -> None:
        """Take what happened just now; called in commit order, and never waits."""
        assert self._live_from is not None
        assert self._cursor is not None
        epoch = self._live_from.epoch
        if self._live.weight + part.weight > self._queue_bytes:
            self.miss(Cursor(epoch, part.position), FeedGapReason.SLOW_FOLLOWER)
        elif self._replay is not None or self._cursor.epoch != epoch:
            self._live.add(part)
        elif (rest := part.since(self._cursor)) is not None:
            # Not always all of it: another process, whose tail was ahead of this one's, may have handed out the cursor.
            self._live.add(rest)
        self._woken.set()

    def miss(self, until: Cursor, reason: FeedGapReason) -> None:
        """Learn that what happened up to a place was not offered, or is let go."""
        assert self._cursor is not None
        self._live.clear()
        self._live_from = until
        if self._replay is None:
            self._live.add(Gap(self._cursor, until, reason))
        # Otherwise nothing is lost: the past is read up to there.
        self._woken.set()

    def close(self) -> None:
        """End what the reader waits for."""
        self._closed = True
        self._woken.set()

    @property
    def idle(self) -> bool:
        """Whether all that was offered was taken, and nothing of the past is left."""
        return self._live_from is not None and not (self._live or self._replay or self._resumed)

    @property
    def untold(self) -> Cursor | None:
        """The place right before what waits to be taken; None where nothing does."""
        return self._live_from and self._live.before(self._live_from.epoch)

    @property
    def waiting(self) -> int:
        """How many bytes wait to be taken."""
        return self._live.weight

    def __aiter__(self) -> Self:
        """Iterate over the batches."""
        return self

    async def __anext__(self) -> Batch:
        """Return the next batch as soon as there is one.

        Raises:
            UnavailableError: The past cannot be read, because the database is away.
        """
        while not self._closed:
            self._woken.clear()
            if self._live_from is not None:
                if batch := self._next(self._live_from.epoch):
                    self._cursor = batch.cursor
                    return batch
                if self._replay is not None:
                    await self._read_back(self._replay, self._live_from)
                    continue
            await self._woken.wait()
        raise StopAsyncIteration

    def _next(self, epoch: UUID) -> Batch | None:
        if self._replay is not None:
            batch = self._replay.past.take(self._replay.at.epoch, self._most, apart=self._apart)
            return replace(batch, caught_up=not self._resumed, past=True) if batch else None
        batch = self._live.take(epoch, self._most, apart=self._apart)
        if self._resumed and self._cursor is not None:
            # Whoever asked for the past is told that it is over, even while nothing happens.
            self._resumed = False
            return batch or Batch(self._cursor)
        return batch

    async def _read_back(self, replay: Replay, until: Cursor) -> None:
        items, complete = await replay.read(until.position)
        for item in items:
            replay.past.add(item)
        if complete and not items and until == self._live_from:
            self._replay = None
            self._cursor = until if until.position > replay.at.complete else replay.at
            self._live.drop_until(self._cursor)
