"""Changes of machines."""

from typing import Annotated

import strawberry

from schema.changes import ArchivedAlong, needed_key_at
from schema.declared import one
from schema.machine import Machine
from schema.machine_changes import (
    ArchiveMachineInput,
    ArchiveMachinePayload,
    CreateMachineInput,
    CreateMachinePayload,
    UnarchiveMachineInput,
    UnarchiveMachinePayload,
    UpdateMachineInput,
    UpdateMachinePayload,
)
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.assets import MachineDefinition
from twinql.domain.membership import Role
from twinql.storage import assets

ToCreate = Annotated[CreateMachineInput, strawberry.argument(description="The new machine.")]
ToUpdate = Annotated[UpdateMachineInput, strawberry.argument(description="The machine, and what changes.")]
ToArchive = Annotated[ArchiveMachineInput, strawberry.argument(description="The machine.")]
ToUnarchive = Annotated[UnarchiveMachineInput, strawberry.argument(description="The machine.")]


@strawberry.type
class MachineMutation:
    """Root fields that change machines."""

    @mutation(needs=Role.OWNER, description="Make a machine.")
    async def create_machine(self, info: Info, input: ToCreate) -> CreateMachinePayload:
        """Make it."""
        key = await assets.create_asset(await info.context.management(), input.to_domain())
        return CreateMachinePayload(machine=await one(info, Machine, key))

    @mutation(needs=Role.OWNER, description="Change what is said of a machine.")
    async def update_machine(self, info: Info, input: ToUpdate) -> UpdateMachinePayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Machine")
        await assets.update_asset(await info.context.management(), key, MachineDefinition, input.changes())
        return UpdateMachinePayload(machine=await one(info, Machine, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a machine out of use, with its parts and channels: they keep what they read and take nothing "
        "new. Nothing changes where it is archived already. `unarchiveMachine` undoes it.",
    )
    async def archive_machine(self, info: Info, input: ToArchive) -> ArchiveMachinePayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Machine")
        along = await assets.archive_asset(await info.context.management(), key, MachineDefinition)
        return ArchiveMachinePayload(machine=await one(info, Machine, key), along=ArchivedAlong.of(along))

    @mutation(
        needs=Role.OWNER,
        description="Take a machine back into use, with what was archived together with it; what was archived before "
        "stays archived. Refused while its site, or what it is a part of, is archived. Nothing changes where it is "
        "in use.",
    )
    async def unarchive_machine(self, info: Info, input: ToUnarchive) -> UnarchiveMachinePayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Machine")
        along = await assets.unarchive_asset(await info.context.management(), key, MachineDefinition)
        return UnarchiveMachinePayload(machine=await one(info, Machine, key), along=ArchivedAlong.of(along))
