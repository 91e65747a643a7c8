"""Watches readings as they arrive and raises alarms: of all servers of a database one works, the others stand by."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import structlog

from twinql.background import Foreground, beside
from twinql.live.service import persist
from twinql.live.shift import Shift
from twinql.storage.locks import Duty, stand_by
from twinql.storage.watching import session

LOOKS_EVERY_S: Final = 2.0
RELOADS_EVERY_S: Final = 5.0
KEEPS_EVERY_S: Final = 10.0
REST: Final = 9.0
"""What takes long is done again only after so many times as long."""
PAUSE_S: Final = 0.05
"""Readings of so long are read at once. [s]"""

log = structlog.stdlib.get_logger("twinql.watcher")


class Watcher:
    """One process's part in watching.

    Attributes:
        shift: Its work, while it is its turn.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        foreground: Foreground | None = None,
    ) -> None:
        """Watch a database.

        Args:
            url: A direct or session connection; the turn belongs to the session.
            clock: Gives the present.
            foreground: To what watching gives way, within limits; None to nothing.
        """
        self.shift: Shift | None = None
        self._url = url
        self._clock = clock
        self._foreground = foreground

    @property
    def lag_s(self) -> float:
        """How old the newest event was when it was read, while there are more; 0 when all is read. [s]."""
        return 0.0 if self.shift is None else self.shift.lag_s

    @property
    def open(self) -> int:
        """How many alarms are open; 0 while another process watches."""
        return 0 if self.shift is None else self.shift.open

    async def run(self) -> None:
        """Watch, or stand by, until cancelled."""
        await persist(self._serve, "Watching was interrupted and will go on.")

    async def _serve(self) -> None:
        hint = asyncio.Event()
        async with session(self._url, hint.set) as connection:
            await stand_by(connection, Duty.WATCHING)
            log.info("This process watches readings now.")
            shift = Shift(connection, self._clock, self._foreground)
            await shift.begin()
            self.shift = shift
            try:
                await self._work(shift, hint)
            finally:
                self.shift = None

    async def _work(self, shift: Shift, hint: asyncio.Event) -> None:
        duties = (
            _Duty(shift.look, LOOKS_EVERY_S),
            _Duty(shift.reload, RELOADS_EVERY_S),
            _Duty(shift.keep, KEEPS_EVERY_S),
        )
        while True:
            hint.clear()
            complete = await shift.read_on()
            for duty in duties:
                await duty.do()
            if complete and not await shift.meet_next():
                with suppress(TimeoutError):
                    await asyncio.wait_for(hint.wait(), min(duty.due_in_s for duty in duties))
                await asyncio.sleep(PAUSE_S)


class _Duty:
    """Something that is done time and again."""

    def __init__(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        self._work, self._every_s = work, every_s
        self._time = asyncio.get_running_loop().time
        self._next_s = self._time()

    @property
    def due_in_s(self) -> float:
        """How long it may wait. [s]."""
        return max(0.0, self._next_s - self._time())

    async def do(self) -> None:
        """Do it if it is due."""
        began_s = self._time()
        if began_s < self._next_s:
            return
        await self._work()
        now_s = self._time()
        self._next_s = now_s + max(self._every_s, REST * (now_s - began_s))


@asynccontextmanager
async def watching(url: str, *, foreground: Foreground | None = None) -> AsyncIterator[Watcher]:
    """Watch for as long as the block lasts."""
    watcher = Watcher(url, foreground=foreground)
    async with beside(watcher=watcher.run()):
        yield watcher
