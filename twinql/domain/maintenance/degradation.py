"""How fast health falls over time, and in how many hours something has to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from statistics import NormalDist
from typing import Final

import numpy as np

from twinql.domain.diagnosis.bands import (
    CONFIDENCE,
    FARTHEST,
    FEWEST_READINGS,
    MAINTENANCE,
    MAINTENANCE_DUE,
    MaintenanceUrgency,
)
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.diagnosis.recent import recent_slope
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.diagnosis.stretch import stretch_of
from twinql.domain.readings import Floats
from twinql.domain.spoken import span

HOUR_S: Final = 3600.0
QUANTILE: Final = 0.9
"""Up to here, and from one less this on, the hours until maintenance are told."""
_NARROWER: Final = NormalDist().inv_cdf(QUANTILE) / NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
"""The bounds of a slope at `CONFIDENCE` lie so much further out than those at 80 %."""


@dataclass(frozen=True, slots=True)
class HoursUntil:
    """In how many hours something has to be done.

    Attributes:
        p10: With nine chances in ten not earlier. [h]
        p50: As likely earlier as later; None where that lies further ahead than can be said. [h]
        p90: With nine chances in ten not later; None where that lies further ahead than can be said. [h]
    """

    p10: float
    p50: float | None
    p90: float | None


def degradation_of(at_s: Floats, scores: Floats, *, mended_s: float | None = None) -> Slope | Reason:
    """Draw a robust line through the health of something as it was at several times, as it goes on now.

    Each score has to be that of its own time, by the readings of a window that ended then.

    Args:
        at_s: The times, at even distances, shape (n,). [s]
        scores: Health scores, shape (n,). NaN where it is not known. [points of 100]
        mended_s: When something was last done to it, before which no score is known; None for never. [s]

    Returns:
        The line, in points a second; a reason, with when to ask again, for fewer than `FEWEST_READINGS` known scores.

    Source:
        `recent_slope`: Theil (1950) and Sen (1968), over the newest times that no turn contradicts; neighbours whose
        windows overlap resemble each other, which its bounds allow for (Hamed and Rao, 1998).
    """
    stretch = stretch_of(at_s, scores)
    if len(stretch) < FEWEST_READINGS:
        return _too_few_times(len(stretch), at_s, mended_s)
    return recent_slope(stretch)


def _too_few_times(known_times: int, at_s: Floats, mended_s: float | None) -> Reason:
    lately = mended_s is not None and mended_s > at_s[0]
    things = "times at which its health is known" + (" since something was last done to it" if lately else "")
    away_s = (FEWEST_READINGS - known_times) * float(at_s[1] - at_s[0])
    advice = f"ask again in about {span(away_s)}, or for a shorter `history`"
    return too_few(FEWEST_READINGS, known_times, things, advice=advice)


def hours_until(line: Slope | Reason, score: float, now_s: float) -> HoursUntil | Reason:
    """Say in how many hours health has fallen to `MAINTENANCE_DUE`, if it goes on as it does.

    A steeper line through the middle of its points also ends lower: so all three lines turn about that middle.

    Args:
        line: Through health over time, or why there is none.
        score: The health now. [points of 100]
        now_s: The present. [s]

    Returns:
        The hours: none left where health has fallen so far already. A reason where it does not fall, or where even the
        steepest line gets there later than `FARTHEST` times the stretch that it was drawn through.
    """
    if score < MAINTENANCE_DUE:
        return HoursUntil(0.0, 0.0, 0.0)
    if isinstance(line, Reason):
        return line
    if not line.significant:
        return Reason(ReasonCode.NO_TREND, f"Its health does not fall: no slope stands out in {line.count} times.")
    if line.per_second > 0:
        return Reason(ReasonCode.MOVING_AWAY, "Its health rises.")
    middle_s, farthest_s = line.at_s - line.span_s / 2, now_s + FARTHEST * line.span_s
    above = line.level - line.per_second * line.span_s / 2 - MAINTENANCE_DUE
    slopes = [line.per_second + _NARROWER * (bound - line.per_second) for bound in (line.lower, line.upper)]
    early, median, late = (
        middle_s + above / -slope if slope < 0 else inf for slope in (slopes[0], line.per_second, slopes[1])
    )
    if early > farthest_s:
        days = line.span_s / 86_400
        message = f"It falls so slowly that maintenance is due later than can be said from {days:.0f} days."
        return Reason(ReasonCode.TOO_FAR, message)
    told = [max(each - now_s, 0.0) / HOUR_S if each <= farthest_s else None for each in (early, median, late)]
    return HoursUntil(told[0] or 0.0, *told[1:])


def urgency_of(hours: HoursUntil | Reason) -> MaintenanceUrgency:
    """Return how that is called: without hours nothing says that anything is due."""
    return MAINTENANCE.label(inf if isinstance(hours, Reason) else hours.p10)


def even_times(last_s: float, step_s: float, count: int) -> Floats:
    """Return so many times at even distances up to the last one, ascending, shape (count,).

    [s]
    """
    return last_s - step_s * np.arange(count - 1, -1, -1.0)


def known(scores: Sequence[float | None]) -> Floats:
    """Return scores as an array, NaN for those that nobody knows."""
    return np.array([np.nan if each is None or not isfinite(each) else each for each in scores], dtype=np.float64)
