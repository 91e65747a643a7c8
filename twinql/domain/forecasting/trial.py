"""Tries a model from points of the past, by rolling origin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from twinql.domain.forecasting.bounds import Margins
from twinql.domain.forecasting.method import Method, Places
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.scale import PLAIN, Scale
from twinql.domain.forecasting.sums import weighed, wrong

_MOST_ORIGINS: Final = 300
_OLDER_SHARE: Final = 0.6
_NEAR: Final = 8
"""An eighth of a day to either side is about the same time of day."""
_FEWEST_ORIGINS: Final = 20
_WORTH_A_LOOK: Final = 1.5
"""Models that are this many times as wrong as the best are out of the question."""


@dataclass(frozen=True, slots=True)
class Origins:
    """The points of the past that are looked ahead from: the older ones choose, the younger ones measure.

    Attributes:
        all: Places in the past, rising, shape (m,).
        older: How many of them are older ones.
        steps: How far each looks ahead.
        now: The last place of the past.
    """

    all: Places
    older: int
    steps: int
    now: int

    @classmethod
    def of(cls, size: int, steps: int) -> "Origins":
        """Choose them after a start of the past, and with all steps known since."""
        first, last = min(size // 4, size - 1 - steps), size - 1 - steps
        places = np.unique(np.linspace(first, last, min(_MOST_ORIGINS, last - first + 1)).round().astype(np.intp))
        return cls(places, max(1, int(places.size * _OLDER_SHARE)), steps, size - 1)

    def at_this_time(self, day: int) -> Places:
        """Return which of the older ones lie at about the time of day that it is now; all where few do.

        Args:
            day: A day in steps.
        """
        apart = (self.now - self.all[: self.older]) % day
        near = np.flatnonzero(np.minimum(apart, day - apart) <= day // _NEAR)
        return near if near.size >= _FEWEST_ORIGINS else np.arange(self.older)

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
        scale: The scale on which its errors are compared for its bounds.
    """

    method: Method
    expected: Floats
    error: Floats
    origins: Origins
    scale: Scale = PLAIN

    def margins(self, level: float, rows: slice) -> Margins:
        """Return how far its bounds lie from its medians, by its errors at some of the origins."""
        places = self.origins.all[rows]
        looks = 1.0 + float(places[-1] - places[0]) / self.origins.steps if self.method.learns else None
        return Margins.of(self.expected[rows], self.error[rows], level, self.scale, looks=looks)

    def else_of(self, other: "Trial") -> "Trial":
        """Return the same with what another one, from the same origins, expected where this one said nothing."""
        nothing = np.isnan(self.expected)
        expected = np.where(nothing, other.expected, self.expected)
        return replace(self, expected=expected, error=np.where(nothing, other.error, self.error))


def try_out(method: Method, past: Past, origins: Origins, scale: Scale = PLAIN) -> Trial:
    """Try a model from points of the past; what it has to learn it learns from the older part."""
    return _tried(method, past, origins, scale, origins.learned_until)[0]


def learned_again(trial: Trial, past: Past) -> tuple[Trial, Floats]:
    """Let a model learn from all of the past, and return its trial then, and what it expects next, shape (steps,)."""
    return _tried(trial.method, past, trial.origins, trial.scale, past.values.size)


def _tried(method: Method, past: Past, origins: Origins, scale: Scale, learned_until: int) -> tuple[Trial, Floats]:
    now = np.append(origins.all, past.values.size - 1)
    found = method.paths(past, now, steps=origins.steps, learned_until=learned_until)
    error = _ahead(past.values, origins.all, origins.steps) - found[:-1]
    return Trial(method, found[:-1], error, origins, scale if method.learns else PLAIN), found[-1]


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


def best(trials: Sequence[Trial], naive: Trial, day: int | None = None) -> Trial:
    """Return what did best on the older part; of equals the first.

    Args:
        trials: At least one.
        naive: What they are compared with.
        day: A day in steps, where the horizon holds one: then what a day comes to counts too, and only origins at about
            the time of day that it is now.
    """
    older = slice(0, naive.origins.older)
    skills = np.array([skill(trial, naive, older) for trial in trials])
    if day is None or np.isinf(skills).all():
        return trials[int(np.argmin(skills))]
    rows, near = naive.origins.at_this_time(day), skills <= _WORTH_A_LOOK * skills.min()
    able = [trial for trial, is_near in zip(trials, near, strict=True) if is_near]
    return able[int(np.argmin(weighed(np.array([wrong(trial.error[rows], day) for trial in able]))))]


def _ahead(values: Floats, origins: Places, steps: int) -> Floats:
    observed = np.concatenate([values[1:], np.full(steps, np.nan)])
    return np.lib.stride_tricks.sliding_window_view(observed, steps)[origins]
