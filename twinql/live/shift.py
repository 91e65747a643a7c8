"""The work of the one process that watches: from the outbox through detectors to alarms, exactly once."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.background import Foreground
from twinql.domain.alarms.followed import Followed, Row
from twinql.domain.alarms.pending import Due
from twinql.domain.events import Event, RangeChanged
from twinql.live.learning import due_again, filled_in, later, past_of
from twinql.live.roster import Channel, Roster, made
from twinql.live.telling import holding, kept, tell
from twinql.storage import raising, watching
from twinql.storage.alarms import open_alarms
from twinql.storage.database import Connection
from twinql.storage.outbox import feed_state, read_on

PAGE: Final = 20
MADE_GOOD: Final = 2000
"""So many of the newest readings of a stretch are looked at that was announced without them."""
SLICE_S: Final = 0.002
"""How long watching may hold the loop in one turn. [s]"""
GIVES_WAY_S: Final = 0.05
LATE_S: Final = 5.0
"""How long it then waits for whoever is being answered, and how late it may be itself to do so. [s]"""
AWAY_FROM_S: Final = 60.0
"""Where nobody watched for longer than this, perhaps nobody could record either."""
RETURNING_S: Final = (60.0, 3600.0)
"""Then silence counts after two resolutions, but not before the one and not after the other. [s]"""
RETURNING_RESOLUTIONS: Final = 2.0
BROKEN_FOR_S: Final = 600.0
ARCHIVED: Final = "The channel is no longer in use."

log = structlog.stdlib.get_logger("twinql.watcher")


class Shift:
    """Watches from taking its turn until its connection is lost.

    What was told, and what detectors remember of whom it was told of, is written in one transaction; the memory names
    the place of the outbox up to which it has read. So whoever takes over reads on from the place that was kept, passes
    over what is in the memories, and tells nothing twice.

    Attributes:
        lag_s: How old the newest event was when it was read, while there are more; 0 when all is read. [s]
        open: How many alarms are open.
    """

    def __init__(
        self, connection: Connection, clock: Callable[[], datetime], foreground: Foreground | None = None
    ) -> None:
        """Wait for `begin`.

        Args:
            connection: Its own, as `storage.watching.session` gives it, with the turn taken.
            clock: Gives the present.
            foreground: To what watching gives way, within limits; None to nothing.
        """
        self.lag_s = 0.0
        self.open = 0
        self._connection = connection
        self._clock = clock
        self._foreground = foreground or Foreground()
        self._roster = Roster()
        self._position = 0
        self._epoch = UUID(int=0)
        self._present_s = 0.0
        self._unmet: deque[int] = deque()
        self._unwatched: set[int] = set()
        self._turn_s = perf_counter()

    async def begin(self) -> None:
        """Learn where the one before has come to, or look at everything for the first time."""
        state, known = await feed_state(self._connection), await watching.place(self._connection)
        self._epoch = state.epoch
        goes_on = known is not None and known[1] == state.epoch and state.pruned <= known[0] <= state.newest
        self._position = known[0] if known is not None and goes_on else state.newest
        self._present_s = self._clock().timestamp()
        await self._roster.reload(self._connection)
        saved_at = await self._recall(goes_on=goes_on)
        if saved_at is None or self._present_s - saved_at.timestamp() > AWAY_FROM_S:
            for channel in self._roster:
                self._bear_with(channel)
        self._unmet.extend(self._roster.come())
        await self._let_go()

    async def read_on(self) -> bool:
        """Read a page of the outbox; True where there is no more."""
        page = await read_on(self._connection, self._position, most=PAGE)
        for event in page.events:
            await self._take(event)
        complete = len(page.events) < PAGE
        now = self._clock()
        if page.events:
            self.lag_s = 0.0 if complete else (now - page.events[-1].written_at).total_seconds()
        # What has not been read yet is no silence.
        self._present_s = now.timestamp() if complete else min(now.timestamp(), page.events[-1].written_at.timestamp())
        return complete

    async def look(self) -> None:
        """Look at the clock: who is silent, what has held or been gone for long enough, what lies on a shelf."""
        due: list[tuple[Channel, list[Due]]] = []
        for channel in self._roster:
            if channel.followed is not None:
                silent = self._present_s >= channel.silent_from_s
                with self._guarded(channel):
                    due.append((channel, channel.followed.tick(self._present_s, silent=silent)))
                await self._breathe()
        await self._tell(due)
        async with self._connection.transaction():
            await raising.keep_time(self._connection, self._clock())
        self.open = await watching.count_open(self._connection)

    async def reload(self) -> None:
        """Notice what people changed about channels and rules."""
        for channel in await self._roster.reload(self._connection):
            await self._meet(channel)
        for number in self._roster.come():
            self._bear_with(self._roster.channels[number])
            self._unmet.append(number)
        await self._let_go()

    async def meet_next(self) -> bool:
        """Learn one more channel, at first sight or anew; False where all are known."""
        while self._unmet:
            channel = self._roster.channels.get(self._unmet.popleft())
            if channel is not None and not channel.met:
                await self._meet(channel)
                return True
        channel = due_again(self._roster, self._clock().timestamp())
        if channel is not None:
            channel.followed = None
            await self._meet(channel)
        return channel is not None

    async def keep(self) -> None:
        """Keep all that detectors remember, and the place up to which the outbox was read."""
        changed = []
        for channel in self._roster:
            if channel.unkept:
                with self._guarded(channel):
                    changed.append(kept(channel, self._position))
                    channel.unkept = False
                await self._breathe()
        async with self._connection.transaction():
            await watching.remember(self._connection, changed, now=self._clock())
            if not self._unmet:
                await watching.go_to(self._connection, self._position, self._epoch)

    async def _recall(self, *, goes_on: bool) -> datetime | None:
        """Follow channels from what was remembered of them; return when that was kept last."""
        raised = await holding(self._connection)
        saved_at, gone = None, []
        async for each in watching.memories(self._connection):
            saved_at = each.saved_at if saved_at is None else max(saved_at, each.saved_at)
            channel = self._roster.channels.get(each.channel_number)
            if channel is None:
                gone.append(each.channel_number)
                continue
            channel.followed, channel.position = made(channel, each.memory), each.position
            channel.met = goes_on and channel.followed is not None and not channel.followed.afresh
            if channel.met and channel.followed is not None:
                with self._guarded(channel):
                    channel.followed.settle(raised.get(channel.subject.place.channel_id, ()), now_s=self._present_s)
            await self._breathe()
        await watching.forget(self._connection, gone)
        return saved_at

    def _bear_with(self, channel: Channel) -> None:
        """Let silence of a channel count only after a while, because perhaps it could not record until now."""
        shortest_s, longest_s = RETURNING_S
        wait_s = RETURNING_RESOLUTIONS * (channel.watched.resolution_s or 0.0)
        channel.silent_from_s = self._present_s + min(max(shortest_s, wait_s), longest_s)

    async def _take(self, event: Event) -> None:
        now_s = self._clock().timestamp()
        due: list[tuple[Channel, list[Due]]] = []
        if event.changed is not None:
            due += await self._make_good(event.changed, event.position, now_s)
        for reading in event.readings:
            channel = await self._found(reading.channel_number, now_s)
            if channel is None or channel.followed is None or event.position <= channel.position:
                continue
            row = Row(reading.observed_at.timestamp(), reading.value, reading.quality, reading.recorded_at.timestamp())
            with self._guarded(channel):
                told = channel.followed.take(row, now_s=now_s)
                channel.unkept = True
                if told:
                    due.append((channel, told))
            await self._breathe()
        self._position = event.position
        await self._tell(due)

    async def _make_good(self, changed: RangeChanged, position: int, now_s: float) -> list[tuple[Channel, list[Due]]]:
        """Look at a stretch that was announced without its readings, as far as it is newer than what was seen."""
        channel = await self._found(changed.channel_number, now_s)
        if channel is None or channel.followed is None or position <= channel.position:
            return []
        after = later(channel, changed.first_at)
        filled_in(channel, changed, now_s)
        due: list[Due] = []
        if changed.last_at > after:
            rows = await watching.newest(
                self._connection, channel.subject.number, after=after, until=changed.last_at, most=MADE_GOOD
            )
            with self._guarded(channel):
                for row in rows:
                    due += channel.followed.take(row, now_s=now_s)
                    await self._breathe()
                channel.unkept = True
        return [(channel, due)]

    async def _found(self, number: int, now_s: float) -> Channel | None:
        """Return the channel of a reading, known up to now; None where nobody watches it."""
        channel = self._roster.channels.get(number)
        if channel is None and number not in self._unwatched:
            await self.reload()
            channel = self._roster.channels.get(number)
            if channel is None:
                self._unwatched.add(number)
        if channel is None or now_s < channel.broken_until_s:
            return None
        if not channel.met:
            await self._meet(channel)
        return channel

    async def _meet(self, channel: Channel) -> None:
        """Learn a channel from its stored readings without telling of what they show, but for what holds now."""
        now_s = self._clock().timestamp()
        with self._guarded(channel):
            if channel.followed is None:
                channel.followed = Followed(channel.watched, channel.policies)
            position, rows = await past_of(self._connection, channel, now_s)
            raised = await holding(self._connection, channel.subject.place.channel_id)
            channel.met, channel.unkept, channel.position = True, bool(rows) or channel.unkept, position
            for row in rows:
                channel.followed.learn(row, now_s=now_s)
                await self._breathe(rest=True)
            channel.followed.settle(raised.get(channel.subject.place.channel_id, ()), now_s=now_s)
            due = channel.followed.tick(now_s, silent=False)
            await self._tell([(channel, due)])

    async def _let_go(self) -> None:
        """Close what is open of channels that are no longer in use, and forget them."""
        await watching.forget(self._connection, self._roster.gone())
        in_use = self._roster.ids
        for alarm in await open_alarms(self._connection):
            if alarm.channel_id not in in_use:
                async with self._connection.transaction():
                    await raising.close(
                        self._connection, alarm.channel_id, alarm.cause, now=self._clock(), comment=ARCHIVED
                    )

    async def _tell(self, due: Sequence[tuple[Channel, list[Due]]]) -> None:
        """Raise alarms and let them return, and keep what is remembered of their channels, all or nothing."""
        told = [(channel, some) for channel, some in due if some]
        if not told:
            return
        now = self._clock()
        async with self._connection.transaction():
            for channel, some in told:
                for each in some:
                    await tell(self._connection, channel, each, now=now)
            once = {channel.subject.number: channel for channel, _ in told}
            memories = [kept(channel, self._position) for channel in once.values()]
            await watching.remember(self._connection, memories, now=now)

    @contextmanager
    def _guarded(self, channel: Channel) -> Iterator[None]:
        """Leave a channel alone for a while where a detector fails on it: the others must go on."""
        try:
            yield
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            raise
        except Exception:  # whatever it was
            log.exception("A channel cannot be watched.", channel=str(channel.subject.place.channel_id))
            channel.followed, channel.met, channel.unkept = None, False, False
            channel.broken_until_s = self._clock().timestamp() + BROKEN_FOR_S

    async def _breathe(self, *, rest: bool = False) -> None:
        """Let others have a turn when it is time; where it is not urgent, as long a one."""
        elapsed_s = perf_counter() - self._turn_s
        if elapsed_s > SLICE_S:
            await asyncio.sleep(SLICE_S if rest else 0)
            if self.lag_s < LATE_S:
                await self._foreground.quiet(most_s=GIVES_WAY_S)
            self._turn_s = perf_counter()
