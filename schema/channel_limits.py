"""What is said of the values of a channel: limits, what is plausible, and the labels of states."""

from typing import Any

import strawberry

from schema.declared import column
from schema.stored_parts import number_part, text_part
from twinql.domain.channels import PlausibilityAction


@strawberry.type(description="Limits at which an alarm is due, in the unit of the channel; null where there is none.")
class Limits:
    """Alarm limits, in the words of ISA-18.2."""

    low_low: float | None = column("limit_low_low", description="Low-low: act at once below it.")
    low: float | None = column("limit_low", description="Low: look into it below it.")
    high: float | None = column("limit_high", description="High: look into it above it.")
    high_high: float | None = column("limit_high_high", description="High-high: act at once above it.")
    deadband: float | None = column(
        "limit_deadband", description="How far back inside a limit a value must come before its alarm returns."
    )


@strawberry.type(description="Where a value should be, in the unit of the channel; null for no end on that side.")
class TargetBand:
    """What somebody aims at, apart from what should raise an alarm."""

    minimum: float | None = column("target_minimum", description="Lowest value at which it should be.")
    maximum: float | None = column("target_maximum", description="Highest value at which it should be.")


@strawberry.type(description="What cannot be right, apart from what should raise an alarm; null where nothing is said.")
class PlausibilityLimits:
    """Bounds of what a sensor can truly read."""

    minimum: float | None = column("plausible_minimum", description="Lowest value that can be right, in the unit.")
    maximum: float | None = column("plausible_maximum", description="Highest value that can be right, in the unit.")
    rate_per_minute: float | None = column(
        "plausible_rate_per_minute", description="Fastest change that can be right, in the unit per minute."
    )
    action: PlausibilityAction = column(
        "plausibility_action::text", description="What happens to a value outside of them."
    )


@strawberry.type(description="A state that a STATE channel can be in.")
class ChannelState:
    """A code with its label."""

    code: float = strawberry.field(description="The value of a reading in this state.")
    label: str = strawberry.field(description="What people call it, such as RUNNING.")


STATE = {"code": number_part("code"), "label": text_part("label")}
"""Its fields as they are stored."""


def states_of(value: list[dict[str, Any]] | None) -> list[ChannelState]:
    """Read the states as they are stored."""
    return [ChannelState(code=float(each["code"]), label=str(each["label"])) for each in value or ()]
