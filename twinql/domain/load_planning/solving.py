"""Plans loads with HiGHS, and says why where that cannot be: which limit, and by how much."""

from dataclasses import dataclass
from time import monotonic
from typing import Final

import numpy as np

from twinql.domain.load_planning.model import Aim, Programme, programme_for
from twinql.domain.load_planning.outcome import LoadOutcome, Run, do_nothing, outcome_of, runs_of
from twinql.domain.load_planning.problem import Choice, LoadProblem
from twinql.domain.load_planning.reasons import (
    ImpossiblePlan,
    LimitReason,
    above_limit,
    limit_too_low,
    too_short,
    unserved,
)
from twinql.domain.readings import Floats

GAP: Final = 1e-8
"""How near the bound a plan is that counts as the best, as a share of it."""
_ELASTIC_SHARE: Final = 0.25
"""How much of the time limit each search may take for what would have to give way."""
_SLIGHT: Final = 1e-6
_ALL: Final = 1.0
"""The gap where the search was broken off before it knew a bound."""
_OPTIMAL, _OUT_OF_TIME, _INFEASIBLE = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class LoadPlan:
    """When tasks run, beside what happens if nobody plans.

    Attributes:
        runs: The runs of each task, in the order of the tasks.
        planned: What comes of it.
        baseline: What comes of doing nothing.
        usual: The runs of each task if nobody plans.
        optimal: Whether nothing better is possible.
        gap: By how much of the objective something better may be possible; 0 where nothing is. [share]
        baseline_above_kw: By how much doing nothing passes the limit; 0 where it does not. [kW]
        elapsed_s: How long it was looked for. [s]
    """

    runs: tuple[tuple[Run, ...], ...]
    planned: LoadOutcome
    baseline: LoadOutcome
    usual: tuple[tuple[Run, ...], ...]
    optimal: bool
    gap: float
    baseline_above_kw: float
    elapsed_s: float


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    status: int
    values: Floats | None
    gap: float | None
    elapsed_s: float


def plan_loads(problem: LoadProblem) -> LoadPlan | ImpossiblePlan:
    """Choose when tasks run.

    Args:
        problem: What is to be planned; the prices that the objective needs are known of every step.

    Returns:
        The plan, which never is worse than doing nothing unless that passes the limit; or why there is none.
    """
    if (reasons := [*too_short(problem), *above_limit(problem)]) != []:
        return ImpossiblePlan("INFEASIBLE", tuple(reasons))
    made = programme_for(problem)
    solved = _solve(made, problem.time_limit_s) if problem.tasks else _Solved(_OPTIMAL, np.zeros(0), 0.0, 0.0)
    if solved.values is None:
        found = "INFEASIBLE" if solved.status == _INFEASIBLE else "OUT_OF_TIME"
        return ImpossiblePlan(found, _why(problem), solved.gap)
    chosen = made.choice(solved.values, problem.count)
    return _plan(problem, chosen, solved)


def _plan(problem: LoadProblem, chosen: Choice, solved: _Solved) -> LoadPlan:
    idle = do_nothing(problem.tasks, problem.count)
    planned, baseline = outcome_of(problem, chosen), outcome_of(problem, idle)
    above = 0.0 if problem.limit_kw is None else max(0.0, baseline.peak_kw - problem.limit_kw)
    mine, theirs = planned.of(problem.objective), baseline.of(problem.objective)
    assert mine is not None
    assert theirs is not None
    if above <= _SLIGHT and theirs <= mine + _SLIGHT * abs(mine):
        chosen, planned = idle, baseline  # what saves nothing is left where it is
    return LoadPlan(
        runs=tuple(runs_of(each) for each in chosen),
        planned=planned,
        baseline=baseline,
        usual=tuple(runs_of(each) for each in idle),
        optimal=solved.status == _OPTIMAL,
        gap=0.0 if solved.status == _OPTIMAL else _ALL if solved.gap is None else solved.gap,
        baseline_above_kw=above,
        elapsed_s=solved.elapsed_s,
    )


def _why(problem: LoadProblem) -> tuple[LimitReason, ...]:
    """Let the limit give way, and then the tasks, and say by how much each must."""
    found: list[LimitReason] = []
    if problem.limit_kw is None:
        return ()
    elastic_s = problem.time_limit_s * _ELASTIC_SHARE
    made = programme_for(problem, Aim.LEAST_ABOVE_LIMIT)
    solved = _solve(made, elastic_s)
    if solved.values is not None:
        found += limit_too_low(problem, made.choice(solved.values, problem.count))
    if found:
        made = programme_for(problem, Aim.LEAST_UNSERVED)
        solved = _solve(made, elastic_s)
        if solved.values is not None:
            found += unserved(problem, made.choice(solved.values, problem.count))
    return tuple(found)


def _solve(made: Programme, time_limit_s: float) -> _Solved:
    """Hand a programme to HiGHS; its costs are scaled, so that no currency is too small or too large for it."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - heavy, and only the workshop plans
    from scipy.sparse import csr_array  # noqa: PLC0415

    costs = np.array(made.costs)
    scale = float(np.abs(costs).max(initial=0.0)) or 1.0
    of = [row for row, terms in enumerate(made.rows) for _ in terms]
    places = [place for terms in made.rows for place, _ in terms]
    factors = [factor for terms in made.rows for _, factor in terms]
    matrix = csr_array((factors, (of, places)), shape=(len(made.rows), len(costs)))
    least, most = np.array(made.bounds).T
    began = monotonic()
    found = milp(
        costs / scale,
        integrality=np.array(made.whole, dtype=np.int8),
        bounds=Bounds(0.0, np.array(made.highest)),
        constraints=LinearConstraint(matrix, least, most),
        options={"time_limit": time_limit_s, "mip_rel_gap": GAP},
    )
    gap = None if found.mip_gap is None or not np.isfinite(found.mip_gap) else float(found.mip_gap)
    return _Solved(int(found.status), found.x, gap, monotonic() - began)
