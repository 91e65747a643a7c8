"""Questions about the loads that can wait, and their changes."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.declared import one
from schema.deferrable_load import DeferrableLoad, loads_of
from schema.deferrable_load_changes import (
    ArchiveDeferrableLoadInput,
    ArchiveDeferrableLoadPayload,
    CreateDeferrableLoadInput,
    CreateDeferrableLoadPayload,
    UnarchiveDeferrableLoadInput,
    UnarchiveDeferrableLoadPayload,
    UpdateDeferrableLoadInput,
    UpdateDeferrableLoadPayload,
)
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import deferrable_loads as storage

ToCreate = Annotated[CreateDeferrableLoadInput, strawberry.argument(description="The new load.")]
ToUpdate = Annotated[UpdateDeferrableLoadInput, strawberry.argument(description="The load, and what changes.")]
ToArchive = Annotated[ArchiveDeferrableLoadInput, strawberry.argument(description="The load.")]
ToUnarchive = Annotated[UnarchiveDeferrableLoadInput, strawberry.argument(description="The load.")]


@strawberry.type
class DeferrableLoadQuery:
    """Root fields about loads."""

    deferrable_loads = loads_of(None, None, description="Loads that have to run and may choose when, by name.")


@strawberry.type
class DeferrableLoadMutation:
    """Root fields that change loads."""

    @mutation(needs=Role.OWNER, description="Describe a load that has to run once a day and may choose when.")
    async def create_deferrable_load(self, info: Info, input: ToCreate) -> CreateDeferrableLoadPayload:
        """Describe it."""
        key = await storage.create_deferrable_load(await info.context.management(), input.to_domain())
        return CreateDeferrableLoadPayload(deferrable_load=await one(info, DeferrableLoad, key))

    @mutation(needs=Role.OWNER, description="Describe a load otherwise; plans that were made stay as they are.")
    async def update_deferrable_load(self, info: Info, input: ToUpdate) -> UpdateDeferrableLoadPayload:
        """Describe it otherwise."""
        key = needed_key_at(input.id, "id", "DeferrableLoad")
        await storage.update_deferrable_load(await info.context.management(), key, input.changes())
        return UpdateDeferrableLoadPayload(deferrable_load=await one(info, DeferrableLoad, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a load out of use: nothing plans it any more. Nothing changes where it is archived already. "
        "`unarchiveDeferrableLoad` undoes it.",
    )
    async def archive_deferrable_load(self, info: Info, input: ToArchive) -> ArchiveDeferrableLoadPayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "DeferrableLoad")
        await storage.archive_deferrable_load(await info.context.management(), key)
        return ArchiveDeferrableLoadPayload(deferrable_load=await one(info, DeferrableLoad, key))

    @mutation(needs=Role.OWNER, description="Take a load back into use. Nothing changes where it is in use.")
    async def unarchive_deferrable_load(self, info: Info, input: ToUnarchive) -> UnarchiveDeferrableLoadPayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "DeferrableLoad")
        await storage.unarchive_deferrable_load(await info.context.management(), key)
        return UnarchiveDeferrableLoadPayload(deferrable_load=await one(info, DeferrableLoad, key))
