"""What goes wrong on the side of the server: it is killed, Postgres starts anew, the tail loses its connection."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import asyncpg

from benchmarks.soak.machinery import Postgres, Server
from benchmarks.soak.writers import stopped_within

_CUT_OFF = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'twinql feed'"


class Faults:
    """Faults, one after another.

    Attributes:
        done: How many there were of each kind.
    """

    def __init__(self, postgres: Postgres, server: Server) -> None:
        """Do nothing yet."""
        self._postgres, self._server = postgres, server
        self.done: Counter[str] = Counter()
        self._kinds: Mapping[str, Callable[[], Awaitable[None]]] = {
            "server killed": lambda: self._served_anew(signal.SIGKILL),
            "connection of the tail ended": self._tail_cut,
            "connection of the tail ended again": self._tail_cut,
            "server asked to stop": lambda: self._served_anew(signal.SIGTERM),
            "Postgres restarted": lambda: self._database_anew(signal.SIGINT),
            "server frozen": self._frozen,
            "Postgres crashed": lambda: self._database_anew(signal.SIGQUIT),
        }

    async def happen(self, *, every_s: float, stop: asyncio.Event) -> None:
        """Let each kind happen in turn, beginning anew with the first, until the end."""
        while True:
            for name, fault in self._kinds.items():
                if await stopped_within(stop, random.uniform(0.5, 1.5) * every_s):
                    return
                await fault()
                self.done[name.removesuffix(" again")] += 1

    async def _tail_cut(self) -> None:
        connection = await asyncpg.connect(self._postgres.url, timeout=10)
        await connection.fetchval(_CUT_OFF)
        await connection.close()

    async def _served_anew(self, how: signal.Signals) -> None:
        await self._server.stop(how)
        await self._server.start()

    async def _database_anew(self, how: signal.Signals) -> None:
        await self._postgres.stop(how)
        await self._postgres.start()

    async def _frozen(self) -> None:
        """Stop the server for a moment, as a machine does that is put to sleep."""
        self._server.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(random.uniform(0.5, 3))
        finally:
            self._server.send(signal.SIGCONT)
