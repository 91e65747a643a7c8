"""Scores forecasts as the M4 competition did: OWA of the medians, MSIS of the intervals of 95 %.

Source: Makridakis, Spiliotis, Assimakopoulos, "The M4 Competition: 100,000 time series and 61 forecasting methods",
International Journal of Forecasting 36, 2020.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from twinql.domain.forecasting.past import Floats

SEASON: Final = 24
_MISSED: Final = 2.0 / 0.05
"""What a value outside an interval of 95 % costs for each unit of distance."""
_SEASONAL: Final = 1.645
"""An autocorrelation is clear beyond so many standard errors: 90 %, two-sided."""


def smape(observed: Floats, expected: Floats) -> float:
    """Return the mean of the errors as shares of the mean of both values. [%]."""
    return float(np.mean(200.0 * np.abs(observed - expected) / (np.abs(observed) + np.abs(expected))))


def scale(past: Floats) -> float:
    """Return the mean absolute change from one day to the next: what MASE and MSIS are multiples of."""
    return float(np.abs(past[SEASON:] - past[:-SEASON]).mean())


def mase(past: Floats, observed: Floats, expected: Floats) -> float:
    """Return the mean absolute error as a multiple of the scale of the past."""
    return float(np.abs(observed - expected).mean()) / scale(past)


def msis(past: Floats, observed: Floats, lower: Floats, upper: Floats) -> float:
    """Return the mean width of intervals of 95 % and what misses cost, as a multiple of the scale of the past."""
    missed = np.maximum(lower - observed, 0.0) + np.maximum(observed - upper, 0.0)
    return float((upper - lower + _MISSED * missed).mean()) / scale(past)


def owa(ours: Sequence[tuple[float, float]], naive: Sequence[tuple[float, float]]) -> float:
    """Return the mean of two ratios: of mean sMAPE and of mean MASE, each to that of the Naive 2 forecast.

    Args:
        ours: sMAPE and MASE of each series.
        naive: The same of Naive 2.
    """
    return float(np.mean(np.mean(ours, axis=0) / np.mean(naive, axis=0)))


def naive2(past: Floats, steps: int) -> Floats:
    """Repeat the last value, after a multiplicative season of a day was taken out where the past shows one clearly."""
    if not _is_seasonal(past):
        return np.repeat(past[-1], steps)
    days = past.size // SEASON + 2
    season = np.tile(_season(past), days + steps // SEASON)
    return past[-1] / season[past.size - 1] * season[past.size - SEASON : past.size][np.arange(steps) % SEASON]


def _is_seasonal(past: Floats) -> bool:
    reach = int(10.0 * np.log10(past.size))
    if past.size < 3 * SEASON or reach < SEASON:
        return False
    centred = past - past.mean()
    own = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, SEASON + 1)]) / (centred @ centred)
    error = np.sqrt((1.0 + 2.0 * (own[:-1] ** 2).sum()) / past.size)
    return bool(abs(own[-1]) > _SEASONAL * error)


def _season(past: Floats) -> Floats:
    """Decompose classically: mean ratios to the centred moving average of a day, scaled to a mean of 1."""
    half = SEASON // 2
    weights = np.concatenate([[0.5], np.ones(SEASON - 1), [0.5]]) / SEASON
    ratios = np.full(past.size, np.nan)
    ratios[half : past.size - half] = past[half : past.size - half] / np.convolve(past, weights, mode="valid")
    figures = np.array([np.nanmean(ratios[hour::SEASON]) for hour in range(SEASON)])
    return np.asarray(figures / figures.mean())
