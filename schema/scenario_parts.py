"""What a scenario of a temperature consists of: courses, crossings, overshoot and the fit behind them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.described import publish
from twinql.domain.thermal.drivers import DriverRole

if TYPE_CHECKING:
    from schema.channel import Channel

Written = Mapping[str, Any]
"""What was written down of a scenario, as JSON gives it back."""

publish(
    DriverRole,
    "How an input enters the heat balance of a temperature.",
    HEAT="It warms in proportion: the power of a heater or motor, irradiance.",
    COLD="It cools in proportion: the power of a compressor, what a cooling coil takes.",
    FRICTION="It warms by more than its proportion: a speed.",
    SINK="A temperature that heat flows to and comes from: the air outside, a coolant.",
    FLOW="An actuator between 0 and 1 that opens a path to something colder or warmer: a coolant pump, a valve, a fan.",
)


@strawberry.enum(description="Which course of a scenario.")
class ScenarioCourseName(Enum):
    """One of the two that stand beside each other."""

    BASELINE = strawberry.enum_value("BASELINE", description="If nobody does anything.")
    ALTERNATIVE = strawberry.enum_value("ALTERNATIVE", description="If what is assumed happens.")


@strawberry.type(
    description="What is expected step by step, in the unit of the scenario: of a temperature the value at the end of "
    "each step, of a load what is taken in over it."
)
class ScenarioCourse:
    """A course with its bounds."""

    p10: list[float | None] | None = strawberry.field(
        description="Lower bounds, in the unit; the tenth percentile at level 0.8. Null where nothing is uncertain: it "
        "was read."
    )
    p50: list[float | None] = strawberry.field(
        description="Medians, in the unit; null where a load was not read throughout its step."
    )
    p90: list[float | None] | None = strawberry.field(
        description="Upper bounds, in the unit; the 90th percentile at level 0.8. Null where nothing is uncertain."
    )

    @classmethod
    def of(cls, found: Written) -> Self:
        """Show a course."""
        return cls(p10=found["lower"] or None, p50=found["median"], p90=found["upper"] or None)


@strawberry.type(description="When a threshold is crossed for the first time.")
class ScenarioCrossing:
    """A first crossing."""

    of_: ScenarioCourseName = strawberry.field(name="of", description="In which course.")
    threshold: float = strawberry.field(description="What is crossed, in the unit.")
    rising: bool = strawberry.field(description="Whether from below.")
    earliest: timedelta | None = strawberry.field(
        description="Time from the start before which it is crossed with a probability of (1 - level) / 2; null where "
        "that is not within the horizon."
    )
    median: timedelta | None = strawberry.field(
        description="Time from the start by which it is crossed with a probability of one half; zero where it starts "
        "beyond it, null where that is not within the horizon."
    )
    latest: timedelta | None = strawberry.field(
        description="Time from the start after which it is still to be crossed with a probability of (1 - level) / 2; "
        "null where that is not within the horizon."
    )
    probability: float = strawberry.field(description="That it is crossed within the horizon at all, 0 to 1.")

    @classmethod
    def of(cls, found: Written) -> Self:
        """Show a crossing."""
        return cls(
            of_=ScenarioCourseName[found["of"]],
            threshold=found["threshold"],
            rising=found["rising"],
            earliest=_length(found["earliest_s"]),
            median=_length(found["median_s"]),
            latest=_length(found["latest_s"]),
            probability=found["probability"],
        )


@strawberry.type(description="How far the alternative goes past its setpoint after it first reached it.")
class ScenarioOvershoot:
    """An overshoot."""

    p10: float = strawberry.field(description="Lower bound, zero or more, in the unit as a difference.")
    p50: float = strawberry.field(description="Median, zero or more, in the unit as a difference.")
    p90: float = strawberry.field(description="Upper bound, in the unit as a difference.")
    probability: float = strawberry.field(description="That it goes past it by more than `tolerance`, 0 to 1.")
    tolerance: float = strawberry.field(description="What is no overshoot, in the unit as a difference.")
    reached: timedelta | None = strawberry.field(
        description="Median time from the start until the setpoint is first reached; null where not within the horizon."
    )

    @classmethod
    def of(cls, found: Written) -> Self:
        """Show an overshoot."""
        return cls(
            p10=found["lower"],
            p50=found["median"],
            p90=found["upper"],
            probability=found["probability"],
            tolerance=found["tolerance"],
            reached=_length(found["reached_s"]),
        )


@strawberry.type(description="A number of a heat balance, with what can be said for it.")
class ThermalParameter:
    """A parameter."""

    name: str = strawberry.field(description="What it is, such as a time constant or the gain of an input.")
    value: float = strawberry.field(description="Its estimate, in its own `unit`.")
    lower: float = strawberry.field(description="Lower bound at 80 %, in its own `unit`.")
    upper: float = strawberry.field(description="Upper bound at 80 %, in its own `unit`.")
    unit: str = strawberry.field(description="Its unit, as text, such as s, K/kW or K.")


@strawberry.type(description="A channel that moves the temperature.")
class ThermalDriver:
    """What moves it."""

    role: DriverRole = strawberry.field(description="How it enters.")
    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel."
    )


@strawberry.type(
    description="How well the heat balance explains what it was not fitted to: whole stretches of the channel's own "
    "past were left out, and simulated from their first reading on by what moved it alone."
)
class ThermalFit:
    """The quality of a fit."""

    order: int = strawberry.field(description="1 for one lump, 2 for an inner one and an envelope.")
    rmse: float = strawberry.field(
        description="Root mean square error over the stretches that were left out, in the unit of the channel."
    )
    persistence_rmse: float = strawberry.field(
        description="That of repeating the last value known, on the same points, in the unit of the channel."
    )
    r2: float = strawberry.field(
        description="Share of the variance over the same stretches that is explained: 1 at best, below 0 worse than "
        "their mean."
    )
    count: int = strawberry.field(description="How many temperatures it was fitted to.")
    from_: datetime = strawberry.field(name="from", description="Where the past begins to which it was fitted.")
    until: datetime = strawberry.field(description="Where that ends.")
    beyond: bool = strawberry.field(
        description="Whether the alternative leaves the range of temperatures of that past: there nobody has seen it."
    )
    out_of_history_after: timedelta | None = strawberry.field(
        description="For how long the alternative is told. After that it would be further outside of the temperatures "
        "of that past than four times their range: p10, p50 and p90 are null, and no crossing is looked for. Null "
        "where all of it is told."
    )
    drivers: list[ThermalDriver] = strawberry.field(description="What moves the temperature in it.")
    parameters: list[ThermalParameter] = strawberry.field(description="Its numbers.")

    @classmethod
    def of(cls, found: Written, *, beyond: bool, told_s: float | None) -> Self:
        """Show a fit."""
        return cls(
            order=found["order"],
            rmse=found["rmse"],
            persistence_rmse=found["persistence_rmse"],
            r2=found["r2"],
            count=found["count"],
            from_=_instant(found["from_s"]),
            until=_instant(found["until_s"]),
            beyond=beyond,
            out_of_history_after=_length(told_s),
            drivers=[
                ThermalDriver(channel_id=UUID(each["channel_id"]), role=DriverRole(each["role"]))
                for each in found["drivers"]
            ],
            parameters=[ThermalParameter(**each) for each in found["parameters"]],
        )


@strawberry.type(description="A value that a channel was assumed to have for a while.")
class ScenarioAssumption:
    """An assumption."""

    value: float | None = strawberry.field(description="Its value, in the unit of its channel; null for a state.")
    state: str | None = strawberry.field(description="The label of its state; null for a value.")
    after: timedelta = strawberry.field(description="From when on, since the scenario was made.")
    for_: timedelta | None = strawberry.field(name="for", description="For how long; null to the end.")
    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel."
    )

    @classmethod
    def all_of(cls, asked: Written) -> list[Self]:
        """Show what was assumed; a setpoint, or that of a thermostat, is a value for all the time."""
        found: list[Written] = [*asked.get("assumptions", ())]
        found += [each for name in ("setpoint", "thermostat") if (each := asked.get(name))]
        return [
            cls(
                value=each["value"],
                state=each.get("state"),
                after=timedelta(seconds=each.get("after_s", 0.0)),
                for_=None if each.get("for_s") is None else timedelta(seconds=each["for_s"]),
                channel_id=UUID(each["channel_id"]),
            )
            for each in found
        ]


def crossings_of(findings: Written) -> Sequence[ScenarioCrossing]:
    """Show all crossings of a scenario."""
    return [ScenarioCrossing.of(each) for each in findings.get("crossings", ())]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=round(seconds))
