"""Questions what would happen if, and the scenarios that were kept."""

from typing import Annotated

import strawberry

from schema.changes import needed_key_at
from schema.declared import one
from schema.payload import mutation
from schema.scenario import Scenario, scenarios_of
from schema.scenario_changes import (
    DeleteScenarioInput,
    DeleteScenarioPayload,
    ScenarioRefusal,
    SimulateInput,
    SimulatePayload,
)
from schema.scenario_comparison import ScenarioComparison, comparison_of_scenarios
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.domain.scenarios.scenario import ScenarioRefusal as Refused
from twinql.live.scenarios import simulated
from twinql.storage.scenarios import delete_scenario

ToSimulate = Annotated[SimulateInput, strawberry.argument(description="The question.")]
ToDelete = Annotated[DeleteScenarioInput, strawberry.argument(description="Which scenario.")]
ScenarioIds = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Two to ten different scenarios of the same kind and channel, by their ids."),
]


@strawberry.type
class ScenarioQuery:
    """Root fields about scenarios."""

    scenarios = scenarios_of(None, None, description="Scenarios that were kept, newest first.")

    @strawberry.field(
        description="Scenarios of one channel beside each other, each with what it differs by from the first one. Null "
        "beside an error alone."
    )
    async def compare_scenarios(self, info: Info, ids: ScenarioIds) -> ScenarioComparison | None:
        """Load them together."""
        return await comparison_of_scenarios(info, ids)


@strawberry.type
class ScenarioMutation:
    """Changes of scenarios."""

    @mutation(
        needs=Role.OPERATOR,
        description="Work out what would happen if, beside what happens if nobody does anything, and keep it. Nothing "
        "is changed by it but the list of scenarios. Where it cannot be trusted it is refused, and nothing is kept.",
    )
    async def simulate(self, info: Info, input: ToSimulate) -> SimulatePayload:
        """Work it out beside the event loop."""
        context = info.context
        found = await simulated(
            context.database,
            context.actor,
            context.reading,
            (await context.bench()).run,
            name=input.name,
            temperature=None if input.temperature is None else input.temperature.to_domain(),
            load_shift=None if input.load_shift is None else input.load_shift.to_domain(),
            now=context.now,
        )
        if isinstance(found, Refused):
            return SimulatePayload(refusal=ScenarioRefusal.of(found))
        return SimulatePayload(scenario=await one(info, Scenario, found))

    @mutation(needs=Role.OPERATOR, description="Delete a scenario that nobody needs any more.")
    async def delete_scenario(self, info: Info, input: ToDelete) -> DeleteScenarioPayload:
        """Delete it."""
        context, key = info.context, needed_key_at(input.id, "id", "Scenario")
        await delete_scenario(context.database, context.actor, key)
        return DeleteScenarioPayload(deleted_id=input.id)
