"""How good a model was on the younger part of the past, beside forecasts that anybody could make."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.bounds import within
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.possible import Possible
from twinql.domain.forecasting.prediction import Accuracy
from twinql.domain.forecasting.simple import last_known
from twinql.domain.forecasting.trial import Trial


def measured(
    past: Past, used: Trial, *, persistence: Trial, seasonal: Trial, level: float, possible: Possible
) -> Accuracy:
    """Measure a model on the younger origins, with bounds from the older ones.

    Args:
        past: The past.
        used: The model that is used, tried.
        persistence: Repeating the last value, tried from the same origins.
        seasonal: The seasonal naive forecast, tried from the same origins.
        level: Share of outcomes that should lie between the bounds.
        possible: What can be told at all; of a register it is the increase a step that MASE and WAPE are of.

    Returns:
        Accuracy where something was observed, MASE beside the naive one where the season was, too; a count of 0 and
        nothing else where there is nothing to compare.
    """
    older, younger = slice(0, used.origins.older), slice(used.origins.older, None)
    error, naive_error, seasonal_error = (each.error[younger] for each in (used, persistence, seasonal))
    pairs = ~np.isnan(error) & ~np.isnan(naive_error)
    if not pairs.any():
        return Accuracy(count=0)
    observed = used.expected[younger] + error
    places, margins = used.origins.all[younger], used.margins(level, older)
    told = possible.told(past, places, used.expected[younger], margins, known_until=used.origins.learned_until)
    error = observed - told.median
    found = Accuracy(
        count=int(pairs.sum()),
        mae=_mean_size(error, pairs),
        naive_mae=_mean_size(naive_error, pairs),
        coverage=float(within(observed, told.lower, told.upper)[pairs].mean()),
    )
    values = past.values
    if possible.cumulative:
        error, seasonal_error = (np.diff(each, axis=1, prepend=0.0) for each in (error, seasonal_error))
        observed = np.diff(observed, axis=1, prepend=last_known(values)[used.origins.all[younger], None])
        values = np.diff(values)
    pairs = ~np.isnan(error)
    both = pairs & ~np.isnan(seasonal_error)
    scale = naive_scale(values, past.season)
    return replace(
        found,
        mase=_share(_mean_size(error, both if both.any() else pairs), scale),
        wape=_share(_mean_size(error, pairs), _mean_size(observed, pairs)),
        naive_mase=_share(_mean_size(seasonal_error, both), scale),
    )


def naive_scale(values: Floats, season: int) -> float | None:
    """Return the mean absolute error of the seasonal naive forecast within the past.

    Args:
        values: One a step, shape (n,). NaN is a gap. [unit of the channel]
        season: What the naive forecast repeats, at least 1. [steps]

    Returns:
        What errors are divided by for MASE; None where nothing can be compared. 0 where it was never wrong: then there
        is no MASE. [unit of the channel]

    Source:
        Hyndman, Koehler, "Another look at measures of forecast accuracy", 2006.
    """
    change = np.abs(values[season:] - values[:-season])
    known = change[~np.isnan(change)]
    return float(known.mean()) if known.size else None


def _mean_size(values: Floats, pairs: NDArray[np.bool_]) -> float | None:
    return float(np.abs(values[pairs]).mean()) if pairs.any() else None


def _share(value: float | None, whole: float | None) -> float | None:
    return value / whole if value is not None and whole else None
