"""Plays readings of the past through the ordinary way in, as if they happened now."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from twinql.domain.channels import ChannelFacts
from twinql.domain.identity import Worker
from twinql.domain.readings import Outcome, ReadingBatch, ReadingSource
from twinql.domain.replay import Score
from twinql.storage.database import Database
from twinql.storage.record import AsSent, Recording, record_readings

PLAYER: Final = Worker("replay")
MOST_AT_ONCE: Final = 5000
_LOOKS_UP_EVERY_S: Final = 0.2
_S_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """What is played.

    Attributes:
        organisation_id: Whose channels they are.
        channels: What `batch.channel` points into.
        batch: Readings of the past, in the units of their channels.
        score: Which of them are played, and when.
        as_sent: Gives a row of the batch back in the words of the file.
    """

    organisation_id: UUID
    channels: Sequence[ChannelFacts]
    batch: ReadingBatch
    score: Score
    as_sent: Callable[[int], AsSent]


class Player:
    """Plays one piece once; it can be paused, and goes on where it stood.

    Attributes:
        played: How many readings were played so far.
        outcomes: What became of them.
    """

    def __init__(
        self,
        database: Database,
        piece: Piece,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare to play.

        Args:
            database: Where readings go.
            piece: What is played.
            clock: Gives the present, seconds since 1970 UTC.
            sleep: Waits for so many seconds.
        """
        self.played = 0
        self.outcomes: Counter[Outcome] = Counter()
        self._database, self._piece = database, piece
        self._clock, self._sleep = clock, sleep
        self._start_us = 0
        self._paused_us: int | None = None
        self._going = asyncio.Event()
        self._going.set()

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._paused_us is not None

    def toggle(self) -> None:
        """Pause, or go on: what was to come is then later by the length of the pause."""
        if self._paused_us is None:
            self._paused_us = self._now_us()
            self._going.clear()
        else:
            self._start_us += self._now_us() - self._paused_us
            self._paused_us = None
            self._going.set()

    async def play(self, *, progress: Callable[[], None] = lambda: None) -> None:
        """Play to the end.

        Args:
            progress: Called after every batch.
        """
        after_us = self._piece.score.after_us
        self._start_us = self._now_us()
        while self.played < after_us.size:
            await self._going.wait()
            passed_us = self._now_us() - self._start_us
            due = min(int(np.searchsorted(after_us, passed_us, side="right")), self.played + MOST_AT_ONCE)
            if due > self.played:
                await self._record(due)
                progress()
            else:
                left_s = (int(after_us[self.played]) - passed_us) / _S_US
                await self._sleep(min(left_s, _LOOKS_UP_EVERY_S))

    async def _record(self, due: int) -> None:
        score, piece = self._piece.score, self._piece
        rows = score.rows[self.played : due]
        past = piece.batch.take(rows)
        observed_us = self._start_us + score.after_us[self.played : due]
        how = Recording(
            source=ReadingSource.REPLAY,
            organisation_id=piece.organisation_id,
            now_us=self._now_us(),
            as_sent=lambda row: piece.as_sent(int(rows[row])),
        )
        batch = ReadingBatch(past.channel, observed_us, past.value, past.quality)
        recorded = await record_readings(self._database, PLAYER, piece.channels, batch, how)
        self.played = due
        self.outcomes.update({outcome: count for outcome in Outcome if (count := recorded.count(outcome))})

    def _now_us(self) -> int:
        return round(self._clock() * _S_US)
