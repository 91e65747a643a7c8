"""Changes of maintenance tasks."""

from datetime import datetime
from typing import Any

import strawberry

from schema.changes import written
from schema.maintenance_task import MaintenanceTask
from schema.payload import Payload
from twinql.domain.calibrations import LONGEST_NOTE as LONGEST_CALIBRATION_NOTE
from twinql.domain.calibrations import CalibrationStatement
from twinql.domain.maintenance.tasks import (
    LONGEST_FINDINGS,
    LONGEST_NOTE,
    MaintenanceKind,
    TaskDefinition,
    TaskDone,
)


@strawberry.input(
    description="What is to be recorded of a calibration that was a task: when, and by whom, the task says."
)
class TaskCalibrationInput:
    """What a calibration came to."""

    valid_until: datetime | None = strawberry.field(
        default=None, description="From then on it no longer counts; left out where nobody said."
    )
    certificate: str | None = strawberry.field(
        default=None, description="The number of its certificate, at most 200 characters."
    )
    deviation: float | None = strawberry.field(
        default=None, description="By how much the sensor read more than the reference, in the unit of the channel."
    )
    note: str | None = strawberry.field(
        default=None, description=f"What else is to be known, at most {LONGEST_CALIBRATION_NOTE:,} characters."
    )


@strawberry.input(description="That something was done, now or long ago.")
class TaskDoneInput:
    """What somebody says of what was done."""

    done_at: datetime = strawberry.field(description="When it was done, not in the future.")
    done_by: str = strawberry.field(description="Who did it: a person or a firm, 1 to 200 characters.")
    findings: str | None = strawberry.field(
        default=None, description=f"What was found, at most {LONGEST_FINDINGS:,} characters."
    )
    failed: bool | None = strawberry.field(
        default=None,
        description="Needed of a repair or a replacement, and of nothing else: whether the thing had failed before. Of "
        "an asset, true ends a run to failure; false says that it was renewed before it could.",
    )
    failed_at: datetime | None = strawberry.field(
        default=None,
        description="When it had failed, where that was before it was done: else a run ends with `doneAt`.",
    )
    calibration: TaskCalibrationInput | None = strawberry.field(
        default=None, description="Of the calibration of a channel: records it, as `recordCalibration` would."
    )

    def to_domain(self) -> TaskDone:
        """Say it in the words of the domain."""
        made = self.calibration
        return TaskDone(
            at=self.done_at,
            by=self.done_by,
            findings=self.findings,
            failed=self.failed,
            failed_at=self.failed_at,
            calibration=None
            if made is None
            else CalibrationStatement(
                performed_at=self.done_at,
                performed_by=self.done_by,
                valid_until=made.valid_until,
                certificate=made.certificate,
                deviation=made.deviation,
                note=made.note,
            ),
        )


@strawberry.input(description="Something that is to be done, or was done: one of `assetId` and `channelId` is needed.")
class CreateMaintenanceTaskInput:
    """What is said of it."""

    asset_id: strawberry.ID | None = strawberry.field(default=None, description="The meter or machine.")
    channel_id: strawberry.ID | None = strawberry.field(
        default=None, description="The channel whose sensor it is about; its asset need not be named."
    )
    kind: MaintenanceKind = strawberry.field(description="What is done.")
    title: str = strawberry.field(description="What is to be done, in 1 to 200 characters.")
    note: str | None = strawberry.field(
        default=None, description=f"What else is to be known before, at most {LONGEST_NOTE:,} characters."
    )
    due_at: datetime | None = strawberry.field(default=None, description="By when it is to be done.")
    scheduled_for: datetime | None = strawberry.field(default=None, description="For when it is planned.")
    done: TaskDoneInput | None = strawberry.field(
        default=None, description="Where it was done already: so a history of maintenance is brought along."
    )

    def to_domain(self) -> TaskDefinition:
        """Say it in the words of the domain."""
        return TaskDefinition(title=self.title, note=self.note, due_at=self.due_at, scheduled_for=self.scheduled_for)


@strawberry.input(description="Changes of a maintenance task that waits; what is left out stays as it is.")
class UpdateMaintenanceTaskInput:
    """What is said differently."""

    id: strawberry.ID = strawberry.field(description="The task.")
    title: str | None = strawberry.field(default=strawberry.UNSET, description="What is to be done; cannot be null.")
    note: str | None = strawberry.field(default=strawberry.UNSET, description="What is to be known; null forgets it.")
    due_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="By when it is to be done; null for no such time."
    )
    scheduled_for: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="For when it is planned; null for not."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        return written(self, leave=("id",), never_null=("title",))


@strawberry.input(description="A maintenance task that was done.")
class CompleteMaintenanceTaskInput(TaskDoneInput):
    """Which one, and what is said of it."""

    id: strawberry.ID = strawberry.field(description="The task.")


@strawberry.input(description="A maintenance task that will not be done, or was recorded by mistake.")
class CancelMaintenanceTaskInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The task.")


@strawberry.type(description="What became of a maintenance task to be made.")
class CreateMaintenanceTaskPayload(Payload):
    """The outcome of `createMaintenanceTask`."""

    task: MaintenanceTask | None = strawberry.field(
        default=None, description="The new task; null where the input was not taken."
    )


@strawberry.type(description="What became of a maintenance task to be changed.")
class UpdateMaintenanceTaskPayload(Payload):
    """The outcome of `updateMaintenanceTask`."""

    task: MaintenanceTask | None = strawberry.field(
        default=None, description="The task as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a maintenance task that was done.")
class CompleteMaintenanceTaskPayload(Payload):
    """The outcome of `completeMaintenanceTask`."""

    task: MaintenanceTask | None = strawberry.field(
        default=None, description="The task as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a maintenance task to be cancelled.")
class CancelMaintenanceTaskPayload(Payload):
    """The outcome of `cancelMaintenanceTask`."""

    task: MaintenanceTask | None = strawberry.field(
        default=None, description="The task as it is now; null where the input was not taken."
    )
