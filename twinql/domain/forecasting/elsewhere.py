"""Forecasts that others made: what they must be, to be scored beside ours."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from twinql.domain.forecasting.bulk import Beside, beside
from twinql.domain.forecasting.grid import LONGEST_HORIZON_S
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Past
from twinql.domain.plausibility import GREATEST
from twinql.errors import InvalidInputError

MOST_STEPS: Final = 1_500
"""As many as a month has half hours."""
LONGEST_NAME: Final = 100
OLDEST: Final = timedelta(days=30)
"""How long ago the first step may begin: what is older is not scored any more."""
CLOCKS_DIFFER: Final = timedelta(minutes=5)
_OURS: Final = frozenset({"best", *(each.value.casefold() for each in ForecastModel)})
_LEVELS: Final = (0.5, 0.99)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A forecast that others made.

    Attributes:
        model: What they call their model.
        issued_at: When they made it.
        starts_at: Start of the first step.
        step: Length of a step.
        lower: Lower bounds, one a step. [unit of what it is of]
        median: Medians.
        upper: Upper bounds.
        level: Share of outcomes that should lie between the bounds.
    """

    model: str
    issued_at: datetime
    starts_at: datetime
    step: timedelta
    lower: Sequence[float]
    median: Sequence[float]
    upper: Sequence[float]
    level: float

    @property
    def step_s(self) -> int:
        """Length of a step. [s]."""
        return round(self.step.total_seconds())

    def check(self, *, now: datetime, resolution_s: int | None) -> None:
        """Refuse what could not be scored, or would be no forecast.

        Args:
            now: The present.
            resolution_s: Length of the intervals that are summed up to a step; None where none are. [s]

        Raises:
            InvalidInputError: It names the field.
        """
        self._check_model()
        self._check_times(now, resolution_s)
        self._check_values()

    def _check_model(self) -> None:
        name = self.model.strip()
        if not 1 <= len(name) <= LONGEST_NAME or name != self.model or not name.isprintable():
            raise _wrong("model", f"The model is a name of 1 to {LONGEST_NAME} characters, without blanks around it.")
        if unicodedata.normalize("NFKC", name).casefold() in _OURS:
            raise _wrong("model", "This is the name of one of TwinQL's own models; give yours another one.")

    def _check_times(self, now: datetime, resolution_s: int | None) -> None:
        if self.step.total_seconds() < 1.0 or self.step.microseconds:
            raise _wrong("step", "A step lasts whole seconds, at least one.")
        if resolution_s and self.step_s % resolution_s:
            raise _wrong("step", f"A step holds whole intervals: a multiple of {resolution_s} seconds.")
        if resolution_s and self.starts_at.timestamp() % resolution_s:
            raise _wrong("startsAt", "The first step begins where an interval does.")
        if self.issued_at > now + CLOCKS_DIFFER:
            raise _wrong("issuedAt", "It cannot have been issued in the future.")
        # Differences of times always exist; the year 1 less a step does not.
        if self.issued_at - self.starts_at > self.step:
            raise _wrong("startsAt", "Its first step was over when it was issued; leave out what was known.")
        if self.starts_at - self.issued_at > timedelta(seconds=LONGEST_HORIZON_S):
            raise _wrong("startsAt", "It begins more than 30 days after it was issued.")
        if self.starts_at < now - OLDEST:
            raise _wrong("startsAt", f"It begins more than {OLDEST.days} days ago, and would not be scored any more.")

    def _check_values(self) -> None:
        steps = len(self.median)
        if not 1 <= steps <= MOST_STEPS or steps * self.step_s > LONGEST_HORIZON_S:
            raise _wrong("p50", f"A forecast has 1 to {MOST_STEPS:,} steps, and reaches at most 30 days.")
        for path, values in (("p10", self.lower), ("p90", self.upper)):
            if len(values) != steps:
                raise _wrong(path, f"There are {len(values)} values, and {steps} of p50; give one for each step.")
        for path, values in (("p10", self.lower), ("p50", self.median), ("p90", self.upper)):
            if not all(-GREATEST <= each <= GREATEST for each in values):
                raise _wrong(path, f"Every value is a finite number, within ±{GREATEST:g}, as readings are.")
        if any(not low <= mid <= high for low, mid, high in zip(self.lower, self.median, self.upper, strict=True)):
            raise _wrong("p50", "In each step p10 is at most p50, and p50 at most p90.")
        if not _LEVELS[0] <= self.level <= _LEVELS[1]:
            raise _wrong("level", f"The level is a share between {_LEVELS[0]} and {_LEVELS[1]}, usually 0.8.")


def beside_then(past: Past, begins_s: float, steps: int, cumulative: bool) -> Beside:  # noqa: FBT001 - a job has no keywords
    """Make the naive forecast that could have been made beside one from elsewhere.

    Args:
        past: What had been read when it was issued, in steps that go on into its own.
        begins_s: Start of its first step, which may lie long after the past. [s since 1970-01-01 UTC]
        steps: How many steps it has.
        cumulative: Whether the values are a register that counts up.

    Returns:
        Nothing to compare with where nothing had been read.
    """
    known = past.trimmed()
    if not known.values.size:
        return Beside(np.empty(0), None)
    between = round((begins_s - past.begins_s) / past.step_s) - past.values.size
    if known.season == 1:
        between = 0  # it is the last value at every step, however many millions lie between
    made = beside(past, steps=between + steps, cumulative=cumulative)
    return Beside(made.expected[between:], made.scale)


def _wrong(path: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, path=(path,))
