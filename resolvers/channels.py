"""Questions about channels, and their changes."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.channel import Channel
from schema.channel_changes import (
    ArchiveChannelInput,
    ArchiveChannelPayload,
    CreateChannelInput,
    CreateChannelPayload,
    UnarchiveChannelInput,
    UnarchiveChannelPayload,
    UpdateChannelInput,
    UpdateChannelPayload,
)
from schema.declared import Sought, key_of, listed, one, several
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import channel_changes

ChannelId = Annotated[strawberry.ID, strawberry.argument(description="The channel's id.")]
ToCreate = Annotated[CreateChannelInput, strawberry.argument(description="The new channel.")]
ToUpdate = Annotated[UpdateChannelInput, strawberry.argument(description="The channel, and what changes.")]
ToArchive = Annotated[ArchiveChannelInput, strawberry.argument(description="The channel.")]
ToUnarchive = Annotated[UnarchiveChannelInput, strawberry.argument(description="The channel.")]


@strawberry.type
class ChannelQuery:
    """Root fields about channels."""

    @listed(
        graphql_type=Channel | None,
        single=True,
        description="One channel; null where there is none with this id that you may see.",
    )
    def channel(id: ChannelId) -> Sought:
        """Ask for it."""
        return Sought(Channel, key_of(id, "Channel"))


@strawberry.type
class ChannelMutation:
    """Root fields that change channels."""

    @mutation(needs=Role.OWNER, description="Make a channel of an asset or of a site.")
    async def create_channel(self, info: Info, input: ToCreate) -> CreateChannelPayload:
        """Make it."""
        asset_id, site_id = input.place()
        management = await info.context.management()
        key = await channel_changes.create_channel(management, input.to_domain(), asset_id=asset_id, site_id=site_id)
        return CreateChannelPayload(channel=await one(info, Channel, key))

    @mutation(
        needs=Role.OWNER,
        description="Change what is said of a channel. Where it has readings, kind, quantity and unit stay, as does "
        "the resolution of an INTERVAL channel: the readings would come to mean something else.",
    )
    async def update_channel(self, info: Info, input: ToUpdate) -> UpdateChannelPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Channel")
        await channel_changes.update_channel(await info.context.management(), key, input.changes())
        return UpdateChannelPayload(channel=await one(info, Channel, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a channel out of use: it keeps what it read and takes nothing new. Nothing changes where it "
        "is archived already. The answer tells what rests on it. `unarchiveChannel` undoes it.",
    )
    async def archive_channel(self, info: Info, input: ToArchive) -> ArchiveChannelPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Channel")
        resting = await channel_changes.archive_channel(await info.context.management(), key)
        return ArchiveChannelPayload(
            channel=await one(info, Channel, key),
            interlocks=await several(info, "schema.interlock:Interlock", resting.interlocks),
            automation_rules=await several(info, "schema.automation_rule:AutomationRule", resting.automation_rules),
        )

    @mutation(
        needs=Role.OWNER,
        description="Take a channel back into use. Refused while its meter, machine or site is archived. Nothing "
        "changes where it is in use.",
    )
    async def unarchive_channel(self, info: Info, input: ToUnarchive) -> UnarchiveChannelPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Channel")
        await channel_changes.unarchive_channel(await info.context.management(), key)
        return UnarchiveChannelPayload(channel=await one(info, Channel, key))
