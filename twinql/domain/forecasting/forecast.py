"""What a channel will probably read: the model that did best on the channel's own past, and how good it was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from twinql.domain.forecasting.bounds import bounds
from twinql.domain.forecasting.measured import measured
from twinql.domain.forecasting.method import Method
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.prediction import Prediction, Refusal
from twinql.domain.forecasting.simple import Simple, last_known
from twinql.domain.forecasting.trial import Origins, Trial, best, lately_wrong, try_out

_FEWEST_VALUES: Final = 24
_RECENT_STEPS: Final = 4
_WORSE_THAN_USUAL: Final = 3.0
_MUCH_BETTER: Final = 0.5
_TREND_WINDOWS: Final = (4, 12)
_LONGEST_TREND: Final = 30.0
"""After this many steps at the latest a slope has faded to 1/e, however long the horizon: five minutes of a machine."""
_FAR_FROM_USUAL: Final = 4.0
"""A value this many median absolute deviations from the median is unusual, whatever a few episodes have been like."""


def forecast(
    past: Past,
    *,
    steps: int,
    level: float = 0.8,
    cumulative: bool = False,
    lowest: float = -np.inf,
    highest: float = np.inf,
    only: ForecastModel | None = None,
) -> Prediction | Refusal:
    """Forecast the next steps of a channel.

    The candidates are seasonal naive for every season that fits twice, persistence, and a damped local trend. The one
    that did best by rolling origin is used; where values are far from what is usual, it fails, and a trend has not
    failed, that one is used instead: this is how a forecast notices that a pump has stopped, also for the third time.

    Args:
        past: What was read until now.
        steps: How many steps to forecast, at least 1.
        level: Share of outcomes that should lie between the bounds, between 0 and 1.
        cumulative: Whether the values are a register that counts up; a fall is a reset.
        lowest: Nothing below this is possible. [unit of the channel]
        highest: Nothing above this is possible. [unit of the channel]
        only: The model to use, when somebody asked for it by name.

    Returns:
        The forecast with its measured accuracy, or why there is none.
    """
    past = past.trimmed()
    if (refusal := _too_short(past, steps)) is not None:
        return refusal
    last_value = float(last_known(past.values)[-1])
    if cumulative:
        past = replace(past, values=unrolled(past.values))
    origins = Origins.of(past.values.size, steps)
    methods = [each for each in _methods(past, steps, cumulative=cumulative) if only in (None, each.model)]
    if not methods:
        return Refusal(
            "NO_SEASON", "The past is too short for a season to be seen twice; ask for another model, or wait."
        )
    trials = [try_out(method, past, origins, steps) for method in methods]
    persistence = try_out(Simple(ForecastModel.PERSISTENCE), past, origins, steps)
    seasonal = _beside(past, steps, cumulative=cumulative)
    used = _choose(trials, persistence, past)
    median = _now(used, persistence, past, steps)
    low, high = bounds(used.error, level)
    return Prediction(
        model=used.method.model,
        lower=np.clip(median + low, lowest, highest),
        median=np.clip(median, lowest, highest),
        upper=np.clip(median + high, lowest, highest),
        accuracy=measured(
            past,
            used,
            persistence=persistence,
            seasonal=try_out(seasonal, past, origins, steps),
            level=level,
            cumulative=cumulative,
        ),
        last_value=last_value,
    )


def unrolled(values: Floats) -> Floats:
    """Return a register as if it had never been reset, ending at the value it has now.

    Args:
        values: Register values in time order, shape (n,). NaN is a gap. [unit of the channel]

    Returns:
        The same shape, never falling: across a fall the register is taken to have stood still.
    """
    result = values.copy()
    known = np.flatnonzero(~np.isnan(values))
    if known.size:
        increase = np.maximum(np.diff(values[known]), 0.0)
        total = np.concatenate([[0.0], np.cumsum(increase)])
        result[known] = values[known[-1]] - total[-1] + total
    return result


def _too_short(past: Past, steps: int) -> Refusal | None:
    filled, needed = int(np.count_nonzero(~np.isnan(past.values))), max(_FEWEST_VALUES, 2 * steps)
    if past.values.size >= needed and filled >= max(_FEWEST_VALUES, steps):
        return None
    return Refusal(
        "INSUFFICIENT_HISTORY",
        f"There are {filled} steps with readings; a forecast of {steps} steps needs a past of {needed}, "
        "at least half of it filled. Wait, or ask for a shorter horizon.",
    )


def _methods(past: Past, steps: int, *, cumulative: bool) -> list[Method]:
    found = [_seasonal(season, cumulative=cumulative) for season in _seen_twice(past, steps)]
    found.append(Simple(ForecastModel.PERSISTENCE))
    fading = np.inf if cumulative else max(min(steps / 3, _LONGEST_TREND), 2.0)
    found.extend(Simple(ForecastModel.LOCAL_TREND, window=window, damping=fading) for window in _TREND_WINDOWS)
    return [*found]


def _seen_twice(past: Past, steps: int) -> list[int]:
    return [season for season in past.seasons if 2 * season + steps // 2 <= past.values.size]


def _seasonal(season: int, *, cumulative: bool) -> Simple:
    return Simple(ForecastModel.SEASONAL_NAIVE, season=season, cumulative=cumulative)


def _beside(past: Past, steps: int, *, cumulative: bool) -> Simple:
    """Return the naive forecast that stands beside every other: the shortest season seen twice, else the last value."""
    seen = _seen_twice(past, steps)
    return _seasonal(seen[0], cumulative=cumulative) if seen else Simple(ForecastModel.PERSISTENCE)


def _now(used: Trial, persistence: Trial, past: Past, steps: int) -> Floats:
    """Return what is expected of the next steps, with all of the past learned from."""
    here = np.array([past.values.size - 1])
    wanted, last = (
        trial.method.paths(past, here, steps=steps, learned_until=past.values.size)[0] for trial in (used, persistence)
    )
    return np.asarray(np.where(np.isnan(wanted), last, wanted))


def _choose(trials: Sequence[Trial], persistence: Trial, past: Past) -> Trial:
    """Choose what to use now: usually the model with the best past.

    Where the values are far from what is usual, and that one has lately failed, it is the trend that did best lately,
    if it did much better. Only the last few steps and a median of the past count, so neither an earlier episode nor the
    horizon changes this.
    """
    usual = best(trials, persistence)
    trends = [trial for trial in trials if trial.method.model is ForecastModel.LOCAL_TREND]
    if not trends or not _is_far_from_usual(past.values):
        return usual
    lately = lately_wrong(usual.method, past, _RECENT_STEPS)
    typical = float(np.nanmedian(lately)) if not np.isnan(lately).all() else np.inf
    if not lately[-1] > _WORSE_THAN_USUAL * typical:
        return usual
    wrong = [_wrong_now(trial, past) for trial in trends]
    return trends[int(np.argmin(wrong))] if min(wrong) < _MUCH_BETTER * _wrong_now(usual, past) else usual


def _wrong_now(trial: Trial, past: Past) -> float:
    """Return how wrong the looks ahead of the last few steps have turned out so far. [unit of the channel]."""
    return float(np.nan_to_num(lately_wrong(trial.method, past, _RECENT_STEPS)[-1], nan=np.inf))


def _is_far_from_usual(values: Floats) -> bool:
    """Say whether the last value lies far from the median of all, as such distances go."""
    known = values[~np.isnan(values)]
    distance = np.abs(known - np.median(known))
    return bool(distance[-1] > _FAR_FROM_USUAL * np.median(distance))
