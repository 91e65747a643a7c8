"""What several followers are told alike, worked out by the first who comes to it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from subscriptions.told import Told
from twinql.api.event_text import EventText
from twinql.api.operation import Answer
from twinql.domain.cursor import Cursor
from twinql.live import Batch, Follower

MOST_KEPT = 4
KEPT_S = 0.25
"""So many moments are kept, and so long, for those of the same who come to them a little later: what is told is told as
it stands, and something else may be true then. [s]"""


@dataclass(frozen=True, slots=True)
class Worked:
    """What was worked out.

    Attributes:
        answer: What is told; None where nothing is shown.
        common: Whether others are told the same: whoever worked it out could see all the time what they can.
    """

    answer: Answer | None
    common: bool


Work = Callable[[], Awaitable[Worked]]


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


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """One of those who are told alike.

    Attributes:
        told: What they are told.
        follower: Where it comes from.
        take: Sends an answer at once; False where that cannot be now.
    """

    told: Told[Any]
    follower: Follower
    take: Callable[[Answer], bool]


class Alike:
    """Followers who are told alike.

    Those who stand at the same place rest: one of them leads, and what it is told is sent to all of them. Whoever
    cannot take an answer at once is woken, and goes on from the place before it at their own pace.

    Attributes:
        members: How many they are.
        text: Writes their events; False where they have to be executed, None before anybody looked.
    """

    def __init__(self) -> None:
        """Start without followers."""
        self.members = 0
        self.text: EventText | Literal[False] | None = None
        self._kept: OrderedDict[Hashable, tuple[float, asyncio.Task[Worked]]] = OrderedDict()
        self._leader: One | None = None
        self._led: dict[One, None] = {}
        self._batch: Batch | None = None
        self._whose: Hashable = None
        self._changes = 0

    async def once(self, place: Hashable, work: Work) -> Worked:
        """Return what is told at a place; whoever comes first works it out for all, if it is for all.

        Raises:
            Exception: What went wrong as it was worked out.
        """
        if self.members == 1:
            return await work()
        loop = asyncio.get_running_loop()
        since, task = self._kept.get(place, (0.0, None))
        if task is None or (task.done() and loop.time() > since + KEPT_S):
            task = loop.create_task(_of(work))
            task.add_done_callback(_seen)
            self._kept[place] = loop.time(), task
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return await asyncio.shield(task)
        # Whoever leaves must not take it from the others.
        worked = task.result() if task.done() else await asyncio.shield(task)
        return worked if worked.common else await work()

    def rest(self, one: One, whose: Hashable) -> None:
        """Lead, or rest, where one has taken all there is; else neither.

        Args:
            one: Who is about to wait.
            whose: What decides what they may see.
        """
        if whose is None or not one.told.begun or not one.follower.idle:
            return
        if self._leader is None:
            self._leader, self._whose, self._changes = one, whose, one.told.changes
        elif (
            one is not self._leader
            and (whose, one.told.changes) == (self._whose, self._changes)
            and self._batch is None
            and self._leader.follower.idle
        ):
            one.told.rest(one.follower)
            self._led[one] = None

    def begin(self, one: One, batch: Batch | None) -> None:
        """Learn that somebody looks at a batch, which is the others' too where they lead."""
        if one is self._leader:
            self._batch = batch

    def tell(self, one: One, worked: Worked) -> None:
        """Send what the leader is told to those who are led."""
        batch = self._batch
        if one is not self._leader or batch is None:
            return
        if batch.place is None or not worked.common or one.told.changes != self._changes:
            self._wake(batch.before)  # each looks for themselves
            self._changes = one.told.changes
        elif (answer := worked.answer) is not None:
            for each in [each for each in self._led if not each.take(answer)]:
                del self._led[each]
                each.told.wake(each.follower, batch.before)
        self._batch = None

    def leave(self, one: One) -> None:
        """Lead no more, and rest no more; somebody else leads at once."""
        self._led.pop(one, None)
        if one is not self._leader:
            return
        self._leader = None
        missed = self._batch.before if self._batch else one.follower.untold
        self._batch = None
        if missed is None and self._led and one.told.changes == self._changes:
            self._leader = next(iter(self._led))
            del self._led[self._leader]
            self._leader.told.wake(self._leader.follower)
        else:
            self._wake(missed)

    def _wake(self, after: Cursor | None) -> None:
        led, self._led = self._led, {}
        for each in led:
            each.told.wake(each.follower, after)


async def _of(work: Work) -> Worked:
    return await work()


def _seen(task: "asyncio.Task[Worked]") -> None:
    """Look at what went wrong, also where everybody who waited for it has left."""
    if not task.cancelled():
        task.exception()
