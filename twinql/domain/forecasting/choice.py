"""Chooses the model to use now."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.trial import Trial, best, lately_wrong

_RECENT_STEPS: Final = 4
_WORSE_THAN_USUAL: Final = 3.0
_MUCH_BETTER: Final = 0.5
_FAR_FROM_USUAL: Final = 4.0
"""A value this many median absolute deviations from the median is unusual, whatever a few episodes have been like."""


def choose(trials: Sequence[Trial], persistence: Trial, past: Past, *, cumulative: bool = False) -> Trial:
    """Choose what to use now: usually the model with the best past.

    Where the values are far from what is usual, and that one has lately failed, it is the trend that did best lately,
    if it did much better; a model that learned weighs the last values itself. Only the last few steps and a median of
    the past count, so neither an earlier episode nor the horizon changes this.
    """
    day = None if cumulative else past.day
    usual = best(trials, persistence, day if day is not None and day <= persistence.origins.steps else None)
    trends = [trial for trial in trials if trial.method.model is ForecastModel.LOCAL_TREND]
    if usual.method.learns or not trends or not _is_far_from_usual(past.values):
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
