"""How a channel behaves over a stretch of time: drift and trend, noise, stability, and the time to a threshold."""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from twinql.domain.diagnosis.bands import FARTHEST, FEWEST_READINGS, FEWEST_WINDOWS, STABILITY, Steadiness, Trend
from twinql.domain.diagnosis.reason import BEYOND_NUMBERS, Reason, ReasonCode, too_few
from twinql.domain.diagnosis.slope import Slope
from twinql.domain.diagnosis.stretch import Stretch
from twinql.domain.readings import Floats

_NORMAL_MAD = 1.482602218505602
"""Standard deviations in a median absolute deviation of a normal distribution: 1 / Φ⁻¹(3/4)."""
_USUAL_REACH = 3.0
"""Shewhart's limits: what lies within so many usual spreads of the middle is as usual."""


@dataclass(frozen=True, slots=True)
class Stability:
    """How still a channel holds.

    Attributes:
        percent: 100 where it does not move, near 0 where it moves much further than it may, 0 to 100. [%]
        label: How that is called, by the published table.
        spread: Robust standard deviation. [unit]
        standard_deviation: Standard deviation of the sample, which a single wild reading moves. [unit]
        reach: How far from its middle a value may be; what `spread` is compared with. [unit]
        count: How many readings it was taken from.
    """

    percent: float
    label: Steadiness
    spread: float
    standard_deviation: float
    reach: float
    count: int


@dataclass(frozen=True, slots=True)
class TimeTo:
    """When a line reaches a threshold, in time after the newest reading.

    Attributes:
        expected_s: On the line. [s]
        earliest_s: On the steepest line within its bounds. [s]
        latest_s: On the flattest one. [s]
        from_s: When the newest reading was observed. [s]
        first_s: When the first reading was observed that the line was drawn through. [s]
    """

    expected_s: float
    earliest_s: float
    latest_s: float
    from_s: float
    first_s: float


def robust_spread(values: Floats) -> float | None:
    """Return the standard deviation of a normal distribution that has the median absolute deviation of these.

    Args:
        values: Finite, shape (n,). [unit]

    Returns:
        Never negative; None for no value, or where it is too large for a number. [unit]

    Source:
        Hampel (1974), "The influence curve and its role in robust estimation", JASA 69.
    """
    if not len(values):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.median(np.abs(values - np.median(values)))) * _NORMAL_MAD
    return found if np.isfinite(found) else None


def noise_of(stretch: Stretch) -> float | Reason:
    """Return how much readings jitter about where they are going.

    Args:
        stretch: Any number of readings.

    Returns:
        The standard deviation of the jitter, from differences of neighbours, which a slow movement hardly changes. A
        straight line has none. A reason for fewer than `FEWEST_READINGS`. [unit]

    Source:
        Von Neumann et al. (1941), the mean square successive difference: the variance of a difference of two
        independent readings is twice that of one; with the median absolute deviation instead of squares.
    """
    if len(stretch) < FEWEST_READINGS:
        return too_few(FEWEST_READINGS, len(stretch))
    with np.errstate(over="ignore", invalid="ignore"):
        spread = robust_spread(np.diff(stretch.values))
    return BEYOND_NUMBERS if spread is None else spread / sqrt(2)


def allowed_reach(
    *, target: tuple[float | None, float | None], limits: tuple[float | None, float | None], usual_spread: float | None
) -> float | Reason:
    """Return how far from its middle a value of a channel may be.

    Args:
        target: Lower and upper end of the target band. [unit]
        limits: The low and the high alarm limit. [unit]
        usual_spread: How much the channel usually spreads over as long a time. [unit]

    Returns:
        Half the target band; where there is none half the way between the limits; else three usual spreads. [unit]
    """
    for lower, upper in (target, limits):
        if lower is not None and upper is not None and upper > lower:
            return upper / 2 - lower / 2
    if usual_spread is None:
        message = f"Give the channel a target band or limits, or read it for {FEWEST_WINDOWS} earlier windows."
        return Reason(ReasonCode.NO_SCALE, message)
    if usual_spread == 0.0:
        return Reason(
            ReasonCode.NO_SCALE, "The channel is usually flat; give it a target band or limits to compare with."
        )
    return _USUAL_REACH * usual_spread


def stability_of(stretch: Stretch, reach: float | Reason) -> Stability | Reason:
    """Say how still a channel holds, in percent that no change of unit or zero changes.

    It is the share of values that would lie no further than `reach` from the middle, were they spread normally: what
    quality engineers call the potential yield of a process, by its capability Cp = reach / (3 spread). It tells
    nothing about where the middle lies: that is what the target band is for.

    Args:
        stretch: Any number of readings.
        reach: How far from its middle a value may be, above zero, or why nobody knows. [unit]

    Returns:
        The stability; a reason for fewer than `FEWEST_READINGS` or where there is nothing to compare with.

    Source:
        ISO 22514-2; Kane (1986), "Process capability indices", J. Quality Technology 18: yield = 2 Φ(3 Cp) - 1.
    """
    if len(stretch) < FEWEST_READINGS:
        return too_few(FEWEST_READINGS, len(stretch))
    if isinstance(reach, Reason):
        return reach
    spread = robust_spread(stretch.values)
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = float(np.std(stretch.values, ddof=1))
    if spread is None or not np.isfinite(deviation):
        return BEYOND_NUMBERS
    percent = 100.0 * erf(reach / (spread * sqrt(2))) if spread > 0 else 100.0
    return Stability(percent, STABILITY.label(percent), spread, deviation, reach, len(stretch))


def usual_spread(windows: list[Floats]) -> float | None:
    """Return how much a channel usually spreads over a window: the median over earlier windows of one length.

    Args:
        windows: Usable values of each earlier window, alike sampled; those with few are left out. [unit]

    Returns:
        A robust standard deviation; None for fewer than `FEWEST_WINDOWS` windows with `FEWEST_READINGS`. [unit]
    """
    spreads = [robust_spread(each) for each in windows if len(each) >= FEWEST_READINGS]
    known = [each for each in spreads if each is not None]
    return float(np.median(known)) if len(known) >= FEWEST_WINDOWS else None


def trend_of(slope: Slope) -> Trend:
    """Say which way values go: STEADY where no direction is significant."""
    if not slope.significant:
        return Trend.STEADY
    return Trend.RISING if slope.per_second > 0 else Trend.FALLING


def time_to(slope: Slope, threshold: float) -> TimeTo | Reason:
    """Say when values reach a threshold, if they go on as they do.

    Args:
        slope: The line through the newest readings.
        threshold: The value to be reached. [unit of the slope]

    Returns:
        Times after the newest reading; a reason where nothing moves, where it moves away, or where the threshold lies
        further ahead than `FARTHEST` times the stretch that the line was drawn through.

    Source:
        The line: (threshold - level) / slope, with both bounds of the slope.
    """
    ahead = threshold - slope.level
    if not slope.significant:
        return Reason(ReasonCode.NO_TREND, "The values do not go anywhere: no slope stands out from their noise.")
    if ahead != 0 and (ahead > 0) is not (slope.per_second > 0):
        return Reason(ReasonCode.MOVING_AWAY, "The values move away from the threshold.")
    if abs(ahead) > abs(slope.per_second) * FARTHEST * slope.span_s:
        message = (
            f"It lies further ahead than {FARTHEST:.0f} times the {slope.span_s:,.0f} s over which the values have gone"
            " as they do now; nobody can say that they will go on so for that long."
        )
        return Reason(ReasonCode.TOO_FAR, message)
    early, late = sorted((ahead / slope.lower, ahead / slope.upper))
    return TimeTo(ahead / slope.per_second, early, late, slope.at_s, slope.first_s)
