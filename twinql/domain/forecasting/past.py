"""A channel's past on a grid of equal steps."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Past:
    """What a channel read until now.

    Attributes:
        values: One a step, oldest first, the last one just before the first step to be forecast, shape (n,). NaN is a
            gap. [unit of the channel]
        begins_s: Start of the first step. [s since 1970-01-01 UTC]
        step_s: Length of a step. [s]
        zone: The IANA time zone of the site, in which days and weeks are counted.
    """

    values: Floats
    begins_s: float
    step_s: int
    zone: str = "UTC"

    @property
    def seasons(self) -> tuple[int, ...]:
        """A day and a week in steps, where they are whole and longer than one step."""
        return seasons_of(self.step_s)

    @property
    def day(self) -> int | None:
        """A day in steps, where it is whole and longer than one step."""
        return _DAY_S // self.step_s if self.step_s < _DAY_S and _DAY_S % self.step_s == 0 else None

    @property
    def season(self) -> int:
        """The shortest season that it holds twice, else one step: what a naive forecast repeats. [steps]."""
        return next((each for each in self.seasons if 2 * each <= self.values.size), 1)

    def trimmed(self) -> "Past":
        """Return the same past from its first known value on; without any, an empty one."""
        known = np.flatnonzero(~np.isnan(self.values))
        first = int(known[0]) if known.size else self.values.size
        return replace(self, values=self.values[first:], begins_s=self.begins_s + first * self.step_s)


def seasons_of(step_s: int) -> tuple[int, ...]:
    """Return a day and a week in steps, where they are whole and longer than one step."""
    return tuple(span // step_s for span in (_DAY_S, 7 * _DAY_S) if span % step_s == 0 and span > step_s)
