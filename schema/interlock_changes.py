"""Changes of what commands must pass."""

from datetime import timedelta
from typing import Any

import strawberry

from schema.changes import written
from schema.interlock import Interlock
from schema.payload import Payload
from twinql.domain.interlocks.definition import (
    LONGEST_AGE,
    LONGEST_HOLD,
    LONGEST_NAME,
    MOST_PER_HOUR,
    InterlockDefinition,
)
from twinql.domain.interlocks.verdict import InterlockKind

_NAME = f"What people call it, 1 to {LONGEST_NAME} characters"
_MINIMUM = (
    "For RANGE the least that may be asked for, in the unit of the channel; for CONDITION the least that the other "
    "channel must read, in its unit"
)
_RATE = "For RATE_OF_CHANGE: how far the value may move within a minute, in the unit of the channel"
_HOLD = (
    "For MINIMUM_ON_TIME and MINIMUM_OFF_TIME: how long it stays on, or off: whole seconds, up to "
    f"{LONGEST_HOLD.total_seconds() / 3600:g} hours"
)
_ON = (
    "For MINIMUM_ON_TIME, MINIMUM_OFF_TIME and MUTUAL_EXCLUSION: a channel is on while its value lies further from "
    "zero than this, in its unit"
)
_PER_HOUR = f"For COMMANDS_PER_HOUR: how many may be sent to the channel within an hour, up to {MOST_PER_HOUR}"
_AGE = f"How old the reading may be that it looks at: whole seconds, up to {LONGEST_AGE.days} days"
_USUAL_AGE = "three resolutions of that channel and at least five minutes"
_FROM = (
    "For RATE_OF_CHANGE, CONDITION, COMMANDS_PER_HOUR and INPUT_QUALITY: it judges commands for this value and above, "
    "in the unit of the channel, so that what makes things safe stays possible"
)
_TO = "Likewise: it judges commands for this value and below"


@strawberry.input(description="A new interlock: beside `kind` and `name`, what its kind takes.")
class CreateInterlockInput:
    """What is laid down."""

    channel_id: strawberry.ID = strawberry.field(
        description="The channel whose commands it judges, a writable one; never changes."
    )
    kind: InterlockKind = strawberry.field(description="What it looks at, but for what is built in; never changes.")
    name: str = strawberry.field(description=f"{_NAME}.")
    other_channel_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="For MUTUAL_EXCLUSION and CONDITION: the other channel; for INPUT_QUALITY the channel that must be "
        "read well, left out for the channel itself. Never changes.",
    )
    minimum: float | None = strawberry.field(default=None, description=f"{_MINIMUM}.")
    maximum: float | None = strawberry.field(default=None, description="The most, likewise.")
    rate_per_minute: float | None = strawberry.field(default=None, description=f"{_RATE}.")
    hold_for: timedelta | None = strawberry.field(default=None, description=f"{_HOLD}.")
    on_above: float | None = strawberry.field(default=None, description=f"{_ON}; left out, zero.")
    per_hour: int | None = strawberry.field(default=None, description=f"{_PER_HOUR}.")
    max_age: timedelta | None = strawberry.field(default=None, description=f"{_AGE}; left out, {_USUAL_AGE}.")
    applies_from: float | None = strawberry.field(default=None, description=f"{_FROM}.")
    applies_to: float | None = strawberry.field(default=None, description=f"{_TO}.")

    def to_domain(self) -> InterlockDefinition:
        """Say it in the words of the domain."""
        return InterlockDefinition(
            name=self.name,
            kind=self.kind,
            minimum=self.minimum,
            maximum=self.maximum,
            rate_per_minute=self.rate_per_minute,
            hold_for=self.hold_for,
            on_above=self.on_above,
            per_hour=self.per_hour,
            max_age=self.max_age,
            applies_from=self.applies_from,
            applies_to=self.applies_to,
        )


@strawberry.input(description="Changes of an interlock; what is left out stays as it is.")
class UpdateInterlockInput:
    """What is laid down differently."""

    id: strawberry.ID = strawberry.field(description="The interlock.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description=f"{_NAME}; cannot be null.")
    minimum: float | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_MINIMUM}; null for no lower end."
    )
    maximum: float | None = strawberry.field(
        default=strawberry.UNSET, description="The most, likewise; null for no upper end."
    )
    rate_per_minute: float | None = strawberry.field(default=strawberry.UNSET, description=f"{_RATE}.")
    hold_for: timedelta | None = strawberry.field(default=strawberry.UNSET, description=f"{_HOLD}.")
    on_above: float | None = strawberry.field(default=strawberry.UNSET, description=f"{_ON}; null for zero.")
    per_hour: int | None = strawberry.field(default=strawberry.UNSET, description=f"{_PER_HOUR}.")
    max_age: timedelta | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_AGE}; null for {_USUAL_AGE}."
    )
    applies_from: float | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_FROM}; null for no lower end."
    )
    applies_to: float | None = strawberry.field(default=strawberry.UNSET, description=f"{_TO}; null for no upper end.")

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        return written(self, leave=("id",), never_null=("name",))


@strawberry.input(description="An interlock to take out of use.")
class ArchiveInterlockInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The interlock.")


@strawberry.type(description="What became of an interlock to be made.")
class CreateInterlockPayload(Payload):
    """The outcome of `createInterlock`."""

    interlock: Interlock | None = strawberry.field(
        default=None, description="The new interlock; null where the input was not taken."
    )


@strawberry.type(description="What became of an interlock to be changed.")
class UpdateInterlockPayload(Payload):
    """The outcome of `updateInterlock`."""

    interlock: Interlock | None = strawberry.field(
        default=None, description="The interlock as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of an interlock to be taken out of use.")
class ArchiveInterlockPayload(Payload):
    """The outcome of `archiveInterlock`."""

    interlock: Interlock | None = strawberry.field(
        default=None, description="The interlock; null where the input was not taken."
    )
