"""Questions about channels."""

from typing import Annotated

import strawberry

from schema.channel import Channel
from schema.declared import key_of, one
from twinql.context import Info

ChannelId = Annotated[strawberry.ID, strawberry.argument(description="The channel's id.")]


@strawberry.type
class ChannelQuery:
    """Root fields about channels."""

    @strawberry.field(description="One channel; null where there is none with this id that you may see.")
    async def channel(self, info: Info, id: ChannelId) -> Channel | None:
        """Load it."""
        return await one(info, Channel, key_of(id, "Channel"))
