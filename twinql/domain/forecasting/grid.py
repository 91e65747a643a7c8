"""Lays the readings of a channel on a grid of equal steps, fine enough for a forecast's horizon."""

from typing import Final, NamedTuple

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.past import Floats, seasons_of

LONGEST_HORIZON_S: Final = 30 * 86_400
_MOST_STEPS: Final = 120
_ROUND_STEPS: Final = (
    1,
    2,
    5,
    10,
    15,
    20,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    86_400,
)
_DAY_S: Final = 86_400
_SHORTEST_PAST_STEPS: Final = 720
_LONGEST_PAST_STEPS: Final = 4032
_PAST_DAYS: Final = 56
_SLACK: Final = 1.5


class Grid(NamedTuple):
    """How finely a horizon is cut, and how far back it is worth looking.

    Attributes:
        step_s: Length of a step. [s]
        steps: Steps of the horizon.
        past_steps: Steps of the past.
        seasons: A day and a week in steps, where they are whole.
    """

    step_s: int
    steps: int
    past_steps: int
    seasons: tuple[int, ...]


def grid_for(*, horizon_s: float, spacing_s: float | None, kind: ReadingKind) -> Grid:
    """Choose a grid.

    Args:
        horizon_s: How far to forecast, more than 0. [s]
        spacing_s: Time between two readings, or the length of an INTERVAL channel's intervals; None where it is not
            known. [s]
        kind: How its values are to be read; the steps of an INTERVAL channel hold whole intervals.

    Returns:
        At most 120 steps that cover the horizon, none finer than the channel's own spacing; a past of at least 720
        steps, and of eight weeks where that is not much more.
    """
    wanted = max(horizon_s / _MOST_STEPS, spacing_s or 1.0)
    whole = round(spacing_s) if kind is ReadingKind.INTERVAL and spacing_s else 1
    fallback = whole * int(np.ceil(wanted / whole))
    step_s = next((step for step in _ROUND_STEPS if step >= wanted and step % whole == 0), fallback)
    return Grid(step_s, int(np.ceil(horizon_s / step_s)), past_steps(step_s), seasons_of(step_s))


def past_steps(step_s: int) -> int:
    """Return how many steps of this length are looked back at."""
    past = int(np.clip(_PAST_DAYS * _DAY_S // step_s, _SHORTEST_PAST_STEPS, _LONGEST_PAST_STEPS))
    # A past that cannot hold two days shows no season: the shortest one will do.
    return past if past >= 2 * _DAY_S // step_s else _SHORTEST_PAST_STEPS


def horizon_to_see(span_s: float) -> int:
    """Return beyond which horizon steps are so long that a past of this span is looked back at; 0 for any. [s].

    Args:
        span_s: At most eight weeks. [s]
    """
    shorter = [step for step in _ROUND_STEPS if past_steps(step) * step < span_s]
    return _MOST_STEPS * max(shorter, default=0)


def working_grid(asked: Grid, usual: Grid) -> Grid:
    """Choose on which grid a forecast of a measured quantity is made, so that longer horizons do not contradict it.

    Args:
        asked: The grid of the answer.
        usual: That of a quarter of an hour.

    Returns:
        The usual steps for as long a horizon as their past allows, unless the grid of the answer holds a season; else
        the grid of the answer. Its steps go into those of the answer without rest.
    """
    steps = asked.step_s * asked.steps // usual.step_s
    has_season = any(2 * season + asked.steps // 2 <= asked.past_steps for season in asked.seasons)
    if asked.step_s % usual.step_s or 2 * steps > usual.past_steps or has_season:
        return asked
    return usual._replace(steps=steps)


def bridged(values: Floats, *, reach: int) -> Floats:
    """Draw straight lines between neighbouring values that are no further apart than readings usually are.

    Readings a minute apart leave five of six steps of ten seconds empty without there being a gap. What is usual is the
    spacing in which half of the known time lies.

    Args:
        values: One a step, shape (n,). NaN is empty. [unit of the channel]
        reach: Spacing that never counts as a gap, at least 1. [steps]

    Returns:
        Same shape; real gaps, the start and the end stay NaN.
    """
    known = np.flatnonzero(~np.isnan(values))
    if known.size < 2:  # noqa: PLR2004 - one point makes no line
        return values.copy()
    spacing = np.diff(known)
    ordered = np.sort(spacing)
    usual = ordered[np.searchsorted(np.cumsum(ordered), spacing.sum() / 2.0)]
    longest = max(reach, int(_SLACK * usual))
    places = np.arange(values.size)
    drawn = np.interp(places, known, values[known], left=np.nan, right=np.nan)
    before = np.clip(np.searchsorted(known, places, side="right") - 1, 0, spacing.size - 1)
    return np.where(spacing[before] <= longest, drawn, values)
