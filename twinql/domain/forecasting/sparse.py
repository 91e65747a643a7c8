"""A linear regression on a few earlier values: its coefficients, and its looks ahead from many points at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg.blas import dtbsv

from twinql.domain.forecasting.method import Places
from twinql.domain.forecasting.past import Floats

_FEWEST_ROWS_A_LAG: Final = 3
_RIDGE: Final = 1e-9
"""Share of the mean variance added to each; it decides only where earlier values are copies of one another."""
_LARGEST: Final = 1e100
"""An impulse response that grows beyond this explodes: its looks ahead end at the bounds of the range anyway."""
_BEYOND: Final = 0.5
"""A look ahead stays within the range of the past, widened by this share of it on either side."""


@dataclass(frozen=True, slots=True)
class SparseRegression:
    """A value as a weighted sum of earlier ones.

    Attributes:
        lags: How many steps earlier, rising, shape (k,). [steps]
        weights: Of each of them, shape (k,).
        constant: What is added. [unit of the values]
        lowest: No look ahead goes below this. [unit of the values]
        highest: No look ahead goes above this. [unit of the values]
    """

    lags: tuple[int, ...]
    weights: Floats
    constant: float
    lowest: float
    highest: float

    @classmethod
    def fitted(cls, values: Floats, wanted: Floats, lags: Sequence[int], half_life: float) -> "SparseRegression | None":
        """Find the weights by least squares, in which a value half a life ago counts half.

        Args:
            values: Without gaps, shape (n,).
            wanted: The same with its gaps, which are not learned from. NaN is a gap, shape (n,).
            lags: How many steps earlier. [steps]
            half_life: After how many steps a value counts half. [steps]

        Returns:
            The regression; None with fewer than three known values a lag.

        Source:
            Weighted normal equations of centred values, with a ridge (Hoerl, Kennard 1970) against copies.
        """
        earliest = max(lags)
        rows = np.flatnonzero(~np.isnan(wanted[earliest:])) + earliest
        if rows.size < _FEWEST_ROWS_A_LAG * len(lags):
            return None
        count = 0.5 ** ((values.size - 1 - rows) / half_life)
        count /= count.sum()
        earlier = values[rows[:, None] - np.asarray(lags)[None, :]]
        mean, mean_wanted = count @ earlier, float(count @ wanted[rows])
        earlier -= mean
        weighted = earlier * count[:, None]
        products = weighted.T @ earlier
        ridge = _RIDGE * np.trace(products) / len(lags) or 1.0
        weights = np.linalg.solve(products + ridge * np.eye(len(lags)), weighted.T @ (wanted[rows] - mean_wanted))
        low, high = float(np.nanmin(wanted)), float(np.nanmax(wanted))
        room = _BEYOND * (high - low)
        return cls(tuple(lags), weights, mean_wanted - float(mean @ weights), low - room, high + room)

    def ahead(self, values: Floats, origins: Places, steps: int) -> Floats:
        """Look ahead from many points: what lies ahead itself enters as it was expected.

        Args:
            values: Without gaps, shape (n,).
            origins: Places in them, shape (m,).
            steps: How far.

        Returns:
            Shape (m, steps); NaN where fewer values lie behind than the longest lag.

        Source:
            The recursion is linear, so known values and the constant go through its impulse response: psi[0] = 1,
            psi[j] = sum of weight * psi[j - lag] (Box, Jenkins, Reinsel, "Time series analysis", section 5.2).
        """
        reach = self.lags[-1]
        direct, ahead = np.zeros((reach, steps)), np.arange(steps)
        for lag, weight in zip(self.lags, self.weights, strict=True):
            near = ahead[: min(lag, steps)]
            direct[lag - 1 - near, near] = weight  # the value so many steps before the newest one enters so much
        used = np.flatnonzero(direct.any(axis=1))
        response = self.response(steps)
        known = values[np.maximum(origins[:, None] - used[None, :], 0)]
        found = known @ (direct[used] @ response) + self.constant * response.sum(axis=0)
        return np.where((origins + 1 >= reach)[:, None], np.clip(found, self.lowest, self.highest), np.nan)

    def response(self, steps: int) -> Floats:
        """Return how much a step takes over of what is known of each step before it, shape (steps, steps)."""
        # psi solves a triangular system whose bands are the weights: as quick as scipy.signal, which takes 50 MB.
        reach = min(self.lags[-1], steps - 1)
        bands = np.zeros((reach + 1, steps), order="F")
        for lag, weight in zip(self.lags, self.weights, strict=True):
            bands[lag : lag + 1] = -weight  # none where it is longer than the reach
        psi = np.clip(dtbsv(reach, bands, np.eye(1, steps)[0], lower=1, diag=1), -_LARGEST, _LARGEST)
        apart = np.arange(steps)[None, :] - np.arange(steps)[:, None]
        return np.where(apart >= 0, psi[np.maximum(apart, 0)], 0.0)
