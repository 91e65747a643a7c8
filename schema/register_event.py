"""What happened to registers."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden, to_one
from schema.described import publish
from schema.node import Node
from schema.viewer_can import is_empty, viewer_can
from twinql.domain.membership import Role
from twinql.domain.metering.intervals import RegisterEventType
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import NEWEST_REGISTER_EVENT, REGISTER_EVENTS

if TYPE_CHECKING:
    from schema.channel import Channel

publish(
    RegisterEventType,
    "What happened to a register.",
    EXCHANGE="Another register took its place.",
    RESET="It was cleared, or set to another value.",
    ROLLOVER="It reached its last digit and began again.",
)


@strawberry.type(
    description="What happened to a register, with what it showed last and first: that makes the energy across it "
    "known. It is never changed; one that is wrong is retracted, and another one recorded."
)
class RegisterEvent(Node):
    """A register event."""

    table: ClassVar[Table] = REGISTER_EVENTS
    row_id: strawberry.Private[UUID] = hidden("id")
    channel_id: strawberry.Private[UUID] = hidden()
    at: datetime = column(
        description="When it happened: readings before it are of the old register, those at or after it of the new one."
    )
    type: RegisterEventType = column("type::text", description="What happened.")
    final_value: float = column(description="What the old register showed last, in the unit of the channel.")
    start_value: float = column(description="What the new register showed first, in the unit of the channel.")
    note: str | None = column(description="What else is to be known; null where nothing was said.")
    recorded_at: datetime = column(description="When TwinQL learned it: `asOf` before that does not know it.")
    recorded_by: str = column(description="Who said so: the subject of the token.")
    retracted_at: datetime | None = column(
        description="When it was taken back: from then on nothing rests on it. Null while it holds."
    )
    retracted_by: str | None = column(description="Who took it back; null while it holds.")
    viewer_can_retract: bool = viewer_can(
        Role.OPERATOR,
        when=is_empty("retracted_at"),
        description="Whether you may take it back: it holds, and your role allows it.",
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The register."
    )


def register_events_asked(page: PageRequest) -> Asked:
    """Return the question for what happened to a register, newest first."""
    return Asked(RegisterEvent, Question(entity_of(RegisterEvent), NEWEST_REGISTER_EVENT, page, parent="channel_id"))
