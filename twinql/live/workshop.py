"""Does what takes a core for long in a process of its own, so that the event loop goes on serving."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

import structlog

from twinql.errors import UnavailableError

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_WAITING: Final = 200
"""How many jobs may wait for the one worker: more would be answered after everybody has given up."""
_NICENESS: Final = 5
"""How much the worker yields to the server itself where both want the same core."""
_SPAWN: Final = get_context("spawn")  # a fork would take the event loop's threads, sockets and locks along

log = structlog.stdlib.get_logger("twinql.workshop")


@dataclass(slots=True)
class Workshop:
    """One worker process, started with the first job, that does one job after the other.

    A job should take no more than about a second: cut longer work into several, so that others have their turn.
    """

    _pool: ProcessPoolExecutor | None = None
    _lifeline: Connection | None = None
    _under_way: "dict[Hashable, asyncio.Future[Any]]" = field(default_factory=dict)
    _waiting: int = 0
    _closed: bool = False

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Return what a function gives that is worked out by the worker.

        Args:
            function: A function of the top level of a module that does not open anything: it is named to the worker,
                which imports it. Put it in the domain.
            arguments: What it is given, picklable.

        Raises:
            UnavailableError: Too many wait, or the worker died of this twice.
        """
        if self._waiting >= MOST_WAITING:
            raise UnavailableError("Too many calculations wait already; ask again in a moment.")
        self._waiting += 1
        try:
            return await self._worked(function, arguments)
        finally:
            self._waiting -= 1

    async def _worked(self, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        try:
            return await self._once(function, arguments)
        except BrokenProcessPool:
            log.warning("The worker died; what it was doing is tried once more.", function=function.__name__)
        try:
            return await self._once(function, arguments)
        except BrokenProcessPool as error:
            raise UnavailableError("The calculation broke off; ask again, or ask for less at once.") from error

    async def _once(self, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        pool = self._pool or self._open()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)
        except BrokenProcessPool:
            if self._pool is pool:  # else whoever waited for the same worker has begun anew already
                self._let_go()
            raise

    async def together(self, keys: Sequence[K], make: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> dict[K, V]:
        """Return what is made for each key; what is being made for somebody else already is waited for.

        Args:
            keys: What is wanted, each under a name that means the same to all who ask.
            make: Makes what nobody is making yet. It goes on when whoever asked gives up: others may wait for it.
        """
        mine = [key for key in dict.fromkeys(keys) if key not in self._under_way]
        if mine:
            task = asyncio.ensure_future(make(mine))
            self._under_way |= dict.fromkeys(mine, task)
            task.add_done_callback(lambda done: self._made(mine, done))
        tasks = {key: self._under_way[key] for key in keys}
        return {key: (await asyncio.shield(task))[key] for key, task in tasks.items()}

    def _made(self, keys: Sequence[Hashable], task: "asyncio.Future[Any]") -> None:
        for key in keys:
            del self._under_way[key]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; that nobody does is no news

    def _open(self) -> ProcessPoolExecutor:
        if self._closed:
            raise UnavailableError("This server is ending; ask again in a moment.")
        theirs, self._lifeline = _SPAWN.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(1, mp_context=_SPAWN, initializer=_settle_in, initargs=(theirs,))
        return self._pool

    def _let_go(self) -> None:
        pool, self._pool = self._pool, None
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            lifeline.close()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the worker at once, whatever it does, and start no other one."""
        self._closed = True
        self._let_go()


@asynccontextmanager
async def open_workshop() -> AsyncIterator[Workshop]:
    """Give a workshop for the length of a block; its worker ends with it."""
    workshop = Workshop()
    try:
        yield workshop
    finally:
        workshop.close()


def _settle_in(lifeline: Connection) -> None:
    """Make the worker end with its server, however that ends: then nobody holds the other end of the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the server, which ends its worker
    os.nice(_NICENESS)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    lifeline.poll(None)
    os._exit(0)
