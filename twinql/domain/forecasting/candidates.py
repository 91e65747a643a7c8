"""Which models are tried on a past, with which parameters."""

from typing import Final

import numpy as np

from twinql.domain.forecasting.arima import Arima
from twinql.domain.forecasting.autoregression import Autoregression
from twinql.domain.forecasting.method import Method
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.similar_days import FEWEST_DAYS, SimilarDays, shows_days, suits
from twinql.domain.forecasting.simple import Simple

_TIMES_SEEN: Final = 4
"""An autoregression is tried where the past holds so many of the shortest season: it looks back two."""
_TREND_WINDOWS: Final = (4, 12)
_LONGEST_TREND: Final = 30.0
"""After this many steps at the latest a slope has faded to 1/e, however long the horizon: five minutes of a machine."""


def candidates(past: Past, steps: int, only: ForecastModel | None, *, cumulative: bool) -> list[Method]:
    """List the models to be tried; of equally good ones the first is used.

    Args:
        past: The past.
        steps: How many steps are to be forecast.
        only: The model that was asked for by name. ARIMA is tried only then.
        cumulative: Whether the values are a register.

    Returns:
        Empty where the model that was asked for needs a season and the past is too short to show one.
    """
    if only is ForecastModel.ARIMA:
        return [Arima(season=next(iter(_seen_twice(past, steps)), 1), cumulative=cumulative)]
    found: list[Method] = [_seasonal(season, cumulative=cumulative) for season in _seen_twice(past, steps)]
    if past.seasons and _TIMES_SEEN * past.seasons[0] <= past.values.size:
        found.append(Autoregression(cumulative=cumulative))
    if suits(past, steps) or (only is ForecastModel.SIMILAR_DAYS and shows_days(past)):
        found.append(SimilarDays(cumulative=cumulative))
    found.append(Simple(ForecastModel.PERSISTENCE))
    fading = np.inf if cumulative else max(min(steps / 3, _LONGEST_TREND), 2.0)
    found.extend(Simple(ForecastModel.LOCAL_TREND, window=window, damping=fading) for window in _TREND_WINDOWS)
    return [each for each in found if only in (None, each.model)]


def steps_needed(past: Past, steps: int, model: ForecastModel | None) -> int | None:
    """Return how long a past must be for a model that rests on a season to be tried; None where no length will do."""
    if model is ForecastModel.SIMILAR_DAYS:
        return FEWEST_DAYS * past.day if past.day is not None else None
    if not past.seasons:
        return None
    season = past.seasons[0]
    return _TIMES_SEEN * season if model is ForecastModel.AUTOREGRESSION else 2 * season + steps // 2


def naive(past: Past, *, cumulative: bool) -> Simple:
    """Return the naive forecast that stands beside every other: the shortest season held twice, else the last value."""
    season = past.season
    return _seasonal(season, cumulative=cumulative) if season > 1 else Simple(ForecastModel.PERSISTENCE)


def _seen_twice(past: Past, steps: int) -> list[int]:
    return [season for season in past.seasons if 2 * season + steps // 2 <= past.values.size]


def _seasonal(season: int, *, cumulative: bool) -> Simple:
    return Simple(ForecastModel.SEASONAL_NAIVE, season=season, cumulative=cumulative)
