"""What a follower may know of the channels that events speak of."""

from asyncio import get_running_loop
from collections.abc import Iterable, Mapping

from twinql.context import Context
from twinql.domain.channels import ChannelFacts
from twinql.domain.events import Following
from twinql.errors import ForbiddenError
from twinql.storage.channels import facts_by_number
from twinql.storage.memberships import membership_of

FRESH_S = 60.0
"""So long may somebody whose membership ended still be told of readings."""


class KnownChannels:
    """Channels by number, looked up as whoever follows, and anew from time to time."""

    def __init__(self, context: Context, following: Following) -> None:
        """Start knowing nothing."""
        self._context = context
        self._organisation_number = following.organisation_number
        self._facts: dict[int, ChannelFacts] = {}
        self._stale_at = 0.0

    async def of(self, numbers: Iterable[int]) -> Mapping[int, ChannelFacts]:
        """Return these channels; one that is gone, or hidden from whoever follows, is missing.

        Raises:
            ForbiddenError: Whoever follows does not belong to the organisation any more.
        """
        wanted = set(numbers)
        stale = get_running_loop().time() >= self._stale_at
        if stale:
            self._facts = {}
        if unknown := wanted - self._facts.keys():
            async with self._context.reading() as connection:
                membership = await membership_of(connection) if stale else None
                self._facts |= await facts_by_number(connection, unknown)
            if stale and (membership is None or membership.organisation_number != self._organisation_number):
                raise ForbiddenError("You do not belong to this organisation any more; ask an owner to add you.")
            self._stale_at = get_running_loop().time() + FRESH_S if stale else self._stale_at
        return self._facts
