"""Asking for a plan of loads, and what comes of it."""

from datetime import date
from decimal import Decimal

import strawberry

from schema.changes import key_at, needed_key_at
from schema.command_orders import ScheduledCommandOutcome
from schema.command_schedule import CommandSchedule
from schema.load_plan import LoadPlan
from schema.load_plan_parts import LoadPlanReason, PlannedLoad
from schema.payload import Payload
from twinql.domain.load_planning.asked import DAYS_AHEAD, MOST_LOADS, LoadPlanWish
from twinql.domain.load_planning.kept import PlanRefusal
from twinql.domain.load_planning.problem import LoadPlanObjective


@strawberry.input(description="What is to be planned.")
class PlanLoadsInput:
    """A question."""

    meter_id: strawberry.ID = strawberry.field(description="The meter behind which the loads are.")
    day: date | None = strawberry.field(
        default=None,
        description="The day by the clock of the site on which their windows begin: today, of which what is left "
        f"counts, or up to {DAYS_AHEAD} days ahead; tomorrow where it is left out.",
    )
    objective: LoadPlanObjective = strawberry.field(
        default=LoadPlanObjective.COST, description="What is made as small as it can be."
    )
    load_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"Which loads, at most {MOST_LOADS}; all that are in use where it is left out."
    )
    limit: float | None = strawberry.field(
        default=None,
        description="What the meter may take in at most in any quarter of an hour, in kW; the `powerLimit` of the site "
        "where it is left out.",
    )
    demand_price: Decimal | None = strawberry.field(
        default=None,
        description="What each kW costs by which the highest quarter of an hour goes above `peakSoFar`, in the "
        "currency of the tariff; left out for nothing.",
    )
    peak_so_far: float = strawberry.field(
        default=0.0, description="The highest quarter of an hour that is charged already, in kW."
    )
    tariff_id: strawberry.ID | None = strawberry.field(
        default=None, description="A tariff to reckon with; the meter's own where it is left out."
    )
    name: str | None = strawberry.field(
        default=None,
        description="What the plan shall be called, 1 to 200 characters; left out, by what it makes small.",
    )

    def to_domain(self) -> LoadPlanWish:
        """Say it in the words of the domain."""
        return LoadPlanWish(
            meter_id=needed_key_at(self.meter_id, "meterId", "Meter"),
            day=self.day,
            objective=self.objective,
            limit_kw=self.limit,
            demand_price=float(self.demand_price or 0),
            peak_so_far_kw=self.peak_so_far,
            load_ids=None
            if self.load_ids is None
            else [needed_key_at(each, "loadIds", "DeferrableLoad") for each in self.load_ids],
            tariff_id=key_at(self.tariff_id, "tariffId", "Tariff"),
        )


@strawberry.type(
    description="Why there is no plan: which limit stands in the way and by how much, or what is not known."
)
class LoadPlanRefusal:
    """A refusal."""

    code: str = strawberry.field(
        description="For programs: INFEASIBLE, OUT_OF_TIME, NO_LOADS, NO_PRICE, NO_CARBON, NO_REGISTER, "
        "SEVERAL_REGISTERS, NO_ENERGY, INSUFFICIENT_HISTORY or LOAD_UNKNOWN."
    )
    message: str = strawberry.field(description="For people: what is wrong, with the numbers.")
    needed: str = strawberry.field(description="For people: what would be needed.")
    reasons: list[LoadPlanReason] = strawberry.field(description="The limits that stand in the way.")
    gap: float | None = strawberry.field(
        description="How far the search was from its end, as a share, where the time ran out and that is known."
    )

    @classmethod
    def of(cls, refused: PlanRefusal) -> "LoadPlanRefusal":
        """Show a refusal."""
        return cls(
            code=refused.code,
            message=refused.message,
            needed=refused.needed,
            reasons=[LoadPlanReason.of(each) for each in refused.reasons],
            gap=refused.gap,
        )


@strawberry.type(description="What came of a question for a plan: a plan that is kept, or why there is none.")
class PlanLoadsPayload(Payload):
    """The outcome of `planLoads`."""

    load_plan: LoadPlan | None = strawberry.field(
        default=None, description="The plan; null where it was refused, or the input was not taken."
    )
    refusal: LoadPlanRefusal | None = strawberry.field(
        default=None, description="Why there is none, where the input was taken; nothing is kept then."
    )


@strawberry.input(description="A plan to be carried out.")
class CarryOutLoadPlanInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The plan; its first run has not begun more than an hour ago.")
    dry_run: bool = strawberry.field(
        default=False, description="Whether to say what the interlocks say, and change nothing."
    )


@strawberry.type(description="What became of a plan that was to be carried out.")
class CarryOutLoadPlanPayload(Payload):
    """The outcome of `carryOutLoadPlan`."""

    schedule: CommandSchedule | None = strawberry.field(
        default=None,
        description="The series of commands, which can be cancelled as one; null in a dry run, and where one of its "
        "commands is refused.",
    )
    outcomes: list[ScheduledCommandOutcome] = strawberry.field(
        default_factory=list, description="What interlocks say of each command, in the order in which they are due."
    )
    left_to_people: list[PlannedLoad] = strawberry.field(
        default_factory=list, description="The loads of the plan that no channel switches, and when they run: by hand."
    )
    replayed: bool = strawberry.field(default=False, description="Whether it was carried out before.")


@strawberry.input(description="A plan that nobody needs any more.")
class DeleteLoadPlanInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The plan.")


@strawberry.type(description="What became of a plan that was to be deleted.")
class DeleteLoadPlanPayload(Payload):
    """The outcome of `deleteLoadPlan`."""

    deleted_id: strawberry.ID | None = strawberry.field(
        default=None, description="The global id that it had; null where nothing was deleted."
    )
