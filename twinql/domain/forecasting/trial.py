"""Tries a model from points of the past, by rolling origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.forecasting.method import Method, Places
from twinql.domain.forecasting.past import Floats, Past

_MOST_ORIGINS: Final = 300
_OLDER_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Origins:
    """The points of the past that are looked ahead from: the older ones choose, the younger ones measure.

    Attributes:
        all: Places in the past, rising, shape (m,).
        older: How many of them are older ones.
    """

    all: Places
    older: int

    @classmethod
    def of(cls, size: int, steps: int) -> "Origins":
        """Choose them after a start of the past, and with all steps known since."""
        first, last = min(size // 4, size - 1 - steps), size - 1 - steps
        places = np.unique(np.linspace(first, last, min(_MOST_ORIGINS, last - first + 1)).round().astype(np.intp))
        return cls(places, max(1, int(places.size * _OLDER_SHARE)))

    @property
    def learned_until(self) -> int:
        """Where what may be learned ends: after the last older origin."""
        return int(self.all[self.older - 1]) + 1


@dataclass(frozen=True, slots=True)
class Trial:
    """One model, tried.

    Attributes:
        method: The model with its parameters.
        expected: What it expected at each origin, shape (m, steps). [unit of the channel]
        error: What was observed less that; NaN where either is missing. [unit of the channel]
        origins: Where it was tried.
    """

    method: Method
    expected: Floats
    error: Floats
    origins: Origins


def try_out(method: Method, past: Past, origins: Origins, steps: int) -> Trial:
    """Try a model from points of the past; what it has to learn it learns from the older part."""
    expected = method.paths(past, origins.all, steps=steps, learned_until=origins.learned_until)
    return Trial(method, expected, _ahead(past.values, origins.all, steps) - expected, origins)


def lately_wrong(method: Method, past: Past, reach: int) -> Floats:
    """Average, at each point, how wrong the looks ahead of the last steps have turned out so far.

    Args:
        method: A model.
        past: The past, shape (n,).
        reach: How many steps back they looked ahead, at most. [steps]

    Returns:
        Shape (n,), NaN where there is nothing to compare. [unit of the channel]
    """
    size = past.values.size
    everywhere = np.arange(size)
    expected = method.paths(past, everywhere, steps=reach, learned_until=size)
    error = np.abs(_ahead(past.values, everywhere, reach) - expected)
    total, count = np.zeros(size), np.zeros(size)
    for ago in range(1, min(reach, size - 1) + 1):
        known = error[:-ago, :ago]
        total[ago:] += np.nan_to_num(known).sum(axis=1)
        count[ago:] += np.count_nonzero(~np.isnan(known), axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def skill(trial: Trial, naive: Trial, rows: slice) -> float:
    """Return the error of a model as a share of that of another on the same pairs; infinite with too few of them."""
    error, naive_error = trial.error[rows], naive.error[rows]
    both = ~np.isnan(error) & ~np.isnan(naive_error)
    if not both.any() or both.sum() < 0.5 * np.count_nonzero(~np.isnan(naive_error)):
        return np.inf
    mine, theirs = float(np.abs(error[both]).mean()), float(np.abs(naive_error[both]).mean())
    return mine / theirs if theirs > 0.0 else (1.0 if mine == 0.0 else np.inf)


def best(trials: Sequence[Trial], naive: Trial) -> Trial:
    """Return what did best on the older part; of equals the first."""
    older = slice(0, naive.origins.older)
    return trials[int(np.argmin([skill(trial, naive, older) for trial in trials]))]


def _ahead(values: Floats, origins: Places, steps: int) -> Floats:
    observed = np.concatenate([values[1:], np.full(steps, np.nan)])
    return np.lib.stride_tricks.sliding_window_view(observed, steps)[origins]
