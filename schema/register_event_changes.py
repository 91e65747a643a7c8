"""Changes of what is known to have happened to registers."""

from datetime import datetime

import strawberry

from schema.payload import Payload
from schema.register_event import RegisterEvent
from twinql.domain.metering.intervals import RegisterEventType


@strawberry.input(description="What happened to a register.")
class RecordRegisterEventInput:
    """A statement about a register."""

    channel_id: strawberry.ID = strawberry.field(description="The register: a CUMULATIVE channel.")
    at: datetime = strawberry.field(
        description="When it happened, not in the future: readings before it are of the old register, those at or "
        "after it of the new one."
    )
    type: RegisterEventType = strawberry.field(description="What happened.")
    final_value: float = strawberry.field(
        description="What the old register showed last, in the unit of the channel; not below the reading before."
    )
    start_value: float = strawberry.field(
        description="What the new register showed first, in the unit of the channel; not above the reading after."
    )
    note: str | None = strawberry.field(default=None, description="What else is to be known: who read it, or why.")


@strawberry.type(description="What became of a statement about a register.")
class RecordRegisterEventPayload(Payload):
    """The outcome of `recordRegisterEvent`."""

    event: RegisterEvent | None = strawberry.field(
        default=None, description="The event; null where the input was not taken."
    )


@strawberry.input(description="A register event to be taken back.")
class RetractRegisterEventInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The event.")


@strawberry.type(description="What became of a register event to be taken back.")
class RetractRegisterEventPayload(Payload):
    """The outcome of `retractRegisterEvent`."""

    event: RegisterEvent | None = strawberry.field(
        default=None, description="The event as it is now; null where the input was not taken."
    )
