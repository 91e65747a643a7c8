"""Changes of meters."""

from typing import Annotated

import strawberry

from schema.changes import ArchivedAlong, needed_key_at
from schema.declared import one
from schema.meter import Meter
from schema.meter_changes import (
    ArchiveMeterInput,
    ArchiveMeterPayload,
    CreateMeterInput,
    CreateMeterPayload,
    UnarchiveMeterInput,
    UnarchiveMeterPayload,
    UpdateMeterInput,
    UpdateMeterPayload,
)
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.assets import MeterDefinition
from twinql.domain.membership import Role
from twinql.storage import assets

ToCreate = Annotated[CreateMeterInput, strawberry.argument(description="The new meter.")]
ToUpdate = Annotated[UpdateMeterInput, strawberry.argument(description="The meter, and what changes.")]
ToArchive = Annotated[ArchiveMeterInput, strawberry.argument(description="The meter.")]
ToUnarchive = Annotated[UnarchiveMeterInput, strawberry.argument(description="The meter.")]


@strawberry.type
class MeterMutation:
    """Root fields that change meters."""

    @mutation(needs=Role.OWNER, description="Make a meter.")
    async def create_meter(self, info: Info, input: ToCreate) -> CreateMeterPayload:
        """Make it."""
        key = await assets.create_asset(await info.context.management(), input.to_domain())
        return CreateMeterPayload(meter=await one(info, Meter, key))

    @mutation(needs=Role.OWNER, description="Change what is said of a meter.")
    async def update_meter(self, info: Info, input: ToUpdate) -> UpdateMeterPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Meter")
        await assets.update_asset(await info.context.management(), key, MeterDefinition, input.changes())
        return UpdateMeterPayload(meter=await one(info, Meter, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a meter out of use, with its parts and channels: they keep what they read and take nothing "
        "new. Nothing changes where it is archived already. `unarchiveMeter` undoes it.",
    )
    async def archive_meter(self, info: Info, input: ToArchive) -> ArchiveMeterPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Meter")
        along = await assets.archive_asset(await info.context.management(), key, MeterDefinition)
        return ArchiveMeterPayload(meter=await one(info, Meter, key), along=ArchivedAlong.of(along))

    @mutation(
        needs=Role.OWNER,
        description="Take a meter back into use, with what was archived together with it; what was archived before "
        "stays archived. Refused while its site, or what it is a part of, is archived. Nothing changes where it is "
        "in use.",
    )
    async def unarchive_meter(self, info: Info, input: ToUnarchive) -> UnarchiveMeterPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Meter")
        along = await assets.unarchive_asset(await info.context.management(), key, MeterDefinition)
        return UnarchiveMeterPayload(meter=await one(info, Meter, key), along=ArchivedAlong.of(along))
