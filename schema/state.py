"""What the channels of an asset read at a time."""

from datetime import datetime
from uuid import UUID

import strawberry

from schema.channel import Channel
from schema.channel_control import control_of
from schema.declared import build, entity_of
from schema.reading import Reading, readings_asked
from twinql.context import Info
from twinql.errors import RangeTooLargeError
from twinql.storage.controls import Control
from twinql.storage.read import Condition, PageRequest, Question
from twinql.storage.read.entity import BY_KEY

MOST_CHANNELS = 500
"""How many channels an asset may have to be told as a whole."""


@strawberry.type(description="A channel, and what it read last at a time.")
class ChannelReading:
    """One part of the state of an asset."""

    channel: Channel = strawberry.field(description="The channel, as it is now.")
    at: strawberry.Private[datetime]
    as_of: strawberry.Private[datetime | None]

    @strawberry.field(description="Its newest reading that was observed by that time; null where there was none.")
    async def reading(self, info: Info) -> Reading | None:
        """Load it, for all channels at once."""
        observed = Condition("r.observed_at <= {}::timestamptz", (self.at,))
        asked = readings_asked(PageRequest(1), (observed,), as_of=self.as_of)
        page = await info.context.page(asked.question, self.channel.number)
        return asked.object(page.rows[0]) if page.rows else None

    @strawberry.field(
        description="What a writable channel shall be, in its unit, by the newest command that is due; null where "
        "nothing asks that, and with `asOf`."
    )
    async def desired(self, info: Info) -> float | None:
        """Load it, for all channels at once."""
        control = await self._control(info)
        return None if control is None else control.desired

    @strawberry.field(
        description="`desired` less what it reads, in its unit; null for a STATE channel, where nothing is desired, "
        "and with `asOf`."
    )
    async def delta(self, info: Info) -> float | None:
        """Load it, for all channels at once."""
        control = await self._control(info)
        return None if control is None else control.delta

    async def _control(self, info: Info) -> Control | None:
        if self.as_of is not None or not self.channel.writable:
            return None
        return await control_of(info, self.channel.row_id)


async def state_of(info: Info, asset: UUID, as_of: datetime | None) -> list[ChannelReading]:
    """Load the channels of an asset that were in use at a time, for all assets that ask alike at once.

    Raises:
        RangeTooLargeError: There are more than 500 of them.
    """
    at = info.context.now if as_of is None else as_of
    in_use = Condition("(archived_at is null or archived_at > {}::timestamptz)", (at,))
    question = Question(entity_of(Channel), BY_KEY, PageRequest(MOST_CHANNELS), (in_use,), parent="asset_id")
    page = await info.context.page(question, asset)
    if page.has_next:
        raise RangeTooLargeError(
            f"It has more than {MOST_CHANNELS} channels; page through `channels`, and ask for `latest`."
        )
    return [ChannelReading(channel=build(Channel, row), at=at, as_of=as_of) for row in page.rows]
