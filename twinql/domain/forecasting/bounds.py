"""How far around the median the bounds lie: as far as errors of the past reached, step by step."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.past import Floats
from twinql.domain.forecasting.scale import Scale

LEARNED_TWICE: Final = 1.1
"""Errors within the past that coefficients were learned from, times this, are as large as those after it.

Measured on the older parts of hourly series; with it the bounds of 95 % hold 95 %."""

_ROUNDING: Final = 1e-12
"""Share of the greatest value that sums and roots may be wrong by."""


@dataclass(frozen=True, slots=True)
class Margins:
    """How far the bounds lie from the median.

    Attributes:
        low: At most 0, never rising, shape (steps,). [unit of the scale]
        high: At least 0, never falling, shape (steps,). [unit of the scale]
        scale: On which they are laid.
    """

    low: Floats
    high: Floats
    scale: Scale

    @classmethod
    def of(cls, expected: Floats, error: Floats, level: float, scale: Scale, *, looks: float | None) -> "Margins":
        """Find them from looks ahead into the past.

        Of a model that learned they lie between the quantiles of its errors and those of a normal distribution: looks
        that overlap are wrong together, so outer quantiles are known badly, and a normal distribution knows nothing of
        tails. The fewer looks that do not overlap should have ended outside of the bounds, the more the latter counts.

        Args:
            expected: What was expected, shape (m, steps). [unit of the channel]
            error: What was observed less that, shape (m, steps). NaN is missing. [unit of the channel]
            level: Share of outcomes that should lie between the bounds, between 0 and 1.
            scale: On which errors are compared.
            looks: How many looks ahead of a model that learned do not overlap; None for one that learned nothing.

        Returns:
            Margins of 0 where no error is known.
        """
        tail = (1.0 - level) / 2.0
        apart = scale.there(expected + error) - scale.there(expected)
        ordered = np.sort(apart, axis=0)  # NaN last
        low, high = (np.nan_to_num(quantile(ordered, share)) for share in (tail, 1.0 - tail))
        if looks is not None:
            far = NormalDist().inv_cdf(1.0 - tail) * _root_mean_square(apart)
            normal = 1.0 / (1.0 + tail * looks)
            low = LEARNED_TWICE * ((1.0 - normal) * low - normal * far)
            high = LEARNED_TWICE * ((1.0 - normal) * high + normal * far)
        return cls(np.minimum.accumulate(np.minimum(low, 0.0)), np.maximum.accumulate(np.maximum(high, 0.0)), scale)

    def around(self, expected: Floats) -> tuple[Floats, Floats]:
        """Return the lower and the upper bounds around what is expected, shape (…, steps). [unit of the channel]."""
        middle = self.scale.there(expected)
        low, high = self.scale.back(middle + self.low), self.scale.back(middle + self.high)
        # There and back again is not always where it was.
        return np.where(self.low < 0.0, low, expected), np.where(self.high > 0.0, high, expected)


def within(observed: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    """Say which values lie between their bounds; what misses them by rounding does not miss them.

    Args:
        observed: Any shape. NaN lies nowhere. [unit of the channel]
        low: Lower bounds, the same shape.
        high: Upper bounds, the same shape.
    """
    slack = _ROUNDING * float(np.max(np.abs(observed), where=~np.isnan(observed), initial=0.0))
    return np.asarray((observed >= low - slack) & (observed <= high + slack))


def quantile(ordered: Floats, share: float) -> Floats:
    """Return a quantile of each column, NaN where it is empty: numpy's own takes ten times as long.

    Args:
        ordered: Each column rising, NaN last, shape (m, steps).
        share: Between 0 and 1.
    """
    place = share * np.maximum(np.count_nonzero(~np.isnan(ordered), axis=0) - 1, 0)
    below = place.astype(np.intp)
    columns = np.arange(ordered.shape[1])
    first, second = ordered[below, columns], ordered[np.minimum(below + 1, len(ordered) - 1), columns]
    return np.asarray(np.where(place > below, first + (place - below) * (second - first), first))


def _root_mean_square(apart: Floats) -> Floats:
    known = ~np.isnan(apart)
    total = np.where(known, apart, 0.0) ** 2
    return np.asarray(np.sqrt(total.sum(axis=0) / np.maximum(known.sum(axis=0), 1)))
