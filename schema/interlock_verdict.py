"""What interlocks say of a command, with the numbers they compared."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.interlock import Interlock
from schema.stored_parts import instant_part, key_part, number_part, text_part, truth_part
from twinql.domain.interlocks.verdict import InterlockKind, Verdict
from twinql.domain.readings import ReadingSource

if TYPE_CHECKING:
    from schema.channel import Channel


@strawberry.type(description="What one interlock says, with the numbers it compared.")
class InterlockVerdict:
    """A verdict."""

    interlock_id: strawberry.Private[UUID | None]
    other_channel_id: strawberry.Private[UUID | None]
    kind: InterlockKind = strawberry.field(description="What it looks at.")
    allowed: bool = strawberry.field(description="Whether it lets the command pass.")
    message: str = strawberry.field(description="Why, for people.")
    value: float | None = strawberry.field(
        description="What was asked, in the unit of the channel; for EXPIRY in s. For CONDITION and MUTUAL_EXCLUSION "
        "what the other channel reads, or will, in its unit; for MINIMUM_ON_TIME and MINIMUM_OFF_TIME for how long it "
        "has been so, in s; for INPUT_QUALITY the age of the reading, in s; for COMMANDS_PER_HOUR how many there are."
    )
    minimum: float | None = strawberry.field(
        description="The least it allows, in the unit of `value`; null for no bound."
    )
    maximum: float | None = strawberry.field(
        description="The most it allows, in the unit of `value`; null for no bound."
    )
    observed_at: datetime | None = strawberry.field(
        description="When the reading that was looked at was observed, or the emergency stop was triggered; null where "
        "none was."
    )
    source: ReadingSource | None = strawberry.field(
        description="The way by which that reading came in; null where none was looked at."
    )
    interlock: Interlock | None = to_one(
        "schema.interlock:Interlock", "interlock_id", description="The interlock; null for one that is built in."
    )
    other_channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "other_channel_id",
        description="The channel that was looked at; null where it is the one to be set.",
    )

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Show a verdict."""
        return cls(
            interlock_id=verdict.interlock_id,
            other_channel_id=verdict.other_channel_id,
            kind=verdict.kind,
            allowed=verdict.allowed,
            message=verdict.message,
            value=verdict.value,
            minimum=verdict.minimum,
            maximum=verdict.maximum,
            observed_at=verdict.observed_at,
            source=verdict.source,
        )


VERDICT = {
    "interlock_id": key_part("interlock_id"),
    "other_channel_id": key_part("other_channel_id"),
    "kind": text_part("kind"),
    "allowed": truth_part("allowed"),
    "message": text_part("message"),
    "value": number_part("value"),
    "minimum": number_part("minimum"),
    "maximum": number_part("maximum"),
    "observed_at": instant_part("observed_at"),
    "source": text_part("source"),
}
"""What is stored of it."""
