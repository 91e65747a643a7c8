"""What writable channels shall be, and what they are."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from schema.declared import column, hidden, to_one
from schema.stored_parts import Part, Stored, key_part, stored
from twinql.context import Info
from twinql.storage.controls import Control, controls_of
from twinql.storage.statements import included

if TYPE_CHECKING:
    from schema.command import Command


@strawberry.type(description="What a writable channel shall be, and what it is.")
class ChannelControl:
    """Desired, reported, and the difference."""

    command_id: strawberry.Private[UUID | None]
    desired: float | None = strawberry.field(
        description="What it shall be, in its unit: as the newest command asks that is due and was not refused, "
        "failed, expired or cancelled. Null where there is none."
    )
    desired_since: datetime | None = strawberry.field(description="Since when; null where nothing is desired.")
    reported: float | None = strawberry.field(
        description="What it read last, in its unit, but for BAD readings; null where it was never read."
    )
    reported_at: datetime | None = strawberry.field(description="When that was observed; null where never.")
    delta: float | None = strawberry.field(
        description="`desired` less `reported`, in its unit; null for a STATE channel, and where one of them is null."
    )
    command: Annotated["Command", strawberry.lazy("schema.command")] | None = to_one(
        "schema.command:Command", "command_id", description="The command that says so; null where there is none."
    )


_CONTROL = Stored(
    f"({included('controls', 'control', '{0}', '{now}', '{1}')}) as {{alias}}",
    ("row_id", "writable"),
    {name: Part(name) for name in ("desired", "desired_since", "reported", "reported_at", "delta")}
    | {"command_id": key_part("command_id")},
)


async def control_of(info: Info, channel_id: UUID) -> Control:
    """Load what a channel shall be and is, for all channels of the operation at once."""
    now = info.context.now
    loader = info.context.batch(
        ("controls", now), lambda connection, keys: controls_of(connection, list(keys), now=now)
    )
    found: Control = await loader.load(channel_id)
    return found


@strawberry.type
class ControlledChannel:
    """The part of a channel that commands set."""

    row_id: strawberry.Private[UUID] = hidden("id")
    writable: bool = column(description="Whether commands may set it.")
    needs_approval: bool = column(description="Whether a command to it waits until a second person approves it.")

    @strawberry.field(
        description="What it shall be, and what it is; null unless it is writable.", metadata=stored(_CONTROL)
    )
    async def control(self, info: Info) -> ChannelControl | None:
        """Load it, for all channels of the operation at once."""
        if not self.writable:
            return None
        found = await control_of(info, self.row_id)
        return ChannelControl(
            command_id=found.command_id,
            desired=found.desired,
            desired_since=found.desired_since,
            reported=found.reported,
            reported_at=found.reported_at,
            delta=found.delta,
        )
