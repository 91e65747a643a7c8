"""What people do with a command that has not been sent: approve it, turn it down, take it back."""

import strawberry

from schema.command import Command
from schema.command_schedule import CommandSchedule
from schema.interlock_verdict import InterlockVerdict
from schema.payload import Payload


@strawberry.input(description="A command that waits for approval, which somebody else asked for.")
class ApproveCommandInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The command.")
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")


@strawberry.input(description="A command that waits for approval and shall not be sent.")
class RejectCommandInput:
    """Which one, and why."""

    id: strawberry.ID = strawberry.field(description="The command.")
    reason: str = strawberry.field(description="Why, in your words; at most 1,000 characters.")


@strawberry.input(description="A command that has not been sent, and shall not be.")
class CancelCommandInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The command.")
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")


@strawberry.input(description="A series of commands of which no more shall be sent.")
class CancelCommandScheduleInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The schedule.")
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")


@strawberry.type(description="The approved command.")
class ApproveCommandPayload(Payload):
    """The command as it is now, and what every interlock says."""

    command: Command | None = strawberry.field(
        default=None, description="The command as it is now; it still waits where an interlock refuses it at present."
    )
    interlocks: list[InterlockVerdict] = strawberry.field(
        default_factory=list, description="What every interlock says now, with the numbers it compared."
    )


@strawberry.type(description="The rejected command.")
class RejectCommandPayload(Payload):
    """The command as it is now."""

    command: Command | None = strawberry.field(default=None, description="The command as it is now.")


@strawberry.type(description="The cancelled command.")
class CancelCommandPayload(Payload):
    """The command as it is now."""

    command: Command | None = strawberry.field(default=None, description="The command as it is now.")


@strawberry.type(description="The cancelled schedule.")
class CancelCommandSchedulePayload(Payload):
    """The schedule as it is now."""

    schedule: CommandSchedule | None = strawberry.field(default=None, description="The schedule as it is now.")
    cancelled: int = strawberry.field(default=0, description="How many of its commands were cancelled by this.")
