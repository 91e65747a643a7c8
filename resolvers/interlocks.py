"""Questions about what commands must pass, its changes, and emergency stops."""

from typing import Annotated

import strawberry

from schema.changes import key_at, needed_key_at
from schema.declared import one
from schema.emergency_stop import (
    EmergencyStop,
    ReleaseEmergencyStopInput,
    ReleaseEmergencyStopPayload,
    TriggerEmergencyStopInput,
    TriggerEmergencyStopPayload,
)
from schema.interlock import Interlock, interlocks_of
from schema.interlock_changes import (
    ArchiveInterlockInput,
    ArchiveInterlockPayload,
    CreateInterlockInput,
    CreateInterlockPayload,
    UpdateInterlockInput,
    UpdateInterlockPayload,
)
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.domain.wording import LONGEST_REASON, cleaned
from twinql.storage import interlock_changes as storage
from twinql.storage.emergency_stops import release, trigger

ToCreate = Annotated[CreateInterlockInput, strawberry.argument(description="The new interlock.")]
ToUpdate = Annotated[UpdateInterlockInput, strawberry.argument(description="The interlock, and what changes.")]
ToArchive = Annotated[ArchiveInterlockInput, strawberry.argument(description="The interlock.")]
ToTrigger = Annotated[TriggerEmergencyStopInput, strawberry.argument(description="The site, and why.")]
ToRelease = Annotated[ReleaseEmergencyStopInput, strawberry.argument(description="The site, and why.")]


@strawberry.type
class InterlockQuery:
    """Root fields about interlocks."""

    interlocks = interlocks_of(None, None, description="What commands must pass in your organisation, newest first.")


@strawberry.type
class InterlockMutation:
    """Root fields that change interlocks, and stop everything."""

    @mutation(
        needs=Role.OWNER,
        description="Lay down what commands to a channel must pass, beside what is built in. It holds at once, also "
        "for those that wait.",
    )
    async def create_interlock(self, info: Info, input: ToCreate) -> CreateInterlockPayload:
        """Make it."""
        channel = needed_key_at(input.channel_id, "channelId", "Channel")
        other = key_at(input.other_channel_id, "otherChannelId", "Channel")
        management = await info.context.management()
        key = await storage.create_interlock(management, input.to_domain(), channel, other)
        return CreateInterlockPayload(interlock=await one(info, Interlock, key))

    @mutation(
        needs=Role.OWNER,
        description="Change an interlock. It holds at once, also for commands that wait. Its kind and its channels "
        "never change: make another one for that.",
    )
    async def update_interlock(self, info: Info, input: ToUpdate) -> UpdateInterlockPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Interlock")
        await storage.update_interlock(await info.context.management(), key, input.changes())
        return UpdateInterlockPayload(interlock=await one(info, Interlock, key))

    @mutation(
        needs=Role.OWNER,
        description="Take an interlock out of use: it refuses nothing from then on. Nothing changes where it is "
        "archived already. To have it back, make another one.",
    )
    async def archive_interlock(self, info: Info, input: ToArchive) -> ArchiveInterlockPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Interlock")
        await storage.archive_interlock(await info.context.management(), key)
        return ArchiveInterlockPayload(interlock=await one(info, Interlock, key))

    @mutation(
        needs=Role.OPERATOR,
        description="Stop everything on a site: commands that wait are cancelled, and none is taken or sent until an "
        "owner releases it. When this has answered, nothing more is sent. Nothing changes where a stop holds already, "
        "but that what waits is cancelled again.",
    )
    async def trigger_emergency_stop(self, info: Info, input: ToTrigger) -> TriggerEmergencyStopPayload:
        """Trigger it."""
        context, site = info.context, needed_key_at(input.site_id, "siteId", "Site")
        reason = cleaned(input.reason, "reason", "reason", longest=LONGEST_REASON)
        stopped = await trigger(context.database, context.actor, site, reason, now=context.now)
        context.commanded()
        return TriggerEmergencyStopPayload(
            emergency_stop=await one(info, EmergencyStop, stopped.stop_id),
            cancelled=stopped.cancelled,
            on_their_way=stopped.on_their_way,
            already_held=stopped.held_before,
        )

    @mutation(
        needs=Role.OWNER,
        description="Release the emergency stop of a site: commands are taken again. Nothing that was cancelled comes "
        "back by itself.",
    )
    async def release_emergency_stop(self, info: Info, input: ToRelease) -> ReleaseEmergencyStopPayload:
        """Release it."""
        context, site = info.context, needed_key_at(input.site_id, "siteId", "Site")
        reason = cleaned(input.reason, "reason", "reason", longest=LONGEST_REASON)
        key = await release(context.database, context.actor, site, reason)
        return ReleaseEmergencyStopPayload(emergency_stop=await one(info, EmergencyStop, key))
