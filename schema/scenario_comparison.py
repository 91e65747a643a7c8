"""Scenarios of one channel beside each other."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import key_of, one, to_one
from schema.scenario import Scenario
from schema.scenario_parts import ScenarioCourseName, ScenarioCrossing
from twinql.context import Info
from twinql.domain.scenarios.scenario import ScenarioKind
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from schema.channel import Channel

FEWEST, MOST = 2, 10


@strawberry.type(description="When the alternatives of two scenarios first cross the same threshold.")
class ComparedCrossing:
    """A crossing beside that of the first scenario."""

    threshold: float = strawberry.field(description="What is crossed, in the unit.")
    rising: bool = strawberry.field(description="Whether from below.")
    median: timedelta | None = strawberry.field(
        description="Median time from the start of this one; null where that is not within its horizon."
    )
    later_by: float | None = strawberry.field(
        description="How many seconds that is later than in the first one; negative is sooner, null without both."
    )


@strawberry.type(description="A scenario with what it differs by from the first one.")
class ComparedScenario:
    """One of several, in its alternative's medians."""

    scenario: Scenario = strawberry.field(description="The scenario.")
    highest: float | None = strawberry.field(description="The highest median of its alternative, in the unit.")
    highest_difference: float | None = strawberry.field(description="How much that is more than the first one's.")
    lowest: float | None = strawberry.field(description="The lowest median of its alternative, in the unit.")
    lowest_difference: float | None = strawberry.field(description="How much that is more than the first one's.")
    end: float | None = strawberry.field(description="The last median of its alternative, in the unit.")
    end_difference: float | None = strawberry.field(description="How much that is more than the first one's.")
    crossings: list[ComparedCrossing] = strawberry.field(description="Thresholds that are looked for in both.")
    saving: Decimal | None = strawberry.field(
        description="Of a load, what it saves, in the currency of its `load`; null for a temperature."
    )
    saving_difference: Decimal | None = strawberry.field(
        description="How much that is more than the first one's; null for a temperature, and between two currencies."
    )

    @classmethod
    def of(cls, scenario: Scenario, first: Scenario) -> Self:
        """Set a scenario beside the first one."""
        mine, theirs = _measured(scenario), _measured(first)
        saving, before = _saving(scenario), _saving(first)
        same = scenario.load is not None and first.load is not None and scenario.load.currency == first.load.currency
        return cls(
            scenario=scenario,
            highest=mine[0],
            highest_difference=_less(mine[0], theirs[0]),
            lowest=mine[1],
            lowest_difference=_less(mine[1], theirs[1]),
            end=mine[2],
            end_difference=_less(mine[2], theirs[2]),
            crossings=list(_crossings(scenario, first)),
            saving=saving,
            saving_difference=None if not same or saving is None or before is None else saving - before,
        )


@strawberry.type(description="Scenarios of one channel beside each other.")
class ScenarioComparison:
    """A comparison."""

    kind: ScenarioKind = strawberry.field(description="What all of them ask about.")
    unit: Unit = strawberry.field(description="The unit of all values.")
    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel that all of them foresee."
    )
    items: list[ComparedScenario] = strawberry.field(
        description="The scenarios, in the order in which they were named."
    )


async def comparison_of_scenarios(info: Info, ids: Sequence[strawberry.ID]) -> ScenarioComparison:
    """Compare scenarios by their ids.

    Raises:
        InvalidInputError: They are fewer than two or more than ten, or not of one kind, channel and unit.
        NotFoundError: One of them is not there for whoever asks.
    """
    keys = [key_of(each, "Scenario") for each in ids]
    if not FEWEST <= len(set(keys)) <= MOST or len(set(keys)) != len(keys):
        raise InvalidInputError(f"Compare {FEWEST} to {MOST} different scenarios.", path=("ids",))
    found = await asyncio.gather(*(one(info, Scenario, each) for each in keys))
    scenarios = [each for each in found if each is not None]
    if len(scenarios) < len(found):
        message = "There is no scenario with one of these ids that you may see; look them up with `scenarios`."
        raise NotFoundError(message, path=("ids",))
    first = scenarios[0]
    if any((each.kind, each.channel_id, each.unit) != (first.kind, first.channel_id, first.unit) for each in scenarios):
        message = "Scenarios of different channels do not compare; name some of one channel."
        raise InvalidInputError(message, path=("ids",))
    items = [ComparedScenario.of(each, first) for each in scenarios]
    return ScenarioComparison(kind=first.kind, unit=first.unit, channel_id=first.channel_id, items=items)


def _measured(scenario: Scenario) -> tuple[float | None, float | None, float | None]:
    """Return the highest, the lowest and the last median of an alternative."""
    known = [each for each in scenario.alternative.p50 if each is not None]
    return (max(known), min(known), scenario.alternative.p50[-1]) if known else (None, None, None)


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _saving(scenario: Scenario) -> Decimal | None:
    return None if scenario.load is None else scenario.load.saving.amount


def _crossings(scenario: Scenario, first: Scenario) -> Sequence[ComparedCrossing]:
    others = {(each.threshold, each.rising): each for each in _of_alternative(first)}
    return [
        ComparedCrossing(
            threshold=each.threshold,
            rising=each.rising,
            median=each.median,
            later_by=_less(_seconds(each), _seconds(others[each.threshold, each.rising])),
        )
        for each in _of_alternative(scenario)
        if (each.threshold, each.rising) in others
    ]


def _of_alternative(scenario: Scenario) -> list[ScenarioCrossing]:
    return [each for each in scenario.crossings if each.of_ is ScenarioCourseName.ALTERNATIVE]


def _seconds(crossing: ScenarioCrossing) -> float | None:
    return None if crossing.median is None else crossing.median.total_seconds()
