"""What a follower may know of the channels that events speak of."""

from asyncio import get_running_loop
from collections.abc import Iterable, Mapping

import orjson

from schema.feed import ChangedRange
from schema.reading import Reading
from twinql.context import Context
from twinql.domain.channels import ChannelFacts
from twinql.domain.events import Following
from twinql.live import Batch
from twinql.storage.channels import facts_by_number

FRESH_S = 60.0
"""So long may a channel that was changed still be told as it was."""


class KnownChannels:
    """Channels by number, looked up as whoever follows: anew from time to time, and at once when access changed."""

    def __init__(self, context: Context, following: Following) -> None:
        """Start knowing nothing."""
        self._context = context
        self._organisation_number = following.organisation_number
        self._facts: dict[int, ChannelFacts] = {}
        self.texts: dict[tuple[int, int], orjson.Fragment] = {}
        """What is told of channels beside, for as long as they are known: by what selects it and by their numbers."""
        self.looked = 0
        """How often the database was asked."""
        self._changes = 0
        self._stale_at = 0.0

    async def of(self, numbers: Iterable[int]) -> Mapping[int, ChannelFacts]:
        """Return these channels; one that is gone, or hidden from whoever follows, is missing."""
        now = get_running_loop().time()
        changes = self._context.feed.access.changes(self._organisation_number)
        if now >= self._stale_at or changes != self._changes:
            self._facts, self.texts, self._changes, self._stale_at = {}, {}, changes, now + FRESH_S
        if unknown := set(numbers) - self._facts.keys():
            self.looked += 1
            async with self._context.reading() as connection:
                self._facts |= await facts_by_number(connection, unknown)
        return self._facts

    async def shown(self, batch: Batch) -> tuple[list[Reading], list[ChangedRange]]:
        """Show the readings and ranges of a batch, but for those of channels that are gone or hidden."""
        facts = await self.of(batch.numbers)
        readings = [(each, facts.get(each.channel_number)) for each in batch.readings]
        ranges = [(each, facts.get(each.channel_number)) for each in batch.ranges]
        return (
            [Reading.of(each, channel) for each, channel in readings if channel is not None],
            [ChangedRange.of(each, channel) for each, channel in ranges if channel is not None],
        )
