"""An autoregression on the values around one step, one day, two days and one week earlier."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.forecasting.method import Places
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.scale import Scale
from twinql.domain.forecasting.simple import last_known
from twinql.domain.forecasting.sparse import SparseRegression

_WIDE: Final = 3
"""So many steps before and after a day, two days and a week are looked at by the first of two regressions."""
_NARROW: Final = 1
"""The same of a day, six days and a week, by the second."""
_HALF_LIFE_SEASONS: Final = 14
"""A value that is so many of the shortest season old (two weeks of days) counts half."""


@dataclass(frozen=True, slots=True)
class Autoregression:
    """The mean of two sparse autoregressions, which look at the past a little differently.

    They work on square roots where nothing is negative: what swings more where it is high then swings evenly, and
    nothing can be expected below zero. Two do better than either, and differ in what they make of the week.

    Attributes:
        cumulative: Whether the values are a register: then its increase a step is what is expected.
    """

    cumulative: bool = False

    @property
    def model(self) -> ForecastModel:
        """Its name."""
        return ForecastModel.AUTOREGRESSION

    @property
    def learns(self) -> bool:
        """It has coefficients."""
        return True

    def paths(self, past: Past, origins: Places, *, steps: int, learned_until: int) -> Floats:
        """Say what would have been expected at each of these points of the past."""
        values = np.diff(past.values, prepend=np.nan) if self.cumulative else past.values
        scale = Scale.of(values[:learned_until])
        wanted = scale.there(values)
        known = gaps_filled(wanted, past.seasons)
        half_life = _HALF_LIFE_SEASONS * past.seasons[0]
        found = []
        for lags in _lag_sets(past.seasons, learned_until):
            fitted = SparseRegression.fitted(known[:learned_until], wanted[:learned_until], lags, half_life)
            if fitted is None:
                return np.full((origins.size, steps), np.nan)
            found.append(scale.back(fitted.ahead(known, origins, steps)))
        expected = np.asarray(np.mean(found, axis=0))
        return last_known(past.values)[origins, None] + np.cumsum(expected, axis=1) if self.cumulative else expected


def gaps_filled(values: Floats, seasons: Sequence[int]) -> Floats:
    """Fill gaps with what was there a season earlier: the longest season, in the first of it the next shorter one.

    Args:
        values: One a step, shape (n,). NaN is a gap.
        seasons: In steps, rising. Before the first of the shortest is over, the last value fills a gap.

    Returns:
        Same shape; a value depends on earlier ones alone. Only gaps at the very start are filled from after them.
    """
    gaps = np.isnan(values)
    if not gaps.any() or gaps.all():
        return values
    filled = values.copy() if seasons else last_known(values)
    if seasons:
        season = seasons[-1]
        filled[:season] = gaps_filled(values[:season], seasons[:-1])
        for start in range(season, values.size, season):
            now, before = filled[start : start + season], filled[start - season : start]
            np.copyto(now, before[: now.size], where=np.isnan(now))
    return np.where(np.isnan(filled), values[np.flatnonzero(~gaps)[0]], filled)


def _lag_sets(seasons: Sequence[int], size: int) -> list[tuple[int, ...]]:
    """Return the lags of each regression; the week is left out where so short a past has not seen it twice."""
    day, week = seasons[0], seasons[-1]
    sees_week = week > day and 2 * week <= size
    wide = (0, day, 2 * day, week) if sees_week else (0, day, 2 * day)
    narrow = (0, day, week - day, week) if sees_week else (0, day)
    return [_around(wide, min(_WIDE, day // 4)), _around(narrow, min(_NARROW, day // 4))]


def _around(centres: Sequence[int], reach: int) -> tuple[int, ...]:
    near = {centre + apart for centre in centres for apart in range(-reach, reach + 1)}
    return tuple(sorted(lag for lag in near | {1} if lag > 0))
