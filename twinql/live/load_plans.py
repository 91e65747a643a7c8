"""Keeps plans of loads, both courses rated by the meter's tariff as a bill would be."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from twinql.domain.identity import Actor, Worker
from twinql.domain.instants import format_instant
from twinql.domain.load_planning.asked import LoadPlanWish
from twinql.domain.load_planning.kept import KeptPlan, PlanRefusal, usual_name, written_loads, written_outcome
from twinql.domain.load_planning.outcome import LoadOutcome
from twinql.domain.metering.intervals import Intervals
from twinql.domain.readings import from_us
from twinql.domain.scenarios.expected_load import followed_by
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.wording import cleaned_or_none
from twinql.errors import TwinError
from twinql.live.foreseen_meter import MEDIAN, Run
from twinql.live.load_planning import Planned, plan_for
from twinql.storage.costs import Reading, costs_of
from twinql.storage.database import Database
from twinql.storage.load_plans import keep_plan

_KEEPER: Final = Worker("load-plans")


async def loads_planned(
    database: Database,
    actor: Actor,
    reading: Reading,
    run: Run,
    *,
    wanted: LoadPlanWish,
    name: str | None,
    now: datetime,
) -> UUID | PlanRefusal:
    """Return the id of a plan that was worked out and kept, or why there is none.

    Args:
        database: Where it is kept.
        actor: Who asks, and in whose name it is kept.
        reading: Opens transactions that only read, as whoever asks.
        run: Works out what takes long beside the event loop.
        wanted: What is asked.
        name: What it shall be called; None for what it makes small.
        now: The present.

    Raises:
        TwinError: It can never be worked out as it is asked, or names what the actor may not see.
    """
    name = cleaned_or_none(name, "name", "name")
    found = await plan_for(reading, run, wanted, now=now)
    if isinstance(found, PlanRefusal):
        return found
    kept = await _priced(reading, found, wanted, name)
    # Only TwinQL itself writes plans: nobody keeps one that nothing worked out.
    async with database.transaction(_KEEPER) as connection:
        return await keep_plan(connection, kept, actor, now=now)


async def _priced(reading: Reading, found: Planned, wanted: LoadPlanWish, name: str | None) -> KeptPlan:
    """Rate both courses by the meter's tariff, exactly, as a bill would be."""
    problem, plan = found.problem, found.plan
    wish = CostWish(
        problem.starts_at,
        problem.instant(problem.count),
        problem.instant(problem.count),
        tariff_id=wanted.tariff_id,
    )
    billed: list[Decimal | None] = []
    currency: str | None = None
    for outcome in (plan.baseline, plan.planned):
        (costed,) = await costs_of(reading, wish, [wanted.meter_id], altered=_altered(found, outcome))
        if isinstance(costed, TwinError):
            raise costed
        known = costed is not None and costed.charged and problem.import_price is not None
        billed.append(costed.cost.total if known and costed is not None else None)
        currency = costed.cost.currency if known and costed is not None else None
    before, after = billed
    baseline = written_outcome(problem, plan.baseline, before)
    planned = written_outcome(problem, plan.planned, after)
    expected = found.meter.expected[found.meter.imports.number]
    return KeptPlan(
        meter_id=wanted.meter_id,
        name=name or usual_name(wanted.objective, problem.starts_at),
        problem=problem,
        plan=plan,
        loads=written_loads(found.loads, problem, plan),
        findings={
            "baseline": baseline,
            "planned": planned,
            "baseline_above_kw": plan.baseline_above_kw,
            "expected_from": format_instant(from_us(expected.from_us)),
        },
        currency=currency,
    )


def _altered(found: Planned, outcome: LoadOutcome) -> Callable[[Mapping[int, Intervals]], Mapping[int, Intervals]]:
    """Return what makes of what was counted the course of a plan."""
    hours, meter = found.problem.step_h, found.meter

    def altered(counted: Mapping[int, Intervals]) -> Mapping[int, Intervals]:
        base = meter.counted(MEDIAN, counted)
        for channel, power in ((meter.imports, outcome.imported_kw), (meter.exports, outcome.exported_kw)):
            if channel is not None:
                base[channel.number] = followed_by(base[channel.number], found.edges, power * hours)
        return base

    return altered
