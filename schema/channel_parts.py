"""Inputs that group what is said of a channel."""

from typing import Any

import strawberry

from schema.changes import written
from twinql.domain.channels import PlausibilityAction


@strawberry.input(
    description="Limits at which an alarm is due, in the unit of the channel, from the lowest to the highest. "
    "In an update, what is left out stays and null removes it."
)
class LimitsInput:
    """Alarm limits."""

    low_low: float | None = strawberry.field(
        default=strawberry.UNSET, description="Low-low: act at once below it; not above `low`."
    )
    low: float | None = strawberry.field(
        default=strawberry.UNSET, description="Low: look into it below it; not above `high`."
    )
    high: float | None = strawberry.field(
        default=strawberry.UNSET, description="High: look into it above it; not above `highHigh`."
    )
    high_high: float | None = strawberry.field(default=strawberry.UNSET, description="High-high: act at once above it.")
    deadband: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="How far back inside a limit a value must come before its alarm returns; zero or above.",
    )

    def written(self) -> dict[str, Any]:
        """Return what was written, by attribute of the domain's limits."""
        return written(self)


@strawberry.input(
    description="Where a value should be, in the unit of the channel. "
    "In an update, what is left out stays and null removes it."
)
class TargetBandInput:
    """What somebody aims at, apart from what should raise an alarm."""

    minimum: float | None = strawberry.field(
        default=strawberry.UNSET, description="Lowest value at which it should be; not above `maximum`."
    )
    maximum: float | None = strawberry.field(
        default=strawberry.UNSET, description="Highest value at which it should be."
    )

    def written(self) -> dict[str, Any]:
        """Return what was written, by attribute of the domain's target."""
        return written(self)


@strawberry.input(
    description="What cannot be right, apart from what should raise an alarm. "
    "In an update, what is left out stays and null removes it."
)
class PlausibilityInput:
    """Bounds of what a sensor can truly read."""

    minimum: float | None = strawberry.field(
        default=strawberry.UNSET, description="Lowest value that can be right, in the unit."
    )
    maximum: float | None = strawberry.field(
        default=strawberry.UNSET, description="Highest value that can be right, in the unit; not below `minimum`."
    )
    rate_per_minute: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="Fastest change that can be right, in the unit per minute; above zero.",
    )
    action: PlausibilityAction | None = strawberry.field(
        default=strawberry.UNSET,
        description="What happens to a value outside of them; MARK_UNCERTAIN where nothing is said.",
    )

    def written(self) -> dict[str, Any]:
        """Return what was written, by attribute of the domain's plausibility."""
        said = written(self)
        if said.get("action", PlausibilityAction.REJECT) is None:
            said["action"] = PlausibilityAction.MARK_UNCERTAIN
        return said


@strawberry.input(description="A state that a STATE channel can be in.")
class ChannelStateInput:
    """A code with its label."""

    code: float = strawberry.field(description="The value of a reading in this state, no other state's.")
    label: str = strawberry.field(description="What people call it, such as RUNNING; no other state's.")
