"""What comes of running loads at some hours: what is taken in and fed in, what it costs and emits, and its peak."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinql.domain.load_planning.problem import GRAMS_A_KG, Choice, LoadPlanObjective, LoadProblem, LoadTask
from twinql.domain.readings import Floats

Run = tuple[int, int]
"""The step with which a run begins, and the one before which it ends."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadOutcome:
    """What comes of a choice of hours.

    Attributes:
        imported_kw: What is taken in, shape (steps,). [kW]
        exported_kw: What is fed in, shape (steps,). [kW]
        cost: What that costs, less what is earned; None where not every step has a price. [currency]
        carbon_kg: What is emitted; None where that is not told of every step. [kg]
        peak_kw: The highest step. [kW]
    """

    imported_kw: Floats
    exported_kw: Floats
    cost: float | None
    carbon_kg: float | None
    peak_kw: float

    def of(self, objective: LoadPlanObjective) -> float | None:
        """Return what an objective makes small."""
        return {
            LoadPlanObjective.COST: self.cost,
            LoadPlanObjective.CARBON: self.carbon_kg,
            LoadPlanObjective.PEAK: self.peak_kw,
        }[objective]


def outcome_of(problem: LoadProblem, chosen: Choice) -> LoadOutcome:
    """Work out what comes of a choice, by nothing but sums: a second opinion on what the solver says.

    Loads take first what would be fed in, and only the rest from the grid.
    """
    load = np.array([each.power_kw for each in problem.tasks]) @ chosen if problem.tasks else np.zeros(problem.count)
    instead = np.minimum(load, problem.exported_kw)
    imported, exported = problem.imported_kw + load - instead, problem.exported_kw - instead
    peak = float(imported.max(initial=0.0))
    carbon = None if problem.carbon is None else float(problem.carbon @ imported) * problem.step_h / GRAMS_A_KG
    return LoadOutcome(imported, exported, _cost(problem, imported, exported, peak), _known(carbon), peak)


def _cost(problem: LoadProblem, imported: Floats, exported: Floats, peak: float) -> float | None:
    if problem.import_price is None:
        return None
    earned = 0.0 if problem.export_price is None else float(problem.export_price @ exported)
    demand = problem.demand_price * max(0.0, peak - problem.peak_so_far_kw)
    return _known((float(problem.import_price @ imported) - earned) * problem.step_h + demand)


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else value


def do_nothing(tasks: Sequence[LoadTask], count: int) -> Choice:
    """Return when tasks run if nobody plans: from their usual step on without a break, and within their windows."""
    chosen = np.zeros((len(tasks), count), dtype=bool)
    for row, each in enumerate(tasks):
        begins = min(max(each.usual, each.first), max(each.last - each.steps, 0))
        chosen[row, begins : begins + each.steps] = True
    return chosen


def without(imported_kw: Floats, exported_kw: Floats, load_kw: Floats) -> tuple[Floats, Floats]:
    """Take loads out of what a meter counts: less is taken in, and what is left of them is fed in.

    Args:
        imported_kw: What is taken in, shape (steps,). [kW]
        exported_kw: What is fed in, shape (steps,). [kW]
        load_kw: What the loads take, shape (steps,). [kW]

    Returns:
        Import and export without them; import less export falls by just what they take.
    """
    less = np.minimum(imported_kw, load_kw)
    return imported_kw - less, exported_kw + load_kw - less


def runs_of(chosen: Choice) -> tuple[Run, ...]:
    """Return the runs of one task, shape (steps,), in their order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], chosen.astype(np.int8), [0]])))
    return tuple((int(first), int(last)) for first, last in edges.reshape(-1, 2))


def choice_of(runs: Sequence[Sequence[Run]], count: int) -> Choice:
    """Return in which steps tasks run, by their runs."""
    chosen = np.zeros((len(runs), count), dtype=bool)
    for row, mine in enumerate(runs):
        for first, last in mine:
            chosen[row, first:last] = True
    return chosen
