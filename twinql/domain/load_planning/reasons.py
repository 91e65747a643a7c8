"""Why loads cannot be planned: which limit stands in the way, by how much, and what would help."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np

from twinql.domain.instants import format_instant
from twinql.domain.load_planning.outcome import outcome_of
from twinql.domain.load_planning.problem import Choice, LoadProblem

_SLIGHT_KW = 1e-6


@dataclass(frozen=True, slots=True)
class LimitReason:
    """A limit that stands in the way.

    Attributes:
        code: For programs: WINDOW_TOO_SHORT, EXPECTED_LOAD_ABOVE_LIMIT, LIMIT_TOO_LOW or LOAD_LEFT_OUT.
        message: For people, with the numbers, and what would help.
        by: By how much. [`unit`]
        unit: HOUR, KILOWATT or KILOWATT_HOUR.
        task: The place of the task that it concerns; None where it concerns all of them.
    """

    code: str
    message: str
    by: float
    unit: str
    task: int | None = None


@dataclass(frozen=True, slots=True)
class ImpossiblePlan:
    """That there is no plan.

    Attributes:
        code: INFEASIBLE, or OUT_OF_TIME where neither a plan nor the proof was found that there is none.
        reasons: What stands in the way; empty where that is not known.
        gap: How far the search was from its end, where that is known. [share of the objective]
    """

    code: str
    reasons: tuple[LimitReason, ...]
    gap: float | None = None


def too_short(problem: LoadProblem) -> Iterator[LimitReason]:
    """Say which tasks do not even fit their own windows."""
    for place, each in enumerate(problem.tasks):
        missing = each.steps - max(0, each.last - each.first)
        if missing > 0:
            hours = missing * problem.step_h
            message = (
                f"{each.name} runs for {each.steps * problem.step_h:g} h, and its window has "
                f"{max(0, each.last - each.first) * problem.step_h:g} h of the period; it needs {hours:g} h more."
            )
            yield LimitReason("WINDOW_TOO_SHORT", message, hours, "HOUR", place)


def above_limit(problem: LoadProblem) -> Iterator[LimitReason]:
    """Say where the limit is passed without any task."""
    if problem.limit_kw is None or not problem.count:
        return
    worst = int(np.argmax(problem.imported_kw))
    by = float(problem.imported_kw[worst]) - problem.limit_kw
    if by > _SLIGHT_KW:
        message = (
            f"Without any of these loads {_up(float(problem.imported_kw[worst]))} kW are expected at "
            f"{format_instant(problem.instant(worst))}, {_up(by)} kW above the limit of {problem.limit_kw:g} kW; other "
            "loads have to be shed, or the limit raised."
        )
        yield LimitReason("EXPECTED_LOAD_ABOVE_LIMIT", message, by, "KILOWATT")


def limit_too_low(problem: LoadProblem, chosen: Choice) -> Iterator[LimitReason]:
    """Say by how much the limit is passed by a choice that passes it by as little as can be."""
    assert problem.limit_kw is not None
    found = outcome_of(problem, chosen)
    by = found.peak_kw - problem.limit_kw
    if by > _SLIGHT_KW:
        at = format_instant(problem.instant(int(np.argmax(found.imported_kw))))
        message = (
            f"Whenever these loads run, the limit of {problem.limit_kw:g} kW is passed by {_up(by)} kW, at {at} for "
            f"instance; a limit of {_up(found.peak_kw)} kW would do, or longer windows."
        )
        yield LimitReason("LIMIT_TOO_LOW", message, by, "KILOWATT")


def unserved(problem: LoadProblem, chosen: Choice) -> Iterator[LimitReason]:
    """Say which tasks are left out, whole or in part, by a choice that keeps the limit and leaves out least."""
    for place, each in enumerate(problem.tasks):
        missing = each.steps - int(chosen[place].sum())
        if missing > 0:
            hours, energy = missing * problem.step_h, missing * problem.step_h * each.power_kw
            message = f"Under the limit the rest fits if {each.name} runs {hours:g} h less, which is {energy:.2f} kWh."
            yield LimitReason("LOAD_LEFT_OUT", message, energy, "KILOWATT_HOUR", place)


def _up(value: float) -> str:
    """Write what is needed with two decimals, rounded up: whoever types it in has enough."""
    return f"{ceil(value * 100 - _SLIGHT_KW) / 100:.2f}"
