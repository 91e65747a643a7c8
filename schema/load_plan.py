"""When loads of a day run, as it was worked out, beside what happens if nobody plans."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.described import publish
from schema.lists import LoadPlanConnection
from schema.load_plan_parts import LoadPlanOutcome, PlannedLoad, saved
from schema.node import Node
from schema.viewer_can import viewer_can
from twinql.domain.load_planning.problem import LoadPlanObjective
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table, contains, equals, json_text, one_of
from twinql.storage.read.entity import BY_CREATION_DESCENDING, LOAD_PLANS

if TYPE_CHECKING:
    from schema.command_schedule import CommandSchedule
    from schema.meter import Meter
    from schema.site import Site

publish(
    LoadPlanObjective,
    "What a plan of loads makes as small as it can.",
    COST="What the day costs by the tariff of the meter: cheap hours, and the sun of one's own roof.",
    CARBON="The carbon dioxide of what is taken in: clean hours.",
    PEAK="The highest quarter of an hour of what is taken in: the flattest course.",
)
_ENDS = (
    "array(select starts_at + step * step_seconds * interval '1 second' "
    "from generate_series(1, cardinality(baseline_import_kw)) as step order by step)"
)
_SCHEDULE = (
    "(select s.id from command_schedules as s where s.organisation_id = load_plans.organisation_id "
    "and s.idempotency_key = 'load-plan:' || load_plans.id)"
)


def _course(name: str) -> str:
    """Return the SQL of one of the two courses."""
    return (
        f"jsonb_build_object('imports', {name}_import_kw, 'exports', {name}_export_kw, "
        f"'found', findings -> '{name}', 'currency', currency)"
    )


def _seconds(value: int) -> timedelta:
    return timedelta(seconds=value)


@strawberry.type(
    description="When loads of a day run, as it was worked out, beside doing nothing. It is never changed."
)
class LoadPlan(Node):
    """A plan."""

    table: ClassVar[Table] = LOAD_PLANS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    meter_id: strawberry.Private[UUID] = hidden()
    schedule_id: strawberry.Private[UUID | None] = hidden(_SCHEDULE)
    name: str = column(description="What people call it.")
    objective: LoadPlanObjective = column("objective::text", description="What it makes as small as it can.")
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site."
    )
    meter: Annotated["Meter", strawberry.lazy("schema.meter")] = to_one(
        "schema.meter:Meter",
        "meter_id",
        description="The meter behind which the loads are, and whose tariff counts.",
    )
    created_at: datetime = column(description="When it was worked out; nothing that was read later was known to it.")
    created_by: str = column(description="Who asked: the subject of the token.")
    starts_at: datetime = column(description="Where it begins.")
    step: timedelta = column("step_seconds", read=_seconds, written=json_text.duration, description="Length of a step.")
    ends: list[datetime] = column(_ENDS, description="End of each step.")
    limit: float | None = column(
        "limit_kw", description="What may be taken in at most in any step, in kW; null for no limit."
    )
    optimal: bool = column(
        description="Whether nothing better is possible; else the time ran out, and `gap` says how far it may be off."
    )
    gap: float = column(
        description="By which share of what the loads cost, emit or peak at something better may be possible; 0 where "
        "nothing is."
    )
    solving_seconds: float = column("elapsed_seconds", description="How long the best plan was looked for, in seconds.")
    currency: str | None = column(
        description="The currency of its costs, ISO 4217; null where nobody charges the meter."
    )
    loads: list[PlannedLoad] = column(read=PlannedLoad.all_of, description="When each load runs, by name.")
    baseline: LoadPlanOutcome = column(
        _course("baseline"), read=LoadPlanOutcome.of, description="What it comes to if nobody plans."
    )
    planned: LoadPlanOutcome = column(
        _course("planned"), read=LoadPlanOutcome.of, description="What it comes to by the plan."
    )
    saving: Decimal | None = column(
        "findings",
        read=saved,
        description="What the plan costs less, exactly, in the currency; negative where it costs more, as a plan for "
        "carbon, for the peak or under a limit may. Null where it is not known.",
    )
    schedule: Annotated["CommandSchedule", strawberry.lazy("schema.command_schedule")] | None = to_one(
        "schema.command_schedule:CommandSchedule",
        "schedule_id",
        description="The series of commands that carries it out; null where nobody had it carried out.",
    )
    viewer_can_carry_out: bool = viewer_can(Role.OPERATOR, description="Whether your role allows you to carry it out.")
    viewer_can_delete: bool = viewer_can(Role.OPERATOR, description="Whether your role allows you to delete it.")


@strawberry.input(description="Which plans are wanted; what is left out does not matter.")
class LoadPlanFilter:
    """Conditions that all hold."""

    objective: LoadPlanObjective | None = strawberry.field(default=None, description="Only those that make this small.")
    site_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these sites.")
    meter_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="Only of these meters.")
    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")


WhichPlans = Annotated[
    LoadPlanFilter | None, strawberry.argument(name="filter", description="Which plans; all of them if left out.")
]


def plans_asked(chosen: LoadPlanFilter | None, page: PageRequest, *, parent: str | None = None) -> Asked:
    """Return the question for plans, newest first, under a parent column or for all."""
    chosen = chosen or LoadPlanFilter()
    where = (
        *equals("objective", chosen.objective and chosen.objective.value, "load_plan_objective"),
        *one_of("site_id", _keys(chosen.site_ids, "Site"), "uuid"),
        *one_of("meter_id", _keys(chosen.meter_ids, "Meter"), "uuid"),
        *contains(("name",), chosen.search),
    )
    return Asked(LoadPlan, Question(entity_of(LoadPlan), BY_CREATION_DESCENDING, page, where, parent=parent))


def plans_of(local: str | None, parent: str | None, *, description: str) -> Any:
    """Declare the list of plans of a thing; without its key the root field."""

    def load_plans(
        filter_: WhichPlans = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        return plans_asked(filter_, page_of(first, after, last, before, usual=10, most=100), parent=parent)

    return listed(local, graphql_type=LoadPlanConnection, description=description)(load_plans)


def _keys(ids: list[strawberry.ID] | None, *types: str) -> list[object] | None:
    return None if ids is None else [key_of(each, *types) for each in ids]
