"""The effect that a command is expected to have, by which it is verified."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.changes import needed_key_at
from schema.declared import to_one
from schema.described import publish
from schema.stored_parts import key_part, length_part, number_part, text_part
from twinql.domain.verification import EffectDirection, Expectation
from twinql.errors import InvalidInputError

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


EXPECTED = {
    "channel_id": key_part("channel_id"),
    "direction": text_part("direction"),
    "by": number_part("by"),
    "value": number_part("value"),
    "within": length_part("within_s"),
}
"""What is stored of it."""


@strawberry.input(description="The effect that you expect of a command, looked for in the readings.")
class ExpectedEffectInput:
    """An effect."""

    channel_id: strawberry.ID = strawberry.field(description="The channel that shall show it, of the organisation.")
    direction: EffectDirection = strawberry.field(description="Which way its value goes.")
    by: float | None = strawberry.field(
        default=None,
        description="For RISES and FALLS how far, compared with its course without the command, in its unit and above "
        "zero; left out for however little.",
    )
    value: float | None = strawberry.field(default=None, description="For REACHES the value to come to, in its unit.")
    within: timedelta = strawberry.field(
        description="How soon after the command is executed, from one second to 24 hours."
    )

    def to_domain(self) -> Expectation:
        """Say it in the words of the domain."""
        try:
            channel_id = needed_key_at(self.channel_id, "channelId", "Channel")
        except InvalidInputError as error:
            raise InvalidInputError(error.message, path=("expect", *error.path)) from error
        return Expectation(channel_id, self.direction, self.by, self.value, self.within)
