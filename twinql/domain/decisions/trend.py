"""What the last readings of temperatures say of the next minutes: of many at once, cheaply enough for every reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.outlook import Limit

Floats = NDArray[np.float64]
WINDOW: Final = 11
"""So many readings make a trend: with the median of their slopes three of them may be wrong."""
_NEWEST: Final = 6
"""So many of the newest must go on as all of them do: what levels off crosses nothing."""
_GOES_ON: Final = 0.5
_SIGNIFICANT: Final = 5.0
"""A slope counts from so many standard errors on."""
_MOST_UNEVEN: Final = 3.0
"""A window with a gap of more than so many of its usual distances says nothing of a slope."""
_MAD: Final = 1.4826
"""Of a normal distribution, the standard deviation as a multiple of the median absolute one."""
MOST_LEAD_S: Final = 300.0
"""Nobody is warned earlier than this by a trend alone. [s]"""
USUAL_LEAD_S: Final = 120.0
"""How early where the past says nothing. [s]"""
LEAST_LEAD_S: Final = 30.0
"""Below this a trend of this channel is worth nothing, and is not looked at. [s]"""
FEWEST_SEEN: Final = 100
"""So many steps of the past must be known to learn from it."""
_LEARNED_SHARE: Final = 0.7
"""So much nearer than the earliest warning that would have been false: no day is quite like the one before."""


@dataclass(frozen=True, slots=True)
class Trends:
    """The straight lines through the last readings of channels; columns of shape (m,).

    Attributes:
        slope: The median of the slopes between all pairs. [unit of the channel / s]
        level: Where the line ends. [unit of the channel]
        noise: Standard deviation of readings about it. [unit of the channel]
        error: Standard error of the slope. [unit of the channel / s]
        goes_on: Whether it stands out from the noise, and the newest readings follow it, over readings evenly spaced.
    """

    slope: Floats
    level: Floats
    noise: Floats
    error: Floats
    goes_on: NDArray[np.bool_]


def trends(at_s: Floats, values: Floats) -> Trends:
    """Lay a line through each channel's last readings.

    Args:
        at_s: Their times in order, shape (m, WINDOW). [s]
        values: Finite, the same shape. [unit of the channel]

    Source:
        Theil (1950) and Sen (1968): the median of the slopes between all pairs, which spikes do not move.
    """
    slope = _theil_sen(at_s, values)
    since = at_s - at_s[:, -1:]
    level = np.median(values - slope[:, None] * since, axis=1)
    rest = values - level[:, None] - slope[:, None] * since
    noise = _MAD * np.median(np.abs(rest), axis=1)
    spread = np.sqrt(((since - since.mean(axis=1, keepdims=True)) ** 2).sum(axis=1))
    error = noise / spread
    steps = np.diff(at_s, axis=1)
    newest = _theil_sen(at_s[:, -_NEWEST:], values[:, -_NEWEST:])
    goes_on = (
        (slope != 0.0)
        & (np.abs(slope) >= _SIGNIFICANT * error)
        & (newest * np.sign(slope) >= _GOES_ON * np.abs(slope))
        & (steps.max(axis=1) <= _MOST_UNEVEN * np.median(steps, axis=1))
    )
    return Trends(slope, level, noise, error, goes_on)


def time_to(limit: float, *, is_high: bool, level: Floats, slope: Floats) -> Floats:
    """Say when lines cross a limit: 0 where they are beyond it, infinity where they lead away from it. [s]."""
    ahead, closing = (limit - level, slope) if is_high else (level - limit, -slope)
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.where(closing > 0.0, ahead / closing, np.inf)
    return np.where(ahead < 0.0, 0.0, seconds)


def lead_of(values: Floats, step_s: float, limits: Sequence[Limit]) -> float | None:
    """Learn from a channel's past how early a trend may warn of it without having been wrong before.

    A channel that often sets out for its limit and never gets there, as a machine that warms up does, is believed late;
    one that never did is believed early.

    Args:
        values: Means over equal steps, NaN where nothing was read or what came of it was somebody's doing, shape (n,).
            [unit of the channel]
        step_s: Length of a step. [s]
        limits: Its limits on one side: what warms up fast may cool down slowly.

    Returns:
        How long before the limit a line is believed, at most `MOST_LEAD_S`; None where too little is known. [s]
    """
    known = np.flatnonzero(np.isfinite(values))
    if known.size < FEWEST_SEEN:
        return None
    at_s, seen = known * step_s, values[known]
    slope = np.diff(seen) / np.diff(at_s)
    earliest = MOST_LEAD_S
    for limit in limits:
        beyond = seen > limit.value if limit.is_high else seen < limit.value
        # Behind the last crossing lies one that never comes.
        crossed_s = np.append(at_s[beyond], np.inf)
        next_s = crossed_s[np.searchsorted(crossed_s, at_s[1:])]
        claimed = time_to(limit.value, is_high=limit.is_high, level=seen[1:], slope=slope)
        # What was followed by a crossing before long was right.
        false = claimed[(claimed > 0.0) & ~beyond[:-1] & (next_s - at_s[1:] > 2.0 * MOST_LEAD_S)]
        if false.size:
            earliest = min(earliest, _LEARNED_SHARE * float(false.min()))
    return earliest


def _theil_sen(at_s: Floats, values: Floats) -> Floats:
    first, second = np.triu_indices(at_s.shape[1], 1)
    return np.asarray(
        np.median((values[:, second] - values[:, first]) / (at_s[:, second] - at_s[:, first]), axis=1), dtype=np.float64
    )
