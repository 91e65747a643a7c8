"""How much a whole local day will hold on average: what such days hold, and how the last few differed from that."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.forecasting.local_days import LocalDays, Whole, kinds, weekdays
from twinql.domain.forecasting.past import Floats

HALF_LIFE_DAYS: Final = 20.0
"""After so many days a day counts half."""
ALIKE: Final = np.array([[1.0, 0.05, 0.05], [0.05, 1.0, 0.3], [0.05, 0.3, 1.0]])
"""How much a day of one kind tells of one of another: Monday to Friday, Saturdays, Sundays."""
SAME_WEEKDAY: Final = 2.0
"""How much more a day of the same kind and weekday tells."""
_FILLED: Final = 0.9
"""A day of which less is known has no level."""
_FLOOR_SHARE: Final = 0.1
"""Levels are compared as logarithms from this share of the median level up: an empty house is no minus infinity."""
_SHRINKAGE: Final = 5.0
_FEWEST_DAYS: Final = 10
_FURTHEST_LEARNED: Final = 3
_ROUNDS: Final = 5
_SMALLEST_SHARE: Final = 0.1
"""Residuals below this share of the mean one count alike when absolute errors are minimised by weighted squares."""


@dataclass(frozen=True, slots=True)
class DayLevels:
    """The levels of days on the scale they are compared on, and what is learned of how they go on.

    Attributes:
        known: The level of each day, shape (days,), NaN where too little of it is known. [compared scale]
        floor: What is added before the logarithm is taken; None where there is none: values of both signs.
        first: The day of the first one. [days since 1970-01-01]
        kind: The kind of each day and of those to come.
        weekday: The weekday of each.
        learned_until: Row before which days may be learned from.
    """

    known: Floats
    floor: float | None
    kind: Whole
    weekday: Whole
    learned_until: int

    @classmethod
    def of(cls, days: LocalDays, ahead: int, learned_until: int) -> "DayLevels":
        """Take them from a past by local days, and tell the kinds of so many days after it as well."""
        count = np.count_nonzero(~np.isnan(days.values), axis=1)
        level = np.nansum(days.values, axis=1) / np.maximum(count, 1)
        level[count < _FILLED * days.values.shape[1]] = np.nan
        rows = days.first + np.arange(days.values.shape[0] + ahead)
        some = level[:learned_until][~np.isnan(level[:learned_until])]
        floor = None
        if some.size and some.min() >= 0.0 and some.max() > 0.0:
            floor = _FLOOR_SHARE * float(np.median(some) or some.mean())
        known = level if floor is None else np.log(np.maximum(level, 0.0) + floor)
        return cls(known, floor, kinds(rows), weekdays(rows), learned_until)

    def to_level(self, compared: Floats) -> Floats:
        """Return from the compared scale to that of the values. Same shape. [unit of the channel]."""
        return compared if self.floor is None else np.maximum(np.exp(compared) - self.floor, 0.0)

    def weights(self, until: Whole, target: Whole) -> Floats:
        """Say how much each day tells of a target day, for one that knows no day after `until`.

        Args:
            until: Row of the last day known, shape (m,).
            target: Row of the day to be forecast, shape (m,).

        Returns:
            Shape (m, days).
        """
        rows = np.arange(self.known.size)
        age = target[:, None] - rows
        alike = ALIKE[self.kind[target][:, None], self.kind[rows]]
        same = (self.weekday[target][:, None] == self.weekday[rows]) & (self.kind[target][:, None] == self.kind[rows])
        tells = 0.5 ** (age / HALF_LIFE_DAYS) * alike * np.where(same, SAME_WEEKDAY, 1.0)
        return np.asarray(np.where(rows <= until[:, None], tells, 0.0))

    def expected(self, until: Whole, target: Whole, weights: Floats) -> Floats:
        """Forecast the level of target days: a mean of days like it, and the error of that in the last days.

        Args:
            until: Row of the last day known, shape (m,).
            target: Row of the day to be forecast, shape (m,).
            weights: Those of `weights`, shape (m, days).

        Returns:
            Shape (m,), NaN where no level is known. [compared scale]

        Source:
            Least absolute deviations by weighted least squares (Schlossmacher 1973), shrunk towards zero (ridge).
        """
        found = self._usual(weights)
        signs = self._signs()
        far = np.minimum(target - until, _FURTHEST_LEARNED)
        for ahead in np.unique(far):
            of = far == ahead
            found[of] += signs[np.maximum(until[of], 0)] @ self._learned(int(ahead), signs)
        return found

    def _usual(self, weights: Floats) -> Floats:
        known = ~np.isnan(self.known)
        total = weights @ known
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ np.where(known, self.known, 0.0)) / total)

    def _surprises(self, ahead: int) -> Floats:
        """Return by how much each day differed from what was usual so many days before, shape (days,)."""
        rows = np.arange(self.known.size)
        return np.asarray(self.known - self._usual(self.weights(rows - ahead, rows)))

    def _signs(self) -> Floats:
        """Return what each day tells of the next: its surprise, and the mean one of three days, shape (days, 2)."""
        surprise = np.nan_to_num(self._surprises(1))
        return np.stack([surprise, np.convolve(surprise, np.ones(3) / 3.0)[: surprise.size]], axis=1)

    def _learned(self, ahead: int, signs: Floats) -> Floats:
        """Learn how much of those signs is left so many days later, shape (2,)."""
        surprise = self._surprises(ahead)[ahead : max(self.learned_until, 0)]
        known = ~np.isnan(surprise)
        x, y = signs[: surprise.size][known], surprise[known]
        typical = float(np.abs(y).mean()) if y.size >= _FEWEST_DAYS else 0.0
        found: Floats = np.zeros(2)
        if typical == 0.0:
            return found
        weight: Floats = np.ones_like(y)
        for _ in range(_ROUNDS):
            pull = _SHRINKAGE * typical**2 * np.eye(2)
            found = np.asarray(np.linalg.solve((x * weight[:, None]).T @ x + pull, (x * weight[:, None]).T @ y))
            size = np.maximum(np.abs(y - x @ found), _SMALLEST_SHARE * typical)
            weight = np.asarray(1.0 / size / (1.0 / size).mean())
        return found

    def spread(self) -> float:
        """Return how far days usually are from what was usual. [compared scale]."""
        surprise = np.abs(self._surprises(1)[: max(self.learned_until, 0)])
        known = surprise[~np.isnan(surprise)]
        return float(known.mean()) if known.size else 0.0
