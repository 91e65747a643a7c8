"""Works out when loads run best behind a meter, beside what happens if nobody plans."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.instants import format_instant
from twinql.domain.load_planning.asked import STEP_S, LoadPlanWish, PlanPeriod, period_of
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.load_planning.kept import PlanRefusal
from twinql.domain.load_planning.outcome import do_nothing, without
from twinql.domain.load_planning.problem import LoadPlanObjective, LoadProblem
from twinql.domain.load_planning.reasons import ImpossiblePlan
from twinql.domain.load_planning.solving import LoadPlan, plan_loads
from twinql.domain.readings import Floats, Instants, from_us, to_us
from twinql.domain.scenarios.expected_load import in_steps
from twinql.domain.scenarios.scenario import ScenarioRefusal
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import NotFoundError
from twinql.live.foreseen_meter import MEDIAN, READ_DAYS, ForeseenMeter, Run, counting_channels, foreseen
from twinql.storage.costs import Reading
from twinql.storage.database import Connection
from twinql.storage.deferrable_loads import loads_behind
from twinql.storage.load_plans import limit_of
from twinql.storage.metering import intervals_of, meters_to_bill
from twinql.storage.unit_prices import MeterPrices, unit_prices_of

_LEVEL: Final = 0.8
_NO_PLAN: Final = {
    "INFEASIBLE": "No plan keeps all limits.",
    "OUT_OF_TIME": "Neither a plan was found within the time, nor that there is none.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan with what it was made of.

    Attributes:
        loads: The loads by their ids, in the order of the tasks.
        meter: The meter, with what it will probably count.
        edges: Where steps begin, and where the last one ends. [µs since 1970]
        problem: What was planned.
        plan: What came of it.
        currency: Of the prices that hold at the meter; None where there are none.
    """

    loads: Mapping[UUID, DeferrableLoad]
    meter: ForeseenMeter
    edges: Instants
    problem: LoadProblem
    plan: LoadPlan
    currency: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What was read for a plan."""

    loads: Mapping[UUID, DeferrableLoad]
    period: PlanPeriod
    zone: ZoneInfo
    limit_kw: float | None
    meter: ForeseenMeter
    prices: MeterPrices

    @property
    def edges(self) -> Instants:
        return to_us(self.period.starts_at) + STEP_S * 1_000_000 * np.arange(self.period.count + 1)


async def plan_for(
    reading: Reading, run: Run, wanted: LoadPlanWish, *, now: datetime, left: Mapping[UUID, timedelta] | None = None
) -> Planned | PlanRefusal:
    """Plan without keeping it.

    Args:
        reading: Opens transactions that only read, as whoever asks.
        run: Works out what takes long beside the event loop.
        wanted: What is asked.
        now: The present.
        left: How long loads still have to run that have run already; those that are done are left out.

    Raises:
        TwinError: It can never be worked out as it is asked, or names what the actor may not see.
    """
    wanted.check()
    known = await _known(reading, run, wanted, now)
    if isinstance(known, PlanRefusal):
        return known
    if left is not None:
        waiting = {key: each for key, each in known.loads.items() if left.get(key, each.needed) > timedelta()}
        known = replace(known, loads=waiting)
    problem = _problem(known, wanted, left or {})
    if isinstance(problem, PlanRefusal):
        return problem
    plan = await run(plan_loads, problem)
    if isinstance(plan, ImpossiblePlan):
        return _impossible(plan, list(known.loads))
    return Planned(known.loads, known.meter, known.edges, problem, plan, known.prices.currency)


async def _known(reading: Reading, run: Run, wanted: LoadPlanWish, now: datetime) -> _Known | PlanRefusal:
    async with reading() as connection:
        (metered,) = await meters_to_bill(connection, [wanted.meter_id])
        if metered is None:
            message = "There is no meter with this id that you may see; look it up with `meters`."
            raise NotFoundError(message, path=("meterId",))
        loads = await loads_behind(connection, wanted.meter_id, wanted.load_ids)
        if not loads:
            message = "Behind this meter no load is described that can wait."
            return PlanRefusal("NO_LOADS", message, "Loads, by `createDeferrableLoad`.")
        zone = ZoneInfo(metered.time_zone)
        period = period_of(wanted.day, list(loads.values()), zone, now)
        channels = counting_channels(metered)
        if isinstance(channels, ScenarioRefusal):
            return _refused(channels)
        found = await intervals_of(connection, channels, now - timedelta(days=READ_DAYS), now, as_of=None)
        limit = await _limit(connection, wanted)
        edges = to_us(period.starts_at) + STEP_S * 1_000_000 * np.arange(period.count + 1)
        wish = CostWish(period.starts_at, period.ends_at, period.ends_at, tariff_id=wanted.tariff_id)
        prices = await unit_prices_of(connection, wish, metered, channels[0], edges)
    counted = {channel.number: each for channel, each in zip(channels, found, strict=True)}
    meter = await foreseen(channels, counted, run, until=period.ends_at, level=_LEVEL)
    if isinstance(meter, ScenarioRefusal):
        return _refused(meter)
    return _Known(loads, period, zone, limit, meter, prices)


async def _limit(connection: Connection, wanted: LoadPlanWish) -> float | None:
    return wanted.limit_kw if wanted.limit_kw is not None else await limit_of(connection, wanted.meter_id)


def _problem(known: _Known, wanted: LoadPlanWish, left: Mapping[UUID, timedelta]) -> LoadProblem | PlanRefusal:
    period, edges, prices = known.period, known.edges, known.prices
    load = known.meter.load(known.meter.counted(MEDIAN))
    hours = STEP_S / 3_600
    imported = in_steps(load.imported, edges) / hours
    exported = np.zeros(period.count) if load.exported is None else in_steps(load.exported, edges) / hours
    if np.isnan(imported).any() or np.isnan(exported).any():
        message = "Not of all of this time it is known what the meter will count."
        return PlanRefusal("LOAD_UNKNOWN", message, "Readings of the meter up to now, without holes.")
    if (refusal := _unpriced(wanted.objective, prices, edges)) is not None:
        return refusal
    tasks = tuple(
        each.task(period.day, known.zone, starts_at=period.starts_at, step_s=STEP_S, left=left.get(key))
        for key, each in known.loads.items()
    )
    idle = do_nothing(tasks, period.count)
    counted = [row for row, each in enumerate(known.loads.values()) if each.counted]
    already = np.array([tasks[row].power_kw for row in counted]) @ idle[counted] if counted else np.zeros(period.count)
    imported, exported = without(imported, exported, already)
    return LoadProblem(
        starts_at=period.starts_at,
        step_s=STEP_S,
        tasks=tasks,
        imported_kw=imported,
        exported_kw=exported,
        import_price=_whole(prices.imported),
        export_price=prices.exported,
        carbon=_whole(prices.carbon),
        limit_kw=known.limit_kw,
        demand_price=wanted.demand_price,
        peak_so_far_kw=wanted.peak_so_far_kw,
        objective=wanted.objective,
    )


def _unpriced(objective: LoadPlanObjective, prices: MeterPrices, edges: Instants) -> PlanRefusal | None:
    """Say where the objective is not told; None where it is of every step."""
    if objective is LoadPlanObjective.PEAK:
        return None
    of_cost = objective is LoadPlanObjective.COST
    lacking = np.flatnonzero(np.isnan(prices.imported if of_cost else prices.carbon))
    if not len(lacking):
        return None
    at = format_instant(from_us(int(edges[lacking[0]])))
    if of_cost:
        message = f"At {at} what this meter takes in has no price."
        needed = "An agreement that holds then, a `tariffId`, or the prices of the channel that its tariff follows."
        return PlanRefusal("NO_PRICE", message, needed)
    message = f"No channel tells how much carbon a kilowatt hour emits at {at}."
    return PlanRefusal("NO_CARBON", message, "A channel of carbon intensity at the site that tells all of the day.")


def _whole(values: Floats) -> Floats | None:
    return None if np.isnan(values).any() else values


def _impossible(plan: ImpossiblePlan, load_ids: list[UUID]) -> PlanRefusal:
    reasons = [
        {
            "code": each.code,
            "message": each.message,
            "by": each.by,
            "unit": each.unit,
            "load_id": None if each.task is None else str(load_ids[each.task]),
        }
        for each in plan.reasons
    ]
    told = " ".join([_NO_PLAN[plan.code], *(each.message for each in plan.reasons)])
    needed = "What one of the reasons says." if reasons else "Fewer loads, or shorter windows."
    return PlanRefusal(plan.code, told, needed, reasons, plan.gap)


def _refused(refusal: ScenarioRefusal) -> PlanRefusal:
    return PlanRefusal(refusal.code, refusal.message, refusal.needed)
