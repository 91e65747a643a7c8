"""What lowering a load saves: the power that goes with it, learned from the past, and what that costs."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.decisions.measures import KEEPS_FOR_S
from twinql.domain.decisions.recommendation import Reason, Recommendation

Floats = NDArray[np.float64]
FEWEST_PAIRS: Final = 100
CLOSE_ENOUGH: Final = 0.8
"""From this correlation on power is said to go with a load."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How much power goes with a load.

    Attributes:
        kw_per_unit: Of the line through what both read. [kW / unit of the load]
        correlation: Of both, 0 to 1.
        pairs: How many means it was taken from.
    """

    kw_per_unit: float
    correlation: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a kilowatt hour costs now at a meter.

    Attributes:
        per_kwh: By the meter's own tariff. [currency / kWh]
        currency: ISO 4217 code.
    """

    per_kwh: float
    currency: str


def gain_of(load: Floats, power_kw: Floats) -> Gain | None:
    """Learn how much power goes with a load while it runs.

    Args:
        load: What it did, means over equal steps, shape (n,). NaN is a hole; 0 is a rest, and says nothing. [unit]
        power_kw: What its asset took in, the same steps. [kW]

    Returns:
        The gain; None where there are too few pairs, it never changes, or power does not go with it.

    Source:
        Least squares, as Pearson's r is of.
    """
    both = np.isfinite(load) & np.isfinite(power_kw) & (load > 0.0)
    x, y = load[both], power_kw[both]
    if x.size < FEWEST_PAIRS or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return None
    deviation = x - x.mean()
    slope = float(deviation @ (y - y.mean()) / (deviation @ deviation))
    correlation = float(np.corrcoef(x, y)[0, 1])
    return Gain(slope, correlation, x.size) if correlation >= CLOSE_ENOUGH and slope > 0.0 else None


def with_saving(found: Recommendation, *, now: float, gain: Gain | None, price: Price | None) -> Recommendation:
    """Tell what a recommendation to set a load lower saves while the limit is kept.

    Args:
        found: It proposes a value for the load.
        now: What the load does now. [unit of the load]
        gain: How much power goes with it; None where that is not known, and nothing is told.
        price: What a kilowatt hour costs; None without a tariff.
    """
    if found.proposal is None or gain is None or now <= found.proposal.desired:
        return found
    peak_kw = gain.kw_per_unit * (now - found.proposal.desired)
    energy_kwh = peak_kw * KEEPS_FOR_S / 3600.0
    message = f"In the last day power went with it, by {gain.pairs} means over five minutes; so much less is taken in."
    impact = replace(
        found.impact,
        energy_kwh=energy_kwh,
        peak_kw=peak_kw,
        cost=None if price is None else f"{energy_kwh * price.per_kwh:.4f}",
        currency=None if price is None else price.currency,
    )
    reason = Reason("POWER_GOES_WITH_LOAD", message, round(gain.correlation, 4), CLOSE_ENOUGH, None)
    return replace(found, impact=impact, reasons=(*found.reasons, reason))
