"""Where channels belong, remembered for a short while."""

from asyncio import get_running_loop
from collections.abc import Mapping

from twinql.domain.events import ChannelPlace, Event
from twinql.storage.database import Connection
from twinql.storage.outbox import channel_places

FRESH_S = 30.0
"""So long may a channel that moved to another asset still be told to the followers of the old one."""


class Directory:
    """Finds the places of the channels that events speak of; a channel it has never heard of is looked up at once."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._places: dict[int, ChannelPlace] = {}
        self._stale_at = 0.0

    async def places(self, connection: Connection, events: tuple[Event, ...]) -> Mapping[int, ChannelPlace]:
        """Return the places of these events' channels; one that was deleted since is missing."""
        now = get_running_loop().time()
        if now >= self._stale_at:
            self._places = {}
            self._stale_at = now + FRESH_S
        numbers = {reading.channel_number for event in events for reading in event.readings}
        numbers |= {event.changed.channel_number for event in events if event.changed}
        if unknown := numbers - self._places.keys():
            self._places |= await channel_places(connection, unknown)
        return self._places
