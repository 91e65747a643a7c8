"""Does what takes a core for long in a process of its own, so that the event loop goes on serving."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final, TypeVar

import structlog

from twinql.errors import UnavailableError
from twinql.live.turns import Turns

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LONGEST_JOB_S: Final = 30.0
"""After so long a job is broken off, with the worker that does it: it was meant to take a second."""
_NICENESS: Final = 5
"""How much the worker yields to the server itself where both want the same core."""
_SPAWN: Final = get_context("spawn")  # a fork would take the event loop's threads, sockets and locks along

log = structlog.stdlib.get_logger("twinql.workshop")


@dataclass(slots=True, eq=False)
class _Job:
    function: Callable[..., Any]
    arguments: tuple[object, ...]
    done: "asyncio.Future[Any]"


@dataclass(slots=True)
class _Room:
    """The one worker process, started with the first job, and all who wait for it."""

    turns: Turns[_Job] = field(default_factory=Turns)
    under_way: "dict[Hashable, asyncio.Future[Any]]" = field(default_factory=dict)
    closed: bool = False
    _pool: ProcessPoolExecutor | None = None
    _lifeline: Connection | None = None
    _serving: "asyncio.Task[None] | None" = None

    def serve(self) -> None:
        """See to it that jobs are done, one after the other, as long as any wait."""
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="workshop")

    async def _serve(self) -> None:
        # The worker is handed one job at a time: where it dies, none but that one was begun.
        while (job := self.turns.next(now_s=asyncio.get_running_loop().time())) is not None:
            if job.done.done():
                continue  # whoever asked has just given up
            try:
                found = await self._worked(job)
            except Exception as error:  # noqa: BLE001 - it is handed to who waits for it
                if not job.done.done():
                    job.done.set_exception(error)
            else:
                if not job.done.done():
                    job.done.set_result(found)

    async def _worked(self, job: _Job) -> object:
        try:
            return await self._once(job)
        except BrokenProcessPool:
            log.warning("The worker died; what it was doing is tried once more.", function=job.function.__name__)
        try:
            return await self._once(job)
        except BrokenProcessPool as error:
            raise UnavailableError("The calculation broke off; ask again, or ask for less at once.") from error

    async def _once(self, job: _Job) -> object:
        pool = self._pool or self._open()
        try:
            async with asyncio.timeout(LONGEST_JOB_S):
                return await asyncio.get_running_loop().run_in_executor(pool, job.function, *job.arguments)
        except TimeoutError as error:
            log.warning("A calculation took too long, and was broken off.", function=job.function.__name__)
            self.let_go()
            raise UnavailableError("The calculation takes too long; ask for less at once.") from error
        except BrokenProcessPool:
            self.let_go()
            raise

    def _open(self) -> ProcessPoolExecutor:
        if self.closed:
            raise UnavailableError("This server is ending; ask again in a moment.")
        theirs, self._lifeline = _SPAWN.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(1, mp_context=_SPAWN, initializer=_settle_in, initargs=(theirs,))
        return self._pool

    def let_go(self) -> None:
        """End the worker; the next job starts another one."""
        pool, self._pool = self._pool, None
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            lifeline.close()
        if pool is not None:
            pool.shutdown(wait=False)


@dataclass(frozen=True, slots=True)
class Workshop:
    """One worker process that does one job after the other, as one of those sees it who share it.

    A job should take no more than about a second: cut longer work into several, so that others have their turn. Those
    who wait take turns; the server's own work, which is nobody's, comes last.
    """

    _room: _Room = field(default_factory=_Room)
    _whose: Hashable | None = None

    def of(self, whose: Hashable) -> "Workshop":
        """Return the same workshop for the jobs of one organisation, or of one service that has turns of its own."""
        return replace(self, _whose=whose)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Return what a function gives that is worked out by the worker.

        Args:
            function: A function of the top level of a module that does not open anything: it is named to the worker,
                which imports it. Put it in the domain.
            arguments: What it is given, picklable.

        Raises:
            UnavailableError: Too many wait, the worker died of this twice, or it took longer than `LONGEST_JOB_S`.
        """
        loop = asyncio.get_running_loop()
        job = _Job(function, arguments, loop.create_future())
        self._room.turns.take(self._whose, job, now_s=loop.time())
        self._room.serve()
        try:
            found: T = await job.done
        finally:
            self._room.turns.drop(self._whose, job)  # nobody waits for it any more
        return found

    async def together(self, keys: Sequence[K], make: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]) -> dict[K, V]:
        """Return what is made for each key; what is being made for somebody else already is waited for.

        Args:
            keys: What is wanted, each under a name that means the same to all who ask.
            make: Makes what nobody is making yet. It goes on when whoever asked gives up: others may wait for it.
        """
        mine = [key for key in dict.fromkeys(keys) if key not in self._room.under_way]
        if mine:
            task = asyncio.ensure_future(make(mine))
            self._room.under_way |= dict.fromkeys(mine, task)
            task.add_done_callback(lambda done: self._made(mine, done))
        tasks = {key: self._room.under_way[key] for key in keys}
        return {key: (await asyncio.shield(task))[key] for key, task in tasks.items()}

    def _made(self, keys: Sequence[Hashable], task: "asyncio.Future[Any]") -> None:
        for key in keys:
            del self._room.under_way[key]
        if not task.cancelled():
            task.exception()  # whoever still waits is told; that nobody does is no news

    def close(self) -> None:
        """End the worker at once, whatever it does, and start no other one."""
        self._room.closed = True
        self._room.let_go()


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
