"""A plan as a mixed-integer linear programme: unknowns, what they cost, and what must hold between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import numpy as np

from twinql.domain.load_planning.problem import Choice, LoadPlanObjective, LoadProblem, LoadTask
from twinql.domain.readings import Floats

Terms = Sequence[tuple[int, float]]
"""Unknowns by their places, each with what it is multiplied by."""
TIE_BREAK: Final = 1e-4
"""Of equally good hours the usual ones are taken: steps away from them weigh so little of what is at stake."""


class Aim(Enum):
    """What is made small: what was asked, or, where nothing can be done, what would have to give way."""

    ASKED = "ASKED"
    LEAST_ABOVE_LIMIT = "LEAST_ABOVE_LIMIT"
    LEAST_UNSERVED = "LEAST_UNSERVED"


@dataclass(slots=True)
class Programme:
    """Unknowns and rows, as they are added.

    Attributes:
        costs: What each unknown costs.
        highest: The upper bound of each; the lower one is 0.
        whole: Whether each is a whole number.
        rows: Terms of each row.
        bounds: Between what each row lies.
        running: For each task and step the unknowns that say it runs then, as terms.
    """

    costs: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[Terms] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    running: list[dict[int, list[int]]] = field(default_factory=list)

    def unknown(self, *, highest: float = 1.0, cost: float = 0.0, whole: bool = False) -> int:
        """Add an unknown between 0 and a bound, and return its place."""
        self.costs.append(cost)
        self.highest.append(highest)
        self.whole.append(whole)
        return len(self.costs) - 1

    def hold(self, terms: Iterable[tuple[int, float]], *, least: float = -np.inf, most: float = np.inf) -> None:
        """Add a row: the sum of terms lies between two bounds."""
        self.rows.append(tuple(terms))
        self.bounds.append((least, most))

    def choice(self, values: Floats, count: int) -> Choice:
        """Read off which tasks run in which steps."""
        chosen = np.zeros((len(self.running), count), dtype=bool)
        for row, steps in enumerate(self.running):
            for step, places in steps.items():
                chosen[row, step] = values[places].sum() > 0.5  # noqa: PLR2004 - whole numbers, but for rounding
        return chosen


def programme_for(problem: LoadProblem, aim: Aim = Aim.ASKED) -> Programme:
    """Write a problem down.

    Each task that runs at once has an unknown for each step with which it may begin; one that may pause has one for
    each step, and one for each begin of a run. What the tasks take from the grid is at least their load less what would
    be fed in. Where feeding in earns more than taking in costs, a further unknown says which comes first.
    """
    made = Programme()
    unserved = [_task(made, each, aim) for each in problem.tasks]
    taken = [_taken(made, problem, step) for step in range(problem.count)]
    peak = _peak(made, problem, taken, aim)
    if aim is Aim.ASKED:
        _price(made, problem, taken, peak)
        _prefer_usual(made, problem)
    elif aim is Aim.LEAST_UNSERVED:
        for each, task in zip(unserved, problem.tasks, strict=True):
            assert each is not None
            made.costs[each] = task.power_kw * problem.step_h * (task.steps if task.at_once else 1)
    return made


def _task(made: Programme, task: LoadTask, aim: Aim) -> int | None:
    """Add the unknowns of a task; return the one that says how much of it is left out, where that may be."""
    running: dict[int, list[int]] = {}
    made.running.append(running)
    elastic = aim is Aim.LEAST_UNSERVED
    if task.at_once:
        begins = [made.unknown(whole=True) for _ in task.starts]
        for first, place in zip(task.starts, begins, strict=True):
            for step in range(first, first + task.steps):
                running.setdefault(step, []).append(place)
        left_out = made.unknown(whole=True) if elastic else None
        made.hold([(each, 1.0) for each in (*begins, *([] if left_out is None else [left_out]))], least=1, most=1)
        return left_out
    on = [made.unknown(whole=True) for _ in range(task.first, task.last)]
    running.update({task.first + place: [each] for place, each in enumerate(on)})
    left_out = made.unknown(highest=task.steps, whole=True) if elastic else None
    terms = [(each, 1.0) for each in (*on, *([] if left_out is None else [left_out]))]
    made.hold(terms, least=task.steps, most=task.steps)
    if task.minimum_steps > 1:
        _run_long_enough(made, task, on)
    return left_out


def _run_long_enough(made: Programme, task: LoadTask, on: Sequence[int]) -> None:
    """Hold runs to their minimum: a step counts as begun where the one before did not run, and then goes on."""
    latest = len(on) - task.minimum_steps
    begun = [made.unknown(highest=1.0 if place <= latest else 0.0) for place in range(len(on))]
    for place, each in enumerate(on):
        before = [(on[place - 1], 1.0)] if place else []
        made.hold([(begun[place], 1.0), (each, -1.0), *before], least=0.0)
        lately = begun[max(0, place - task.minimum_steps + 1) : place + 1]
        made.hold([(each, 1.0), *((other, -1.0) for other in lately)], least=0.0)


def load_at(made: Programme, problem: LoadProblem, step: int) -> list[tuple[int, float]]:
    """Return what all tasks take in a step. [kW]."""
    return [
        (place, task.power_kw)
        for task, running in zip(problem.tasks, made.running, strict=True)
        for place in running.get(step, ())
    ]


def _taken(made: Programme, problem: LoadProblem, step: int) -> int | None:
    """Add what the tasks take from the grid in a step; None where none of them can run then. [kW]."""
    load = load_at(made, problem, step)
    if not load:
        return None
    fed = float(problem.exported_kw[step])
    most = sum(each.power_kw for each, running in zip(problem.tasks, made.running, strict=True) if step in running)
    taken = made.unknown(highest=most)
    less = [(place, -power) for place, power in load]
    made.hold([(taken, 1.0), *less], least=-fed, most=np.inf if fed > 0 else 0.0)
    if fed > 0 and _feeding_in_pays(problem, step):
        first_sun = made.unknown(whole=True)
        made.hold([(taken, 1.0), (first_sun, -most)], most=0.0)
        made.hold([(taken, 1.0), *less, (first_sun, fed)], most=0.0)
    return taken


def _feeding_in_pays(problem: LoadProblem, step: int) -> bool:
    """Say whether a kWh that is fed in earns more than one taken in costs, so that both at once would pay."""
    if problem.objective is not LoadPlanObjective.COST or problem.import_price is None:
        return False
    earned = 0.0 if problem.export_price is None else float(problem.export_price[step])
    return float(problem.import_price[step]) < earned


def _peak(made: Programme, problem: LoadProblem, taken: Sequence[int | None], aim: Aim) -> int | None:
    """Hold what is taken in to the limit, and add the highest step where that costs something. [kW]."""
    above = made.unknown(highest=np.inf, cost=1.0) if aim is Aim.LEAST_ABOVE_LIMIT else None
    limited = problem.limit_kw is not None
    for step, place in enumerate(taken):
        if limited and place is not None:
            room = problem.limit_kw - float(problem.imported_kw[step])  # type: ignore[operator]
            extra = [] if above is None else [(above, -1.0)]
            made.hold([(place, 1.0), *extra], most=max(room, 0.0))
    matters = problem.objective is LoadPlanObjective.PEAK or problem.demand_price > 0
    if aim is not Aim.ASKED or not matters:
        return None
    known = problem.peak_so_far_kw if problem.objective is LoadPlanObjective.COST else 0.0
    base = max(known, float(problem.imported_kw.max(initial=0.0)))
    higher = made.unknown(highest=np.inf)
    # By itself the programme would spread a task over many steps, each a little: this it cannot get below.
    surely = max((least_peak(problem, each) for each in problem.tasks), default=0.0)
    made.hold([(higher, 1.0)], least=max(0.0, surely - base))
    for step, place in enumerate(taken):
        if place is not None:
            made.hold([(higher, 1.0), (place, -1.0)], least=float(problem.imported_kw[step]) - base)
    return higher


def least_peak(problem: LoadProblem, task: LoadTask) -> float:
    """Return what the highest step comes to at least, wherever one task runs. [kW]."""
    window = slice(task.first, task.last)
    with_it = problem.imported_kw[window] + np.maximum(task.power_kw - problem.exported_kw[window], 0.0)
    if not task.at_once:
        return float(np.partition(with_it, task.steps - 1)[task.steps - 1])
    return float(np.lib.stride_tricks.sliding_window_view(with_it, task.steps).max(axis=1).min())


def _price(made: Programme, problem: LoadProblem, taken: Sequence[int | None], peak: int | None) -> None:
    if problem.objective is LoadPlanObjective.PEAK:
        assert peak is not None
        made.costs[peak] = 1.0
        return
    carbon = problem.objective is LoadPlanObjective.CARBON
    imports = problem.carbon if carbon else problem.import_price
    assert imports is not None
    exports = None if carbon else problem.export_price
    for step, place in enumerate(taken):
        if place is None:
            continue
        earned = 0.0 if exports is None else float(exports[step])
        made.costs[place] += (float(imports[step]) - earned) * problem.step_h
        for unknown, power in load_at(made, problem, step):
            made.costs[unknown] += earned * power * problem.step_h
    if peak is not None and not carbon:
        made.costs[peak] = problem.demand_price


def _prefer_usual(made: Programme, problem: LoadProblem) -> None:
    """Let hours far from the usual ones weigh a little, so that nothing is moved that saves nothing."""
    weight = TIE_BREAK * _at_stake(problem) / max(1, sum(_farthest(each) * each.steps for each in problem.tasks))
    for task, running in zip(problem.tasks, made.running, strict=True):
        for step, places in running.items():
            for place in places:
                made.costs[place] += weight * _away(task, step)


def _away(task: LoadTask, step: int) -> int:
    """Return by how many steps one lies outside of a task's usual run."""
    return max(task.usual - step, step - (task.usual + task.steps - 1), 0)


def _farthest(task: LoadTask) -> int:
    return max(_away(task, task.first), _away(task, task.last - 1))


def _at_stake(problem: LoadProblem) -> float:
    """Return by how much the best and the worst hours of all tasks differ, about; 1 where they do not."""
    energy = sum(each.power_kw * each.steps for each in problem.tasks) * problem.step_h
    if problem.objective is LoadPlanObjective.PEAK:
        return sum(each.power_kw for each in problem.tasks) or 1.0
    prices = problem.carbon if problem.objective is LoadPlanObjective.CARBON else problem.import_price
    assert prices is not None
    return float(np.ptp(prices)) * energy or float(np.abs(prices).max(initial=0.0)) * energy or 1.0
