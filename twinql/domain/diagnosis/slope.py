"""The robust slope of readings, its confidence, and whether it is one at all."""

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.diagnosis.bands import CONFIDENCE, FEWEST_READINGS
from twinql.domain.diagnosis.ranks import average_ranks
from twinql.domain.diagnosis.reason import BEYOND_NUMBERS, Reason, too_few
from twinql.domain.diagnosis.stretch import Stretch
from twinql.domain.readings import Floats

_MOST_POINTS: Final = 300
"""All pairs of these are compared, 45,000: many more readings are joined to so many first."""
_MOST_LIKE_BEFORE: Final = 0.99
"""A greater autocorrelation than this leaves nothing to be said from any number of readings."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A line through readings.

    Attributes:
        per_second: Its slope. [unit / s]
        lower: Lower bound of the slope, at `bands.CONFIDENCE`. [unit / s]
        upper: Upper bound of it. [unit / s]
        p_value: How likely so clear a direction is where there is none, 0 to 1.
        direction: 1 where later values are mostly greater, -1 where they are mostly smaller, 0 for neither.
        like_before: Autocorrelation of neighbours about the line, 0 to 0.99: 0 where each reading is news.
        level: The value of the line at the last reading. [unit]
        at_s: When that is. [s]
        span_s: The time that it was drawn through. [s]
        count: How many readings it was drawn through.
    """

    per_second: float
    lower: float
    upper: float
    p_value: float
    direction: int
    like_before: float
    level: float
    at_s: float
    span_s: float
    count: int

    @property
    def first_s(self) -> float:
        """When the first reading was observed that it was drawn through.

        [s]
        """
        return self.at_s - self.span_s

    @property
    def significant(self) -> bool:
        """Whether there is a direction, and the slope's bounds agree on it."""
        return self.p_value <= 1 - CONFIDENCE and (self.lower > 0 or self.upper < 0)


def slope_of(stretch: Stretch) -> Slope | Reason:
    """Draw a line through readings that a few wild ones do not move.

    Many readings are first joined, by equal counts, to medians at mean times; so the cost is bounded. Readings that
    resemble their neighbours tell less than as many independent ones: the variance of Kendall's S, on which both the
    p-value and the bounds rest, grows by what Hamed and Rao give for the autocorrelation of the ranks about the line.
    That is taken to fade as in AR(1), and corrected for being estimated from few readings about a fitted line: with the
    autocorrelation as it is measured, a third of 60 trendless readings of AR(1) with 0.8 would seem to have a trend.

    Args:
        stretch: Any number of readings.

    Returns:
        The line; a reason for fewer than `FEWEST_READINGS`, or values near the greatest that there are. Of equal
        values the slope is 0 and its p-value 1.

    Source:
        Theil (1950); Sen (1968), "Estimates of the regression coefficient based on Kendall's tau", JASA 63, for slope
        and bounds; Mann (1945) and Kendall (1975) for the test, with ties and continuity; Hamed and Rao (1998), J.
        Hydrology 204, equation 8, for the variance; Hamed (2009), J. Hydrology 368, for the bias of the correlation.
    """
    if len(stretch) < FEWEST_READINGS:
        return too_few(FEWEST_READINGS, len(stretch))
    at, joined = _joined(stretch)
    greatest = float(np.abs(joined).max()) or 1.0
    # Neither squares nor differences of what lies within ± 1 overflow.
    elapsed, values = at - at[-1], joined / greatest
    earlier, later = _pairs(len(values))
    rises = values[later] - values[earlier]
    slopes = np.sort(rises / (elapsed[later] - elapsed[earlier]))
    slope = float(np.median(slopes))
    residuals = values - slope * elapsed
    like_before = _like_before(residuals)
    spread = (_variance(values) * _inflation(len(values), like_before)) ** 0.5
    score = float(np.sign(rises).sum())
    lower, upper = _bounds(slopes, spread)
    told = [each * greatest for each in (slope, lower, upper, float(np.median(residuals)))]
    if not np.isfinite(told).all():
        return BEYOND_NUMBERS
    slope, lower, upper, level = told
    return Slope(
        per_second=slope,
        lower=lower,
        upper=upper,
        p_value=_p_value(score, spread),
        direction=int(np.sign(score)),
        like_before=like_before,
        level=level + slope * float(stretch.at_s[-1] - at[-1]),
        at_s=float(stretch.at_s[-1]),
        span_s=float(stretch.at_s[-1] - stretch.at_s[0]),
        count=len(stretch),
    )


def _joined(stretch: Stretch) -> tuple[Floats, Floats]:
    """Join readings, by equal counts, to at most so many points: mean times and median values."""
    count = len(stretch)
    if count <= _MOST_POINTS:
        return stretch.at_s, stretch.values
    each = -(-count // _MOST_POINTS)
    # What does not fill a group is the oldest: the newest say more about now.
    whole = count // each * each
    times = stretch.at_s[-whole:].reshape(-1, each) - stretch.at_s[-1]
    return times.mean(axis=1) + stretch.at_s[-1], np.median(stretch.values[-whole:].reshape(-1, each), axis=1)


@cache
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    earlier, later = np.triu_indices(count, 1)
    return earlier, later


def _variance(values: Floats) -> float:
    """Return the variance of Kendall's S for independent values, ties taken into account."""
    count, ties = len(values), np.unique(values, return_counts=True)[1].astype(np.float64)
    tied = float((ties * (ties - 1) * (2 * ties + 5)).sum())
    return (count * (count - 1) * (2 * count + 5) - tied) / 18


def _like_before(residuals: Floats) -> float:
    """Return the autocorrelation of the ranks of neighbours, freed of its bias."""
    count, ranks = len(residuals), average_ranks(residuals)
    centred = ranks - ranks.mean()
    total = float(centred @ centred)
    if total == 0.0:
        return 0.0
    measured = float(centred[1:] @ centred[:-1]) / total
    return min(max((count * measured + 2) / (count - 4), 0.0), _MOST_LIKE_BEFORE)


def _inflation(count: int, like_before: float) -> float:
    """Return by how much autocorrelation that fades as in AR(1) makes the variance of Kendall's S greater."""
    lags = np.arange(1.0, count)
    weights = (count - lags) * (count - lags - 1) * (count - lags - 2)
    return 1 + 2 / (count * (count - 1.0) * (count - 2)) * float(weights @ like_before**lags)


def _p_value(score: float, spread: float) -> float:
    if score == 0 or spread == 0:
        return 1.0
    return 2 * (1 - NormalDist().cdf((abs(score) - 1) / spread))


def _bounds(slopes: Floats, spread: float) -> tuple[float, float]:
    """Return the slopes so many ranks away from the median that `CONFIDENCE` of lines lie between them."""
    count, reach = len(slopes), NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * spread
    lowest, highest = round((count - reach) / 2) - 1, round((count + reach) / 2)
    return float(slopes[max(lowest, 0)]), float(slopes[min(highest, count - 1)])
