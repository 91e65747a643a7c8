"""Long answers are made in slices, so that nobody waits for somebody else's."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from time import perf_counter
from typing import Any

SLICE_S = 0.01
"""How long executing may hold the loop in one turn."""


class Pace:
    """Tells all operations of a loop together when they have held it long enough in this turn."""

    def __init__(self) -> None:
        """Start outside of any turn."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._began = 0.0

    def due(self) -> bool:
        """Say whether it is time to let others have a turn."""
        now = perf_counter()
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._began = loop, now
            loop.call_soon(self._turn)  # runs first of all in the next turn
            return False
        return now - self._began > SLICE_S

    def _turn(self) -> None:
        self._loop = None

    async def turn(self) -> None:
        """Let others have a turn when it is time."""
        while self.due():  # noqa: ASYNC110 - it is other work of this loop that is let through
            await asyncio.sleep(0)

    async def through(self, items: Iterable[Any]) -> AsyncGenerator[Any, None]:
        """Give items one by one, and others a turn between them when it is time."""
        for item in items:
            if self.due():
                await self.turn()
            yield item
