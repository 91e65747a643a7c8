"""Keeps a forecast within what can be: its range, a register that never falls, times of day when nothing happens."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.bounds import Margins
from twinql.domain.forecasting.method import Places
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.simple import last_known

_FEWEST_DAYS: Final = 14
"""A time of day that has read the same on fewer days may read something else tomorrow."""


class Told(NamedTuple):
    """Bounds and medians, shape (m, steps). [unit of the channel]."""

    lower: Floats
    median: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
class Possible:
    """What can be read at all.

    Attributes:
        lowest: Nothing below this is possible. [unit of the channel]
        highest: Nothing above this is possible. [unit of the channel]
        cumulative: Whether the values are a register, laid end to end, that counts up.
    """

    lowest: float
    highest: float
    cumulative: bool

    def told(self, past: Past, origins: Places, expected: Floats, margins: Margins, *, known_until: int) -> Told:
        """Return what is told at some points of the past.

        Where a time of day has read the same for weeks, and those before and after it too, bounds lie at it: the sun
        does not shine at night, however wrong noon may be.

        Args:
            past: The past.
            origins: Places in its values, shape (m,).
            expected: The medians, shape (m, steps). NaN stays NaN. [unit of the channel]
            margins: How far from them the bounds would lie.
            known_until: Times of day are looked at in values[:known_until].
        """
        lower, upper = margins.around(expected)
        lower, upper = np.minimum(lower, expected), np.maximum(upper, expected)
        if past.day is not None:
            ahead = origins[:, None] + 1 + np.arange(expected.shape[1])
            values = past.values[:known_until]
            usual = _usual(np.diff(values, prepend=np.nan) if self.cumulative else values, past.day)[ahead % past.day]
            if self.cumulative:
                lower, upper = (expected + _standing(side - expected, usual == 0.0) for side in (lower, upper))
            else:
                is_usual = ~np.isnan(usual)
                lower = np.where(is_usual, np.minimum(usual, expected), lower)
                upper = np.where(is_usual, np.maximum(usual, expected), upper)
        lowest = last_known(past.values)[origins, None] if self.cumulative else np.full((1, 1), self.lowest)
        return Told(*(self._confined(each, lowest) for each in (lower, expected, upper)))

    def _confined(self, side: Floats, lowest: Floats) -> Floats:
        inside = np.minimum(np.maximum(side, lowest), self.highest)
        return np.where(np.isnan(side), np.nan, np.fmax.accumulate(inside, axis=1)) if self.cumulative else inside


def _usual(values: Floats, day: int) -> Floats:
    """Return what each time of day has always read, as its neighbours have; NaN where it is not the same. Shape (day,).

    Args:
        values: One a step, shape (n,). NaN is a gap.
        day: A day in steps.
    """
    padded = np.append(values, np.full(-values.size % day, np.nan)).reshape(-1, day)
    if len(padded) < _FEWEST_DAYS:
        return np.full(day, np.nan)
    least, most = np.fmin.reduce(padded, axis=0), np.fmax.reduce(padded, axis=0)
    same = (least == most) & (np.count_nonzero(~np.isnan(padded), axis=0) >= _FEWEST_DAYS)
    return np.where(same & np.roll(same, 1) & np.roll(same, -1), most, np.nan)


def _standing(apart: Floats, stands: NDArray[np.bool_]) -> Floats:
    """Let the distance of a bound stay, in steps in which nothing is counted, what it was before; 0 at the start."""
    steps = np.arange(apart.shape[1])
    before = np.maximum.accumulate(np.where(stands, -1, steps), axis=1)
    return np.where(before >= 0, np.take_along_axis(apart, np.maximum(before, 0), axis=1), 0.0)
