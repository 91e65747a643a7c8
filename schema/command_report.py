"""What devices say of commands."""

from enum import Enum

import strawberry

from schema.command import Command
from schema.payload import Payload
from twinql.domain.commands import CommandStatus


@strawberry.enum(description="What a device says of a command.")
class CommandReport(Enum):
    """What became of it."""

    ACKNOWLEDGED = strawberry.enum_value("ACKNOWLEDGED", description="The device has it; a waiting one is now its own.")
    EXECUTING = strawberry.enum_value("EXECUTING", description="The device is at it.")
    EXECUTED = strawberry.enum_value(
        "EXECUTED", description="It is done; VERIFIED it is when a reading shows the effect."
    )
    FAILED = strawberry.enum_value("FAILED", description="The device could not do it.")
    REJECTED = strawberry.enum_value("REJECTED", description="The device refuses it, and has done nothing.")

    @property
    def reported(self) -> CommandStatus:
        """The status to which the command goes."""
        return CommandStatus[self.name]


@strawberry.input(description="What a device says of a command.")
class ReportCommandInput:
    """A report."""

    command_id: strawberry.ID = strawberry.field(description="The command, to a channel of the device.")
    status: CommandReport = strawberry.field(description="What became of it.")
    detail: str | None = strawberry.field(
        default=None, description="More about it, for people; at most 1,000 characters."
    )


@strawberry.type(description="What became of a report.")
class ReportCommandPayload(Payload):
    """The outcome of `reportCommand`."""

    command: Command | None = strawberry.field(
        default=None, description="The command as it is now; null where the report was not taken."
    )
