"""Work that goes on beside a block, and ends with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

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
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell_of_failure(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("A part of the server has stopped; start the server again.", part=task.get_name(), exc_info=error)
