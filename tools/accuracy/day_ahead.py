"""Forecasts of whole local days, made at midnight from what was read until then, for each day of a span."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.channels import ReadingKind
from twinql.domain.forecasting.bulk import Made, Task, forecast_all
from twinql.domain.forecasting.grid import grid_for
from twinql.domain.forecasting.local_days import clock_of
from twinql.domain.forecasting.past import Floats, Past

SCALE_DAYS: Final = 28
"""The days before the span, whose change from day to day is what errors are divided by."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How wrong some way to forecast was on a span of one series.

    Attributes:
        mase: Mean absolute error of the steps, as a multiple of the change from day to day in the days before the span.
        wape: Sum of the absolute errors of the days' totals, as a share of the sum of the totals.
    """

    mase: float
    wape: float


@dataclass(frozen=True, slots=True)
class Days:
    """A series by local days.

    Attributes:
        past: All of it.
        starts: Where each whole day begins in it, and where the last of them ends, shape (days + 1,).
    """

    past: Past
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, past: Past) -> "Days":
        """Cut a series at the midnights of its zone; what lies before the first and after the last is not scored."""
        day = clock_of(past, 1).day
        return cls(past, np.flatnonzero(np.diff(day) > 0) + 1)

    def forecasts(self, first: int, until: int) -> Floats:
        """Forecast each of these days as the service does, NaN elsewhere and where it refuses, shape of the past."""
        found = np.full(self.past.values.size, np.nan)
        for day in range(first, until):
            start, end = int(self.starts[day]), int(self.starts[day + 1])
            made = forecast_all([Task(self._until(start), end - start, lowest=0.0)])[0]
            if isinstance(made, Made):
                found[start:end] = made.prediction.median
        return found

    def mean_of(self, first: int, until: int, back: tuple[int, ...]) -> Floats:
        """Expect each of these days to be the mean of those so many days back, on the file's own clock."""
        found = np.full(self.past.values.size, np.nan)
        size = 86_400 // self.past.step_s
        start, end = int(self.starts[first]), int(self.starts[until])
        values = self.past.values
        before = np.stack([values[start - days * size : end - days * size] for days in back])
        known = ~np.isnan(before)
        with np.errstate(invalid="ignore"):
            found[start:end] = np.where(known, before, 0.0).sum(axis=0) / known.sum(axis=0)
        return found

    def errors(self, expected: Floats, first: int, until: int) -> Errors:
        """Score what was expected of these days; a step counts where it was read and something was expected."""
        observed = self.past.values
        size = 86_400 // self.past.step_s
        before = observed[max(int(self.starts[first]) - SCALE_DAYS * size, 0) : int(self.starts[first])]
        error = np.abs(expected - observed)[self.starts[first] : self.starts[until]]
        both = ~np.isnan(expected) & ~np.isnan(observed)
        mine, theirs = (
            np.add.reduceat(np.where(both, each, 0.0)[: self.starts[until]], self.starts[first:until])
            for each in (expected, observed)
        )
        return Errors(
            float(np.nanmean(error) / np.nanmean(np.abs(before[size:] - before[:-size]))),
            float(np.abs(mine - theirs).sum() / theirs.sum()),
        )

    def _until(self, end: int) -> Past:
        grid = grid_for(horizon_s=86_400, spacing_s=self.past.step_s, kind=ReadingKind.INTERVAL)
        begin = max(end - grid.past_steps, 0)
        begins_s = self.past.begins_s + begin * self.past.step_s
        return Past(self.past.values[begin:end], begins_s, self.past.step_s, self.past.zone)
