"""How scenarios compare with what was read since."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

import numpy as np
import strawberry

from schema.scenario_parts import ScenarioCourse
from twinql.context import Info
from twinql.domain.scenarios.outcome import Outcome, outcome_of
from twinql.domain.scenarios.scenario import Course, Floats, ScenarioKind
from twinql.storage.what_if import read_on_grid


@strawberry.type(description="How a course compares with what was read since.")
class CourseOutcome:
    """A score that grows as readings arrive."""

    count: int = strawberry.field(description="Steps that were compared.")
    rmse: float | None = strawberry.field(
        description="Root mean square error of its median, in the unit; null where nothing was compared."
    )
    coverage: float | None = strawberry.field(
        description="Share of the values between its bounds, 0 to 1; of the course that came about it should be near "
        "`level`. Null where nothing was compared."
    )

    @classmethod
    def of(cls, found: Outcome) -> Self:
        """Show an outcome."""
        return cls(count=found.count, rmse=found.rmse, coverage=found.coverage)


@strawberry.type(
    description="What really happened, beside both courses: which of them came about is for the reader to know."
)
class ScenarioOutcome:
    """Both courses after the fact."""

    until: datetime = strawberry.field(description="Up to when readings were compared.")
    baseline: CourseOutcome = strawberry.field(description="How the baseline compares: right if nobody did anything.")
    alternative: CourseOutcome = strawberry.field(
        description="How the alternative compares: right if what was assumed was really done, and nothing else."
    )


async def outcome_now(info: Info, scenario: Any) -> ScenarioOutcome | None:
    """Compare a temperature's scenario with its readings; None of a load, and before its first step is over."""
    step_s = round(scenario.step.total_seconds())
    over = min(int((info.context.now - scenario.starts_at) / scenario.step), len(scenario.baseline.p50))
    if scenario.kind is not ScenarioKind.TEMPERATURE or over < 1:
        return None
    until = scenario.starts_at + over * timedelta(seconds=step_s)
    async with info.context.reading() as connection:
        number = scenario.channel_number
        read = (await read_on_grid(connection, [number], scenario.starts_at, until, step_s))[number].ends
    return ScenarioOutcome(
        until=until,
        baseline=CourseOutcome.of(outcome_of(_course(scenario.baseline), read)),
        alternative=CourseOutcome.of(outcome_of(_course(scenario.alternative), read)),
    )


def _course(shown: ScenarioCourse) -> Course:
    return Course(_values(shown.p10), _known(shown.p50), _values(shown.p90))


def _values(values: Sequence[float | None] | None) -> Floats | None:
    return None if values is None else _known(values)


def _known(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if each is None else each for each in values], dtype=np.float64)
