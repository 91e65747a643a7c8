"""Forecasts a day from days like it: a quantile of each time of day, the same for all, so that their sum comes out."""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from twinql.domain.forecasting.day_levels import DayLevels
from twinql.domain.forecasting.local_days import LocalDays, Whole
from twinql.domain.forecasting.method import Places
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.simple import last_known
from twinql.domain.forecasting.sums import weighed, wrong
from twinql.domain.forecasting.weighted_quantiles import weighted_quantiles

_SHARES: Final = np.array([0.3, 0.4, 0.5, 0.57, 0.64, 0.71, 0.79, 0.88])
"""The quantiles that are worked out; what lies between is drawn as a straight line."""
_MEDIAN: Final = 2
_PULLS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far from the sum of the medians to the expected level a forecast may be moved; which, is learned."""
FEWEST_DAYS: Final = 14
_WORTH_TRYING_DAYS: Final = 42
_TRIED_DAYS: Final = 28
"""From so many days it is learned how far to move."""
_CLOSE: Final = 2.0
"""Days whose level differs by this many usual surprises from the expected one count 1/e."""


class _Pairs(NamedTuple):
    """Which days are forecast from where: rows of the past by local days.

    Attributes:
        until: The last day known, shape (n,).
        target: The day to be forecast, shape (n,).
        asked: How many of them were asked for; the others are there to be learned from.
    """

    until: Whole
    target: Whole
    asked: int


@dataclass(frozen=True, slots=True)
class SimilarDays:
    """What such days were like: of the same kind, recent, and of about the level that is expected.

    The median at each time of day has the smallest absolute error, and a sum that is too low where loads come and go.
    The forecast with a given sum and the smallest absolute error takes the same quantile at every time of day.

    Attributes:
        cumulative: Whether the values are a register that counts up, so that days repeat its increase.
    """

    cumulative: bool = False

    @property
    def model(self) -> ForecastModel:
        """Its name."""
        return ForecastModel.SIMILAR_DAYS

    @property
    def learns(self) -> bool:
        """It has coefficients, few ones."""
        return True

    def paths(self, past: Past, origins: Places, *, steps: int, learned_until: int) -> Floats:
        """Say what this model would have expected, had it stood at each of these points of the past.

        Source:
            With F the distribution at a time of day, the sum of E|y - q| is smallest under a given sum of q where the
            derivative 2 F(q) - 1 is the same at each: at a common quantile (Lagrange).
        """
        change = replace(past, values=np.diff(past.values, prepend=np.nan)) if self.cumulative else past
        days = LocalDays.of(change, steps)
        until = days.complete_until()
        place = origins[:, None] + 1 + np.arange(steps)
        target = days.clock.day[place] - days.first
        pair, pairs = _numbered(
            np.broadcast_to(until[origins, None], place.shape), target, int(until[learned_until - 1])
        )
        table = _table(days, pairs)
        found = np.asarray(table[pair, days.clock.slot[place]])
        return last_known(past.values)[origins, None] + np.cumsum(found, axis=1) if self.cumulative else found


def suits(past: Past, steps: int) -> bool:
    """Say whether it is worth trying: for a day and more, with six weeks to see what days are like."""
    return past.day is not None and steps >= past.day and past.values.size >= _WORTH_TRYING_DAYS * past.day


def shows_days(past: Past) -> bool:
    """Say whether steps go into a day without rest, and the past holds enough days."""
    return past.day is not None and past.values.size >= FEWEST_DAYS * past.day


def _numbered(until: Whole, target: Whole, last_learned: int) -> tuple[Whole, _Pairs]:
    """Number the pairs that occur, each once, and add those to learn from. Shape of the first: that of the targets."""
    low, width = int(until.min()), int((target - until).max()) + 1
    key = (until - low) * width + target - until
    used = np.zeros(int(key.max()) + 1, dtype=np.bool_)
    used[key] = True
    which = np.flatnonzero(used)
    known = which // width + low
    tried = np.arange(max(FEWEST_DAYS, last_learned + 1 - _TRIED_DAYS), last_learned + 1)
    pairs = _Pairs(np.append(known, tried - 1), np.append(known + which % width, tried), known.size)
    return (np.cumsum(used) - 1)[key], pairs


def _table(days: LocalDays, pairs: _Pairs) -> Floats:
    """Forecast each target day at each time of day, shape (pairs asked for, slots)."""
    tried = pairs.target[pairs.asked :]
    ahead = max(int(pairs.target.max()) + 1 - days.values.shape[0], 0)
    levels = DayLevels.of(days, ahead, int(tried[-1]) + 1 if tried.size else 0)
    weights = levels.weights(pairs.until, pairs.target)
    level = levels.expected(pairs.until, pairs.target, weights)
    spread = levels.spread()
    if spread > 0.0:
        distance = np.abs(level[:, None] - levels.known) / (_CLOSE * spread)
        weights = weights * np.exp(-np.nan_to_num(distance, nan=1.0))
    return _moved(_quantiles(days.values, weights), levels.to_level(level), days.values[tried])


def _quantiles(values: Floats, weights: Floats) -> Floats:
    """Return quantiles of each time of day, shape (shares, pairs, slots)."""
    slots = range(values.shape[1])
    return np.stack([weighted_quantiles(values[:, slot], weights, _SHARES) for slot in slots], axis=2)


def _moved(sharp: Floats, level: Floats, tried: Floats) -> Floats:
    """Move the medians towards the expected level, and smooth them, as far as that was right on days that are known.

    Args:
        sharp: Quantiles, shape (shares, pairs, slots).
        level: Shape (pairs,).
        tried: What came of the last of these pairs, shape (days, slots).

    Returns:
        Shape (pairs - days, slots).
    """
    smooth = (sharp + (np.roll(sharp, 1, axis=2) + np.roll(sharp, -1, axis=2)) / 2.0) / 2.0
    sums = sharp.mean(axis=2)  # also those of the smooth ones
    pull = np.where(np.isnan(level), 0.0, level - sums[_MEDIAN])
    asked, learned = slice(0, len(pull) - len(tried)), slice(len(pull) - len(tried), None)
    ways = [(quantiles, share) for quantiles in (sharp, smooth) for share in _PULLS]
    errors = []
    for quantiles, share in ways:
        expected = _at_level(quantiles[:, learned], sums[:, learned], (sums[_MEDIAN] + share * pull)[learned])
        errors.append(wrong(tried - expected, tried.shape[1]))
    quantiles, share = ways[int(np.argmin(weighed(np.array(errors))))]
    return _at_level(quantiles[:, asked], sums[:, asked], (sums[_MEDIAN] + share * pull)[asked])


def _at_level(quantiles: Floats, sums: Floats, wanted: Floats) -> Floats:
    """Return the quantile, the same at each time of day, at which the mean of a day is what is wanted."""
    above = np.clip(np.count_nonzero(sums < wanted, axis=0), 1, len(sums) - 1)
    rows = np.arange(wanted.size)
    low, high = sums[above - 1, rows], sums[above, rows]
    part = np.clip((wanted - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    part = np.where(high > low, part, 0.0)[:, None]
    return np.asarray(quantiles[above - 1, rows] * (1.0 - part) + quantiles[above, rows] * part)
