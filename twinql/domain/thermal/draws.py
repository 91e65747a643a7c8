"""How sure a fitted balance is: likely sets of its numbers, and how its errors go on from step to step."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.thermal.balance import Layout
from twinql.domain.thermal.drivers import Floats
from twinql.domain.thermal.estimate import Estimate, covariance
from twinql.domain.thermal.limits import INDEPENDENT_ERRORS, MOST_LIKE_BEFORE
from twinql.domain.thermal.simulation import Stretches, fitted_starts, forced

_NUDGE = 1e-4
_SEED = 6
"""Draws are the same for the same past."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A fitted balance with its uncertainty.

    Attributes:
        balance: The layout.
        theta: The estimate, shape (size,).
        axes: Directions in which its numbers err independently of one another, a row each, shape (size, size).
        deviations: How far they err along each, shape (size,).
        sigma: Deviation of the errors that go on from step to step. [scaled]
        like_before: By which share such an error goes on to the next step, 0 to 1.
        noise: Deviation of the errors that are new at every step. [scaled]
        widened: By what deviations are multiplied since they proved too small.
    """

    balance: Layout
    theta: Floats
    axes: Floats
    deviations: Floats
    sigma: float
    like_before: float
    noise: float
    widened: float = 1.0

    def nudged(self) -> Floats:
        """Return the estimate, then nudged up and down along each axis of its covariance, shape (1 + 2 size, size)."""
        return np.vstack([self.theta, self.theta + _NUDGE * self.axes, self.theta - _NUDGE * self.axes])

    def directions(self, courses: Floats) -> Floats:
        """Say how far the courses of `nudged` move for one deviation along each axis, shape (size, …)."""
        size = len(self.theta)
        moved = (courses[1 : 1 + size] - courses[1 + size :]) / (2.0 * _NUDGE)
        return np.asarray(moved * self.deviations.reshape(-1, *[1] * (courses.ndim - 1)))

    def draws(self, count: int) -> Floats:
        """Draw how far numbers are off along each axis, in deviations, shape (count, size)."""
        half = np.random.default_rng(_SEED).standard_normal((-(-count // 2), len(self.theta)))
        return np.concatenate([half, -half])[:count] * self._sizes(count)

    def likely(self, count: int) -> Floats:
        """Draw sets of numbers, shape (count, size): what the past does not tell at all stays within a factor of e."""
        moved = self.draws(count) * self.deviations @ self.axes
        return np.asarray(self.theta + np.clip(moved, -1.0, 1.0))

    def wander(self, count: int, steps: int) -> Floats:
        """Draw how errors go on from a start without any, shape (count, steps). [scaled]."""
        rng = np.random.default_rng(_SEED + 1)
        news = rng.standard_normal((count, steps)) * self.sigma * (1.0 - self.like_before**2) ** 0.5
        found = np.empty((count, steps))
        error = np.zeros(count)
        for step in range(steps):
            error = self.like_before * error + news[:, step]
            found[:, step] = error
        return np.asarray((found + rng.standard_normal((count, steps)) * self.noise) * self._sizes(count))

    def _sizes(self, count: int) -> Floats:
        """Draw how large the errors of a course are: their deviation is known from few that are independent."""
        half = np.random.default_rng(_SEED + 2).chisquare(INDEPENDENT_ERRORS, -(-count // 2))
        return np.asarray(self.widened * np.sqrt(INDEPENDENT_ERRORS / np.concatenate([half, half])[:count, None]))


def spread_of(found: Estimate, stretches: Stretches) -> Spread:
    """Find how sure an estimate is.

    Args:
        found: What was fitted.
        stretches: What to.

    Returns:
        Its spread: the covariance of its numbers, and its errors as the sum of AR(1) and white noise by their
        covariances at lags of zero, one and two.
    """
    values, vectors = np.linalg.eigh(covariance(found, stretches))
    error = np.full(len(stretches.temperatures), np.nan)
    error[stretches.known] = found.error
    zero, one, two = (_covariance(error, lag) for lag in (0, 1, 2))
    like = min(max(two / one, 0.0), MOST_LIKE_BEFORE) if one > 0.0 else 0.0
    lasting = min(max(one / like, 0.0), zero) if like > 0.0 else 0.0
    return Spread(
        found.balance,
        found.theta,
        vectors.T,
        np.sqrt(np.maximum(values, 0.0)),
        lasting**0.5,
        like,
        max(zero - lasting, 0.0) ** 0.5,
    )


def course_spread(spread: Spread, stretches: Stretches) -> tuple[Floats, Floats]:
    """Simulate a past from its fitted starts, and say how wrong that may be.

    Args:
        spread: A balance.
        stretches: A past whose later temperatures are hidden.

    Returns:
        Expected temperatures and the deviation of their errors, shape (n,) each. [scaled]
    """
    ways = forced(spread.balance, spread.nudged(), stretches.inputs, stretches.begins)
    courses = fitted_starts(ways, stretches)[0]
    variance = (spread.directions(courses) ** 2).sum(axis=0) + spread.sigma**2 + spread.noise**2
    return courses[0], np.sqrt(variance)


def _covariance(error: Floats, lag: int) -> float:
    pairs = error[lag:] * error[: len(error) - lag]
    known = pairs[~np.isnan(pairs)]
    return float(known.mean()) if known.size else 0.0
