"""Whoever wants a connection of a bounded pool lines up: so many may wait, so long, and nobody is left half-way."""

import asyncio
from collections import Counter, deque
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

from twinql.errors import OverloadedError

FULL, LATE = "FULL", "LATE"
RETRY_S = (1.0, 2.0, 3.0, 4.0, 5.0)
"""When those who are turned away may come back, in turn: not all at once again. [s]"""

Line = deque["asyncio.Future[None]"]


@dataclass(slots=True)
class Turn:
    """How one operation stands with the queue.

    Attributes:
        begun: Whether it has had a connection: from then on it is never turned away.
        retry_s: When it may come back, where it was turned away: nothing of it is begun any more. [s]
        first: Held by the first of its parts that waits, for all of them.
    """

    begun: bool = False
    retry_s: float | None = None
    first: asyncio.Lock = field(default_factory=asyncio.Lock)


_TURN: ContextVar[Turn | None] = ContextVar("turn", default=None)


def one_operation() -> "OneOperation":
    """Take what is done in this block, and in the tasks that it starts, for one operation.

    It is turned away as a whole, before its first statement, or not at all.

    Raises:
        OverloadedError: At the end, where it was turned away, whatever its parts made of that.
    """
    return OneOperation()


class OneOperation:
    """The block of one operation."""

    __slots__ = ("_token", "_turn")

    def __enter__(self) -> None:
        """Begin, without a connection."""
        self._turn = Turn()
        self._token = _TURN.set(self._turn)

    def __exit__(self, failure: type[BaseException] | None, *_told: object) -> None:
        """End, and say where it was turned away."""
        _TURN.reset(self._token)
        if failure is None and self._turn.retry_s is not None:
            raise OverloadedError(retry_after_s=self._turn.retry_s)


class Queue:
    """A block under it has one of the places; those of operations that have begun come before new ones."""

    def __init__(self, places: int, *, size: int, wait_s: float) -> None:
        """Begin with every place free.

        Args:
            places: How many blocks may run at once.
            size: How many operations may wait that have not begun.
            wait_s: How long each of those may wait. [s]
        """
        self._free = places
        self._size = size
        self._wait_s = wait_s
        self._begun: Line = deque()
        self._new: Line = deque()
        self.turned_away: Counter[str] = Counter({FULL: 0, LATE: 0})
        """How many operations were turned away: FULL, too many waited; LATE, they waited too long."""

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._begun) + len(self._new)

    def check_room(self) -> None:
        """Refuse a new operation where it would find the line full, before any work is done on it.

        Raises:
            OverloadedError: It would.
        """
        if not self._free and len(self._new) >= self._size:
            raise self._turned_away(Turn(), FULL)

    async def __aenter__(self) -> None:
        """Wait for a place.

        Raises:
            OverloadedError: Too many wait already, or this took too long; nothing of the operation was begun.
        """
        turn = _TURN.get() or Turn()
        # Where a place is free nobody waits, and where no other part of the operation does, this is the whole of it.
        if turn.retry_s is None and not turn.first.locked() and self._take():
            turn.begun = True
            return
        if not turn.begun:
            async with turn.first:
                if not turn.begun:
                    await self._begin(turn)
                    return
        if not self._take():
            await self._wait(self._begun, None)

    async def __aexit__(self, *_failure: object) -> None:
        """Give the place to whoever is next."""
        for line in (self._begun, self._new):
            while line:
                place = line.popleft()
                if not place.done():
                    place.set_result(None)
                    return
        self._free += 1

    async def _begin(self, turn: Turn) -> None:
        if turn.retry_s is not None:
            raise OverloadedError(retry_after_s=turn.retry_s)
        if not self._take():
            if len(self._new) >= self._size:
                raise self._turned_away(turn, FULL)
            try:
                await self._wait(self._new, self._wait_s)
            except TimeoutError:
                raise self._turned_away(turn, LATE) from None
        turn.begun = True

    def _turned_away(self, turn: Turn, why: str) -> OverloadedError:
        turn.retry_s = RETRY_S[self.turned_away.total() % len(RETRY_S)]
        self.turned_away[why] += 1
        return OverloadedError(retry_after_s=turn.retry_s)

    def _take(self) -> bool:
        """Take a free place; where one is free, nobody waits."""
        taken = self._free > 0
        self._free -= taken
        return taken

    async def _wait(self, line: Line, wait_s: float | None) -> None:
        place = asyncio.get_running_loop().create_future()
        line.append(place)
        try:
            await asyncio.sleep(0)  # the turn of the loop in which a crowd arrives may be long, and does not count
            async with asyncio.timeout(wait_s):
                await place
        except (asyncio.CancelledError, TimeoutError):
            if place.done() and not place.cancelled():  # it was given in the same moment
                await self.__aexit__()
            place.cancel()
            with suppress(ValueError):  # passed over already
                line.remove(place)
            raise
