"""What a meter takes in on the mean of the running quarter of an hour, if that ends as it goes on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from twinql.domain.decisions.standing import SETTLING
from twinql.domain.load_planning.asked import STEP_S
from twinql.domain.readings import Floats, to_us

STEADY_S: Final = 60.0
"""What the meter goes on with is the least that it read for so long, and twice at least. [s]"""
_LEAST_READINGS: Final = 2
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterHour:
    """The quarter of an hour that can still be changed: the running one, and in its last two minutes the next.

    Attributes:
        mean_kw: What is taken in on its mean, if it ends as it goes on. [kW]
        steady_kw: What is taken in now, for a while already. [kW]
        left_s: How much of it is left, for which something that is switched off makes a difference. [s]
    """

    mean_kw: float
    steady_kw: float
    left_s: float

    def excess_kw(self, limit_kw: float) -> float:
        """Return by how much less must be taken in for the rest of it, so that its mean keeps a limit. [kW]."""
        return (self.mean_kw - limit_kw) * STEP_S / self.left_s


def quarter_hour_of(at_s: Floats, power_kw: Floats, *, now: datetime) -> QuarterHour | None:
    """Foresee the mean of the quarter of an hour; None where fewer than two readings are known.

    One reading alone, an inrush or a glitch of the meter, makes no quarter of an hour: the highest counts as the second
    highest. What is fed in makes up for nothing, as a meter counts it apart.

    Args:
        at_s: When a meter was read, from before the quarter of an hour on up to now, ascending, shape (n,). [s since
            1970]
        power_kw: What it took in then, shape (n,), finite. [kW]
        now: The present.
    """
    if len(at_s) < _LEAST_READINGS:
        return None
    now_s = to_us(now) / _US
    begins = now_s // STEP_S * STEP_S
    ends = begins + STEP_S
    before = int(np.searchsorted(at_s, begins, side="right")) - 1
    lately = int(np.searchsorted(at_s, now_s - STEADY_S))
    first = max(min(before, lately, len(at_s) - _LEAST_READINGS), 0)
    at_s, power_kw = at_s[first:], np.maximum(power_kw[first:], 0.0)
    power_kw = np.minimum(power_kw, np.sort(power_kw)[-_LEAST_READINGS])
    steady = float(power_kw[min(lately - first, len(at_s) - _LEAST_READINGS) :].min())
    if ends - now_s <= SETTLING.total_seconds():
        return QuarterHour(mean_kw=steady, steady_kw=steady, left_s=STEP_S)
    known = np.append(begins, at_s[at_s > begins])
    so_far = float(np.trapezoid(np.interp(known, at_s, power_kw), known))
    mean = (so_far + steady * (ends - known[-1])) / STEP_S
    return QuarterHour(mean_kw=float(mean), steady_kw=steady, left_s=ends - now_s)
