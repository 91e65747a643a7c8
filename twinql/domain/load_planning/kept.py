"""A plan to be kept: when each load runs, and what that comes to beside doing nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from twinql.domain.instants import format_instant
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.domain.load_planning.outcome import LoadOutcome, Run
from twinql.domain.load_planning.problem import LoadPlanObjective, LoadProblem
from twinql.domain.load_planning.solving import LoadPlan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeptPlan:
    """A plan with what it rests on.

    Attributes:
        meter_id: The meter.
        name: What people call it.
        problem: What was planned.
        plan: What came of it.
        loads: When each load runs, for JSON.
        findings: What both courses come to, for JSON.
        currency: Of their costs; None where nobody charges the meter.
    """

    meter_id: UUID
    name: str
    problem: LoadProblem
    plan: LoadPlan
    loads: Sequence[Mapping[str, Any]]
    findings: Mapping[str, Any]
    currency: str | None


@dataclass(frozen=True, slots=True)
class PlanRefusal:
    """Why there is no plan.

    Attributes:
        code: For programs.
        message: For people: what is wrong, with the numbers.
        needed: For people: what would be needed.
        reasons: The limits that stand in the way, for JSON; each with the load that it concerns.
        gap: How far the search was from its end, where that is known. [share]
    """

    code: str
    message: str
    needed: str
    reasons: Sequence[Mapping[str, Any]] = ()
    gap: float | None = None


def written_loads(loads: Mapping[UUID, DeferrableLoad], problem: LoadProblem, plan: LoadPlan) -> list[dict[str, Any]]:
    """Write down when each load runs, and when it would if nobody planned."""
    return [
        {
            "load_id": str(load_id),
            "channel_id": None if load.channel_id is None else str(load.channel_id),
            "name": load.name,
            "power_kw": task.power_kw,
            "on_value": load.on_value,
            "off_value": load.off_value,
            "runs": [_written(problem, each) for each in runs],
            "usual": [_written(problem, each) for each in usual],
        }
        for (load_id, load), task, runs, usual in zip(loads.items(), problem.tasks, plan.runs, plan.usual, strict=True)
    ]


def written_outcome(problem: LoadProblem, outcome: LoadOutcome, billed: Decimal | None) -> dict[str, Any]:
    """Write down what a course comes to: energy, peak, money as a text, and carbon.

    Args:
        problem: What was planned.
        outcome: What comes of a choice of hours.
        billed: What it costs by the tariff, without what its peak costs; None where nobody charges for it.
    """
    demand = problem.demand_price * max(0.0, outcome.peak_kw - problem.peak_so_far_kw)
    return {
        "import_kwh": float(outcome.imported_kw.sum()) * problem.step_h,
        "export_kwh": float(outcome.exported_kw.sum()) * problem.step_h,
        "peak_kw": outcome.peak_kw,
        "cost": None if billed is None else str(billed + Decimal(repr(round(demand, 9)))),
        "carbon_kg": outcome.carbon_kg,
    }


def usual_name(objective: LoadPlanObjective, starts_at: datetime) -> str:
    """Return what a plan is called that nobody named."""
    best = {
        LoadPlanObjective.COST: "Cheapest",
        LoadPlanObjective.CARBON: "Cleanest",
        LoadPlanObjective.PEAK: "Flattest",
    }
    return f"{best[objective]} hours from {format_instant(starts_at)}"


def _written(problem: LoadProblem, run: Run) -> list[str]:
    return [format_instant(problem.instant(each)) for each in run]
