"""What a subscription tells, moment by moment."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from subscriptions.known import KnownChannels
from twinql.context import Context
from twinql.domain.cursor import Cursor
from twinql.domain.events import Following
from twinql.errors import TwinError
from twinql.live import Batch, Follower

E = TypeVar("E")
MOST = 200
"""So many readings and rows one event holds, unless whoever follows says otherwise."""


@dataclass(frozen=True, slots=True)
class Moment(Generic[E]):
    """What one follower may be told next.

    Attributes:
        event: Makes the event of it; None where nothing of it is shown to whoever follows.
        batch: What the feed told; None where this is told to one follower alone, as a snapshot is.
    """

    event: Callable[[], Awaitable[E | None]]
    batch: Batch | None = None


class Told(AsyncIterable[E]):
    """The moments of one follower, and what says who else is told the same.

    Attributes:
        same: What decides what is told, beside the selection and whoever follows.
        known: What is known of channels, where events are of readings and told by it alone.
    """

    def __init__(
        self,
        context: Context,
        following: Following,
        event: Callable[[Batch], Awaitable[E | None]],
        *,
        same: Hashable,
        after: Cursor | None,
        most: int = MOST,
        apart: bool = False,
        first: AsyncIterator[E] | None = None,
        known: KnownChannels | None = None,
    ) -> None:
        """Follow as soon as it is iterated.

        Args:
            context: Whoever follows.
            following: What they follow.
            event: Makes an event of a batch; None where nothing of it is shown to them.
            same: What else decides what is told, beside the selection and whoever follows.
            after: Where to go on from; None starts now.
            most: The most readings and rows in one event.
            apart: Whether an event speaks of one kind alone.
            first: Events that are told before those of the feed.
            known: What is known of channels, where events are of readings and told by it alone.
        """
        self._context = context
        self._following = following
        self._event = event
        self._after = after
        self._most = most
        self._apart = apart
        self._first = first
        self.begun = first is None
        """Whether what comes before the feed is over."""
        self._changes: int | None = None
        self._whose: Hashable = None
        self.same = (following, same, most)
        self.known = known

    async def __aiter__(self) -> AsyncGenerator[E, None]:
        """Iterate over the events."""
        with self.followed() as follower:
            async for moment in self.moments(follower):
                if (event := await moment.event()) is not None:
                    yield event

    @contextmanager
    def followed(self) -> Iterator[Follower]:
        """Follow, for the length of a block."""
        feed = self._context.feed
        with feed.follow(self._following, after=self._after, most=self._most, apart=self._apart) as follower:
            yield follower

    async def moments(self, follower: Follower) -> AsyncGenerator[Moment[E], None]:
        """Iterate over the moments; whoever does looks at one before the next."""
        if self._first is not None:
            async for event in self._first:
                yield Moment(partial(_at_hand, event))
        self.begun = True
        async for batch in follower:
            yield Moment(partial(self._event, batch), batch)

    def rest(self, follower: Follower) -> None:
        """Be offered nothing, as long as somebody else who is told the same takes it."""
        self._context.feed.rest(self._following, follower)

    def wake(self, follower: Follower, after: Cursor | None = None) -> None:
        """Be offered everything again, and first what came after a place, where there is anything."""
        self._context.feed.wake(self._following, follower, after)

    @property
    def changes(self) -> int:
        """How often access to what is followed may have changed so far."""
        return self._context.feed.access.changes(self._following.organisation_number)

    async def whose(self, *, anew: bool = False) -> Hashable:
        """Return what decides what whoever follows may see; None where that is not known.

        Args:
            anew: Whether the database is asked, also where nobody has heard of a change.
        """
        changes = self.changes
        if anew or changes != self._changes:
            self._changes = changes
            try:
                membership = await self._context.fresh().membership()
            except TwinError:
                membership = self._changes = None
            self._whose = membership and (membership.organisation_number, membership.role, membership.key)
        return self._whose


async def _at_hand(event: E) -> E:
    return event
