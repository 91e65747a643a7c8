"""The effect that a command is expected to have, by which it is verified."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.described import publish
from twinql.domain.verification import EffectDirection, Expectation

if TYPE_CHECKING:
    from schema.channel import Channel

publish(
    EffectDirection,
    "Which way a value is expected to go.",
    RISES="It gets larger than it would have been.",
    FALLS="It gets smaller than it would have been.",
    REACHES="It comes to a value.",
)


@strawberry.type(description="An effect that is expected of a command, and looked for in the readings.")
class ExpectedEffect:
    """An effect."""

    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The channel that is expected to show it; null where it is gone meanwhile.",
    )
    direction: EffectDirection = strawberry.field(description="Which way its value is expected to go.")
    by: float | None = strawberry.field(
        description="For RISES and FALLS how far, compared with its course without the command, in its unit; null for "
        "however little."
    )
    value: float | None = strawberry.field(description="For REACHES the value to come to, in its unit; else null.")
    within: timedelta = strawberry.field(description="How soon.")

    @classmethod
    def of(cls, expectation: Expectation) -> Self:
        """Show an expectation."""
        return cls(
            channel_id=expectation.channel_id,
            direction=expectation.direction,
            by=expectation.by,
            value=expectation.value,
            within=expectation.within,
        )
