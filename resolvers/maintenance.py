"""Questions about maintenance tasks, and their changes."""

from typing import Annotated

import strawberry

from schema.changes import key_at, needed_key_at
from schema.declared import one
from schema.maintenance_task import MaintenanceTask, maintenance_tasks_of
from schema.maintenance_task_changes import (
    CancelMaintenanceTaskInput,
    CancelMaintenanceTaskPayload,
    CompleteMaintenanceTaskInput,
    CompleteMaintenanceTaskPayload,
    CreateMaintenanceTaskInput,
    CreateMaintenanceTaskPayload,
    UpdateMaintenanceTaskInput,
    UpdateMaintenanceTaskPayload,
)
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError
from twinql.storage.maintenance import cancel_task, changing, complete_task, create_task, update_task

ToCreate = Annotated[CreateMaintenanceTaskInput, strawberry.argument(description="What is to be done, or was done.")]
ToUpdate = Annotated[UpdateMaintenanceTaskInput, strawberry.argument(description="The task, and what changes.")]
ToComplete = Annotated[CompleteMaintenanceTaskInput, strawberry.argument(description="The task, and what was done.")]
ToCancel = Annotated[CancelMaintenanceTaskInput, strawberry.argument(description="The task.")]


@strawberry.type
class MaintenanceQuery:
    """Root fields about maintenance."""

    maintenance_tasks = maintenance_tasks_of(
        None, None, description="What is to be done to the things of your organisation, and what was done."
    )


@strawberry.type
class MaintenanceMutation:
    """Root fields that change maintenance tasks."""

    @mutation(
        needs=Role.OPERATOR,
        description="Say what is to be done to a meter, a machine or a sensor, or, with `done`, what was done, however "
        "long ago.",
    )
    async def create_maintenance_task(self, info: Info, input: ToCreate) -> CreateMaintenanceTaskPayload:
        """Make it."""
        context = info.context
        asset = key_at(input.asset_id, "assetId", "Meter", "Machine")
        channel = key_at(input.channel_id, "channelId", "Channel")
        async with changing(context.database, context.actor) as connection:
            key = await create_task(
                connection, context.actor, (asset, channel), input.kind, input.to_domain(), waits=input.done is None
            )
            if input.done is not None:
                try:
                    await complete_task(connection, context.actor, key, input.done.to_domain(), now=context.now)
                except InvalidInputError as error:
                    raise InvalidInputError(error.message, path=("done", *error.path)) from error
        return CreateMaintenanceTaskPayload(task=await one(info, MaintenanceTask, key))

    @mutation(needs=Role.OPERATOR, description="Change what is said of a maintenance task that waits.")
    async def update_maintenance_task(self, info: Info, input: ToUpdate) -> UpdateMaintenanceTaskPayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "MaintenanceTask")
        async with changing(info.context.database, info.context.actor) as connection:
            await update_task(connection, key, input.changes())
        return UpdateMaintenanceTaskPayload(task=await one(info, MaintenanceTask, key))

    @mutation(
        needs=Role.OPERATOR,
        description="Say that a maintenance task was done, now or long ago, by whom, and what was found. Of a "
        "calibration of a channel, `calibration` records it too.",
    )
    async def complete_maintenance_task(self, info: Info, input: ToComplete) -> CompleteMaintenanceTaskPayload:
        """Complete it."""
        context, key = info.context, needed_key_at(input.id, "id", "MaintenanceTask")
        async with changing(context.database, context.actor) as connection:
            await complete_task(connection, context.actor, key, input.to_domain(), now=context.now)
        return CompleteMaintenanceTaskPayload(task=await one(info, MaintenanceTask, key))

    @mutation(
        needs=Role.OPERATOR,
        description="Say that a maintenance task will not be done; or, of one that was recorded as done by mistake, "
        "that it was not: it ends no run then. Nothing changes where it is cancelled already.",
    )
    async def cancel_maintenance_task(self, info: Info, input: ToCancel) -> CancelMaintenanceTaskPayload:
        """Cancel it."""
        key = needed_key_at(input.id, "id", "MaintenanceTask")
        async with changing(info.context.database, info.context.actor) as connection:
            await cancel_task(connection, info.context.actor, key)
        return CancelMaintenanceTaskPayload(task=await one(info, MaintenanceTask, key))
