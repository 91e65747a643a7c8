"""The end of a server: those who follow are sent away a few at a time, since they all come back somewhere."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPING = "stopping"
"""Where the state that every request is handed holds it."""
PER_SECOND = 100.0
"""So many followers are sent away in a second, if the time allows: each asks for what it missed when it comes back."""


class Stopping(asyncio.Event):
    """Set when the server begins to stop."""

    def __init__(self) -> None:
        """Go on for now."""
        super().__init__()
        self._leaving: dict[Callable[[], None], None] = {}

    @property
    def left(self) -> int:
        """How many have not yet been sent away."""
        return len(self._leaving)

    @contextmanager
    def sent_away(self, leave: Callable[[], None]) -> Iterator[None]:
        """Have `leave` called, for the length of a block, when it is time to leave."""
        self._leaving[leave] = None
        try:
            yield
        finally:
            self._leaving.pop(leave, None)

    async def send_away(self, within_s: float) -> None:
        """Send everybody away, the longest followers first.

        Args:
            within_s: How long that may take; where it takes less, it takes less. [s]
        """
        self.set()
        pause_s = min(1 / PER_SECOND, within_s / max(1, self.left))
        while self._leaving:
            leave = next(iter(self._leaving))
            del self._leaving[leave]
            leave()
            await asyncio.sleep(pause_s)
