"""The usable readings of a stretch of time, in order, as all diagnosis looks at them."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.diagnosis.bands import HOLE
from twinql.domain.readings import Floats

_LEAST_TOLD = 0.01


@dataclass(frozen=True, slots=True)
class Stretch:
    """Usable readings in columns of shape (n,), made by `stretch_of`.

    Attributes:
        at_s: Observation times, seconds since 1970 UTC, strictly ascending. [s]
        values: Finite. [unit of the channel]
        unusable: How many readings were left out: BAD or without a value.
    """

    at_s: Floats
    values: Floats
    unusable: int = 0

    def __len__(self) -> int:
        """Return how many usable readings there are."""
        return len(self.values)

    @property
    def spacing_s(self) -> float | None:
        """The usual time between two readings, their median.

        None for fewer than two. [s]
        """
        return float(np.median(np.diff(self.at_s))) if len(self) > 1 else None


def stretch_of(at_s: Floats, values: Floats) -> Stretch:
    """Put readings in order and leave out what is no number.

    Args:
        at_s: Observation times in any order, shape (n,). Of readings of one instant the first given stays. [s]
        values: NaN or infinite where a reading is not usable, shape (n,). [unit of the channel]
    """
    usable = np.isfinite(values) & np.isfinite(at_s)
    at, first = np.unique(at_s[usable], return_index=True)
    return Stretch(at, values[usable][first], int(len(values) - usable.sum()))


def rate_per_hour(registered: Stretch) -> Stretch:
    """Return how fast a register counted between its readings.

    Args:
        registered: What a register showed. [unit]

    Returns:
        The mean rate of each step at its end, shape (n - 1,) at most: a step across a fall, which is a reset, is left
        out, and so is the first reading. [unit / h]

    Source:
        The mean value theorem: rate = Δ value / Δ time.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rates = np.diff(registered.values) / np.diff(registered.at_s) * 3_600
    kept = np.isfinite(rates) & (rates >= 0)
    return Stretch(registered.at_s[1:][kept], rates[kept], registered.unusable)


def since_reset(registered: Stretch) -> Stretch:
    """Return what a register showed since it last fell, which is a reset."""
    falls = np.flatnonzero(np.diff(registered.values) < 0)
    begin = int(falls[-1]) + 1 if len(falls) else 0
    return Stretch(registered.at_s[begin:], registered.values[begin:], registered.unusable)


def holding_s(at_s: Floats, until_s: float, spacing_s: float | None = None) -> Floats:
    """Return how long each reading is taken to hold: until the next one, across a hole no longer than is usual.

    Args:
        at_s: Observation times, strictly ascending, shape (n,). [s]
        until_s: Where the stretch ends; what begins later holds for no time. [s]
        spacing_s: The usual time between two readings; None takes their median. [s]

    Returns:
        Times of shape (n,), none negative; of a lone reading without a spacing all the time that is left. [s]
    """
    if not len(at_s):
        return np.zeros(0)
    lasting = np.maximum(np.diff(np.append(at_s, max(until_s, at_s[-1]))), 0.0)
    if spacing_s is None and len(at_s) > 1:
        spacing_s = float(np.median(np.diff(at_s)))
    return lasting if spacing_s is None else np.minimum(lasting, HOLE * spacing_s)


def percent(share: float) -> str:
    """Return a share of time for people; one that is there is never called 0 %."""
    return "less than 1%" if 0 < share < _LEAST_TOLD else f"{share:.0%}"
