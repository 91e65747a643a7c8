"""What a plan of loads says: when each runs, and what that comes to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry

from schema.declared import named, one
from twinql.context import Info
from twinql.domain.instants import parse_instant
from twinql.domain.tariffs.money import rounded
from twinql.domain.units import Unit

if TYPE_CHECKING:
    from schema.deferrable_load import DeferrableLoad

Written = Mapping[str, Any]
"""What was written down of a plan, as JSON gives it back."""


@strawberry.type(description="A time over which a load runs.")
class LoadRun:
    """A run."""

    from_: datetime = strawberry.field(name="from", description="When it begins.")
    until: datetime = strawberry.field(description="When it ends.")

    @classmethod
    def all_of(cls, written: Sequence[Sequence[str]]) -> list[Self]:
        """Show runs."""
        return [cls(from_=parse_instant(first), until=parse_instant(last)) for first, last in written]


@strawberry.type(description="When a load runs by a plan, and when it would if nobody planned.")
class PlannedLoad:
    """A load in a plan."""

    load_id: strawberry.Private[UUID]
    name: str = strawberry.field(description="What it was called then.")
    power: float = strawberry.field(description="The mean power of the steps in which it runs, in kW.")
    runs: list[LoadRun] = strawberry.field(description="When it runs by the plan.")
    usual_runs: list[LoadRun] = strawberry.field(description="When it would run if nobody planned.")
    moved: bool = strawberry.field(description="Whether the two differ.")

    @strawberry.field(description="The load as it is described now.")
    async def load(self, info: Info) -> Annotated["DeferrableLoad", strawberry.lazy("schema.deferrable_load")] | None:
        """Load it."""
        return await one(info, named("schema.deferrable_load:DeferrableLoad"), self.load_id)

    @classmethod
    def all_of(cls, written: Sequence[Written]) -> list[Self]:
        """Show the loads of a plan."""
        return [
            cls(
                load_id=UUID(each["load_id"]),
                name=each["name"],
                power=each["power_kw"],
                runs=LoadRun.all_of(each["runs"]),
                usual_runs=LoadRun.all_of(each["usual"]),
                moved=each["runs"] != each["usual"],
            )
            for each in written
        ]


@strawberry.type(description="What a course of a day comes to at the meter, step by step and together.")
class LoadPlanOutcome:
    """One of two courses."""

    imports: list[float] = strawberry.field(description="What is taken in, the mean power of each step, in kW.")
    exports: list[float] = strawberry.field(description="What is fed in, the mean power of each step, in kW.")
    imported: float | None = strawberry.field(description="What is taken in together, in kWh.")
    exported: float | None = strawberry.field(description="What is fed in together, in kWh.")
    peak: float | None = strawberry.field(description="The highest step of what is taken in, in kW.")
    cost: Decimal | None = strawberry.field(
        description="What all that the meter counts costs by its tariff, VAT and standing charge included, and what "
        "the peak costs; in the currency, rounded to its minor unit. Null where it is not known."
    )
    exact_cost: Decimal | None = strawberry.field(description="The same before rounding.")
    carbon: float | None = strawberry.field(
        description="The carbon dioxide of what is taken in, in kg; null where its intensity is not told of every step."
    )

    @classmethod
    def of(cls, written: Written) -> Self:
        """Show a course."""
        found, cost = written["found"], written["found"].get("cost")
        exact = None if cost is None else Decimal(cost)
        return cls(
            imports=written["imports"],
            exports=written["exports"],
            imported=found.get("import_kwh"),
            exported=found.get("export_kwh"),
            peak=found.get("peak_kw"),
            cost=None if exact is None else rounded(exact, written["currency"]),
            exact_cost=exact,
            carbon=found.get("carbon_kg"),
        )


@strawberry.type(description="A limit that stands in the way of a plan.")
class LoadPlanReason:
    """Which limit, and by how much."""

    load_id: strawberry.Private[UUID | None]
    code: str = strawberry.field(
        description="For programs: WINDOW_TOO_SHORT, EXPECTED_LOAD_ABOVE_LIMIT, LIMIT_TOO_LOW, or LOAD_LEFT_OUT for "
        "what would be left out under the limit as it is."
    )
    message: str = strawberry.field(description="For people, with the numbers, and what would help.")
    by: float = strawberry.field(description="By how much, in `unit`.")
    unit: Unit = strawberry.field(description="The unit of `by`: HOUR, KILOWATT or KILOWATT_HOUR.")

    @strawberry.field(description="The load that it concerns; null where it concerns all of them.")
    async def load(self, info: Info) -> Annotated["DeferrableLoad", strawberry.lazy("schema.deferrable_load")] | None:
        """Load it."""
        if self.load_id is None:
            return None
        return await one(info, named("schema.deferrable_load:DeferrableLoad"), self.load_id)

    @classmethod
    def of(cls, written: Written) -> Self:
        """Show a reason."""
        load_id = written["load_id"]
        return cls(
            load_id=None if load_id is None else UUID(load_id),
            code=written["code"],
            message=written["message"],
            by=written["by"],
            unit=Unit(written["unit"]),
        )


def saved(findings: Written) -> Decimal | None:
    """Return what a plan costs less than doing nothing, exactly; None where a cost is not known."""
    before, after = (findings[each].get("cost") for each in ("baseline", "planned"))
    return None if before is None or after is None else Decimal(before) - Decimal(after)
