"""Runs what takes long beside the event loop, one after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

T = TypeVar("T")

# Threads that work with many small arrays at once take the interpreter from each other: two need four times as long.
_ALONE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")


async def aside(work: Callable[..., T], *arguments: object) -> T:
    """Return what a function of arrays gives, worked out while others have the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_ALONE, partial(work, *arguments))
