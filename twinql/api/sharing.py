"""What several followers are told alike, worked out by the first who comes to it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager

from twinql.api.operation import Answer

Work = Callable[[], Awaitable[Answer | None]]
MOST_KEPT = 4
"""So many moments are kept for those of the same who come to them a little later."""


class Sharing:
    """The followers of one process, by what they have in common."""

    def __init__(self) -> None:
        """Start without followers."""
        self._alike: dict[Hashable, Alike] = {}

    @contextmanager
    def among(self, key: Hashable) -> "Iterator[Alike]":
        """Be one of those who are told alike, for the length of a block."""
        alike = self._alike.setdefault(key, Alike())
        alike.members += 1
        try:
            yield alike
        finally:
            alike.members -= 1
            if not alike.members:
                del self._alike[key]


class Alike:
    """Followers who are told alike."""

    def __init__(self) -> None:
        """Start without followers."""
        self.members = 0
        self._kept: OrderedDict[Hashable, asyncio.Task[Answer | None]] = OrderedDict()

    async def once(self, place: Hashable, work: Work) -> Answer | None:
        """Return what is told at a place; whoever comes first works it out for all.

        Raises:
            Exception: What went wrong as it was worked out.
        """
        if self.members == 1:
            return await work()
        task = self._kept.get(place)
        if task is None:
            task = self._kept[place] = asyncio.ensure_future(_of(work))
            task.add_done_callback(_seen)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        # Whoever leaves must not take it from the others.
        return task.result() if task.done() else await asyncio.shield(task)


async def _of(work: Work) -> Answer | None:
    return await work()


def _seen(task: "asyncio.Task[Answer | None]") -> None:
    """Look at what went wrong, also where everybody who waited for it has left."""
    if not task.cancelled():
        task.exception()
