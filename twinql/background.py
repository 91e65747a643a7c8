"""Work that goes on beside a block and ends with it, and gives way to what somebody waits for."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog

CANCELS_AGAIN_S: Final = 1.0

log = structlog.stdlib.get_logger("twinql.background")


@asynccontextmanager
async def beside(**works: Coroutine[Any, Any, object]) -> AsyncIterator[None]:
    """Do work for as long as a block lasts, and end it with the block; work that breaks off by itself is logged.

    Args:
        works: What is to be done, by its name in the log.
    """
    tasks = [asyncio.create_task(work, name=name) for name, work in works.items()]
    for task in tasks:
        task.add_done_callback(_tell_of_failure)
    try:
        yield
    finally:
        await _end(tasks)


async def _end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all of them have ended.

    Once may not be enough: where cleaning up fails, as on a connection that is just lost, its error takes the place of
    the cancelling, and work that goes on after any error goes on after this one.
    """
    going_on = set(tasks)
    while going_on:
        for task in going_on:
            task.cancel()
        _, going_on = await asyncio.wait(going_on, timeout=CANCELS_AGAIN_S)


def _tell_of_failure(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("A part of the server has stopped; start the server again.", part=task.get_name(), exc_info=error)


class Foreground:
    """What somebody waits for just now: a block under it is begun and has not ended."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._count = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def __enter__(self) -> None:
        """Begin something."""
        self._count += 1
        self._quiet.clear()

    def __exit__(self, *_failure: object) -> None:
        """End it."""
        self._count -= 1
        if not self._count:
            self._quiet.set()

    async def quiet(self, *, most_s: float) -> None:
        """Wait until nothing is under way, or for so long."""
        if self._count:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), most_s)
