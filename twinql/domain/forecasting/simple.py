"""Simple models of what comes next, each tried from many points of the past at once."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.method import Places
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past

_CLEAR_SLOPE: Final = 3.0
"""A slope within this many of its standard errors is noise."""
_FEWEST_FOR_A_SLOPE: Final = 4


@dataclass(frozen=True, slots=True)
class Simple:
    """A model that learns nothing but its few parameters, which are counted in steps.

    Attributes:
        model: Which model.
        season: For SEASONAL_NAIVE: after how many steps the past repeats itself.
        window: For LOCAL_TREND: how many steps the slope is taken from.
        damping: For LOCAL_TREND: after how many steps the slope has faded to 1/e.
        cumulative: Whether the values are a register that counts up, so that seasons repeat its increase.
    """

    model: ForecastModel
    season: int = 0
    window: int = 0
    damping: float = np.inf
    cumulative: bool = False

    @property
    def learns(self) -> bool:
        """It has no coefficients."""
        return False

    def paths(self, past: Past, origins: Places, *, steps: int, learned_until: int) -> Floats:  # noqa: ARG002 - a Method
        """Say what this model would have expected, had it stood at each of these points of the past."""
        if self.model is ForecastModel.SEASONAL_NAIVE:
            return _seasonal(past.values, origins, self.season, steps, cumulative=self.cumulative)
        if self.model is ForecastModel.LOCAL_TREND:
            return _local_trend(past.values, origins, self.window, self.damping, steps)
        return np.repeat(last_known(past.values)[origins, None], steps, axis=1)


def last_known(values: Floats) -> Floats:
    """Carry each value over the gaps after it; NaN before the first one. Same shape."""
    known = np.where(np.isnan(values), -1, np.arange(values.size))
    place = np.maximum.accumulate(known) if values.size else known
    return np.where(place >= 0, values[place], np.nan) if values.size else values.copy()


def _seasonal(values: Floats, origins: Places, season: int, steps: int, *, cumulative: bool) -> Floats:
    """Repeat what was there a whole number of seasons ago, or, where that is a gap, one season earlier.

    Source:
        Hyndman, Athanasopoulos, "Forecasting: principles and practice", seasonal naive method.
    """
    ahead = np.arange(1, steps + 1)
    back = season * np.ceil(ahead / season).astype(np.int64)
    place = origins[:, None] + (ahead - back)[None, :]
    known = last_known(values)
    if not cumulative:
        return _first_finite(_at(values, place), _at(values, place - season))
    before = origins[:, None] - back[None, :]
    increase = _first_finite(
        _at(values, place) - _at(known, before), _at(values, place - season) - _at(known, before - season)
    )
    return np.asarray(known[origins, None] + increase)


def _at(values: Floats, place: NDArray[np.int64]) -> Floats:
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan)


def _first_finite(first: Floats, second: Floats) -> Floats:
    return np.where(np.isnan(first), second, first)


def _local_trend(values: Floats, origins: Places, window: int, damping: float, steps: int) -> Floats:
    """Go on with the slope of the last few steps as far as it stands out from the noise, ever less of it.

    Where no slope stands out, this is the last value, repeated.

    Source:
        Ordinary least squares over the window; positive-part shrinkage of the slope by its t value (James, Stein 1961);
        exponential damping (Gardner, McKenzie 1985, in continuous form).
    """
    known = last_known(values)[origins]
    padded = np.concatenate([np.full(window - 1, np.nan), values])
    y = np.lib.stride_tricks.sliding_window_view(padded, window)[origins] - known[:, None]
    x = np.arange(1 - window, 1, dtype=np.float64)
    present = ~np.isnan(y)
    count = present.sum(axis=1)
    enough = count >= _FEWEST_FOR_A_SLOPE
    n = np.where(enough, count, 1)
    mean_x = (present * x).sum(axis=1) / n
    mean_y = np.where(present, y, 0.0).sum(axis=1) / n
    dx = np.where(present, x - mean_x[:, None], 0.0)
    dy = np.where(present, y - mean_y[:, None], 0.0)
    spread = np.where(enough, (dx * dx).sum(axis=1), 1.0)
    slope = (dx * dy).sum(axis=1) / spread
    residual = ((dy - slope[:, None] * dx) ** 2).sum(axis=1) / np.maximum(n - 2, 1)
    clarity = _shrinkage(slope, residual / spread) * enough
    level = known + clarity * (mean_y - slope * mean_x)
    return np.asarray(level[:, None] + (clarity * slope)[:, None] * _faded(steps, damping)[None, :])


def _shrinkage(slope: Floats, variance: Floats) -> Floats:
    noise = _CLEAR_SLOPE**2 * variance
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1.0 - noise / slope**2
    return np.where(slope == 0.0, 0.0, np.clip(np.nan_to_num(share, neginf=0.0), 0.0, 1.0))


def _faded(steps: int, damping: float) -> Floats:
    ahead = np.arange(1, steps + 1, dtype=np.float64)
    return ahead if np.isinf(damping) else damping * -np.expm1(-ahead / damping)
