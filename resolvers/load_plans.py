"""Plans of when loads run: made, listed, and let go."""

from typing import Annotated

import strawberry

from resolvers.command_schedules import obstacle_at
from schema.changes import needed_key_at
from schema.command_orders import ScheduledCommandOutcome
from schema.command_schedule import CommandSchedule
from schema.declared import one
from schema.load_plan import LoadPlan, plans_of
from schema.load_plan_changes import (
    CarryOutLoadPlanInput,
    CarryOutLoadPlanPayload,
    DeleteLoadPlanInput,
    DeleteLoadPlanPayload,
    LoadPlanRefusal,
    PlanLoadsInput,
    PlanLoadsPayload,
)
from schema.load_plan_parts import PlannedLoad
from schema.payload import mutation
from twinql.context import Info
from twinql.domain.interlocks.verdict import refusals
from twinql.domain.load_planning.kept import PlanRefusal
from twinql.domain.membership import Role
from twinql.live.load_orders import carry_out
from twinql.live.load_plans import loads_planned
from twinql.storage.load_plans import delete_plan

ToPlan = Annotated[PlanLoadsInput, strawberry.argument(description="What is to be planned.")]
ToCarryOut = Annotated[CarryOutLoadPlanInput, strawberry.argument(description="Which plan.")]
ToDelete = Annotated[DeleteLoadPlanInput, strawberry.argument(description="Which plan.")]


@strawberry.type
class LoadPlanQuery:
    """Root fields about plans."""

    load_plans = plans_of(None, None, description="Plans of loads that were kept, newest first.")


@strawberry.type
class LoadPlanMutation:
    """Changes of plans."""

    @mutation(
        needs=Role.OPERATOR,
        description="Work out when the loads behind a meter run best on a day, beside what happens if nobody plans, "
        "and keep it. Nothing is switched by it. Where no plan keeps the limits it says which of them stands in the "
        "way and by how much, and nothing is kept.",
    )
    async def plan_loads(self, info: Info, input: ToPlan) -> PlanLoadsPayload:
        """Work it out beside the event loop."""
        context = info.context
        found = await loads_planned(
            context.database,
            context.actor,
            context.reading,
            (await context.bench()).run,
            wanted=input.to_domain(),
            name=input.name,
            now=context.now,
        )
        if isinstance(found, PlanRefusal):
            return PlanLoadsPayload(refusal=LoadPlanRefusal.of(found))
        return PlanLoadsPayload(load_plan=await one(info, LoadPlan, found))

    @mutation(
        needs=Role.OPERATOR,
        description="Carry a plan out: a series of commands switches its loads on and off at their hours, each judged "
        "by all interlocks now and again before it is sent. All are taken on, or none; `cancelCommandSchedule` cancels "
        "them as one. Loads without a channel are left to people, and named. While commands of "
        "another plan of the day wait for a load, it is refused. Repeating it changes nothing.",
    )
    async def carry_out_load_plan(self, info: Info, input: ToCarryOut) -> CarryOutLoadPlanPayload:
        """Take its commands on."""
        context, key = info.context, needed_key_at(input.id, "id", "LoadPlan")
        carried = await carry_out(context.database, context.actor, key, now=context.now, dry_run=input.dry_run)
        found = carried.scheduled
        context.commanded()
        return CarryOutLoadPlanPayload(
            schedule=await one(info, CommandSchedule, found.schedule_id),
            outcomes=ScheduledCommandOutcome.all_of(carried.series.orders, found.issued),
            left_to_people=PlannedLoad.all_of(carried.left_to_people),
            replayed=found.replayed,
            user_errors=[
                obstacle_at(place, each)
                for place, issued in enumerate(found.issued)
                for each in refusals(issued.verdicts)
            ],
        )

    @mutation(
        needs=Role.OPERATOR,
        description="Delete a plan that nobody needs any more. Commands that carry it out go on.",
    )
    async def delete_load_plan(self, info: Info, input: ToDelete) -> DeleteLoadPlanPayload:
        """Delete it."""
        context, key = info.context, needed_key_at(input.id, "id", "LoadPlan")
        await delete_plan(context.database, context.actor, key)
        return DeleteLoadPlanPayload(deleted_id=input.id)
