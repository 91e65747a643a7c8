"""How the courses of a scenario compare with what was read since."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.scenarios.scenario import Course, Floats


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a course came true.

    Attributes:
        count: Steps in which something was read and is told.
        rmse: Root mean square error of the median; None where nothing was. [unit of the course]
        coverage: Share of the values between the bounds; None where nothing was read or there are none.
    """

    count: int
    rmse: float | None
    coverage: float | None


def outcome_of(course: Course, read: Floats) -> Outcome:
    """Compare a course with what was read.

    Args:
        course: What was expected.
        read: What was read at the end of each of its first steps, NaN where nothing was, shape (n,), n ≤ steps.
    """
    known = np.flatnonzero(~np.isnan(read) & ~np.isnan(course.median[: len(read)]))
    if not known.size:
        return Outcome(0, None, None)
    values = read[known]
    rmse = float(np.sqrt(np.mean((values - course.median[known]) ** 2)))
    if course.lower is None or course.upper is None:
        return Outcome(int(known.size), rmse, None)
    inside = (values >= course.lower[known]) & (values <= course.upper[known])
    return Outcome(int(known.size), rmse, float(inside.mean()))
