"""Numbers of a balance by least squares of its open-loop error, and how sure they are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.thermal.balance import Layout
from twinql.domain.thermal.drivers import Floats
from twinql.domain.thermal.limits import EXPECTED_ERROR, PRIOR_RATE, PRIOR_SPREAD
from twinql.domain.thermal.simulation import Stretches, errors

_LOWEST, _HIGHEST = np.log(1e-8), np.log(5.0)
_FARTHEST = 30.0
_NUDGE = 1e-5
_DAMPING = 1e-2
_LONGEST = 2.0
_ENOUGH = 1e-4
_STUCK = 1e5
_SCREENED = 6
_FOLLOWED = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """Numbers that were fitted.

    Attributes:
        balance: Their layout.
        theta: Shape (size,).
        error: What is left, shape (known,). [scaled]
        cost: Half the sum of squares, with the prior.
    """

    balance: Layout
    theta: Floats
    error: Floats
    cost: float


def estimate(balance: Layout, stretches: Stretches, starts: Iterable[Floats], *, rounds: int = 40) -> Estimate:
    """Fit the numbers of a balance by the error of its open-loop simulation.

    The best starts are followed for a few rounds, the best of these to the end.

    Args:
        balance: The layout.
        stretches: What was measured.
        starts: Where to begin, shape (size,) each; at least one.
        rounds: How many at most, after the few.

    Returns:
        The best that was found.

    Source:
        Marquardt (1963), "An algorithm for least-squares estimation of nonlinear parameters".
    """
    begun = within(balance, np.stack(list(starts)))
    if len(begun) > _FOLLOWED:
        begun = begun[np.argsort(_costs(balance, begun, stretches))[:_FOLLOWED]]
    if len(begun) > 1:
        followed = [_descend(balance, theta, stretches, _SCREENED) for theta in begun]
        begun = min(followed, key=lambda each: each[0])[1][None]
    cost, theta = _descend(balance, begun[0], stretches, rounds)
    return Estimate(balance, theta, errors(balance, theta[None], stretches)[0], cost)


def _descend(balance: Layout, theta: Floats, stretches: Stretches, rounds: int) -> tuple[float, Floats]:
    """Go down from a start by Levenberg and Marquardt's steps; each round tries steps of several lengths at once."""
    centre, weight = _prior(balance)
    cost, damping = float(_costs(balance, theta[None], stretches)[0]), _DAMPING
    for _ in range(rounds):
        nudged = errors(balance, np.vstack([theta, theta + _NUDGE * np.eye(balance.size)]), stretches)
        slopes = (nudged[1:] - nudged[0]) / _NUDGE
        square = slopes @ slopes.T + np.eye(balance.size) * weight**2
        downhill = slopes @ nudged[0] + (theta - centre) * weight**2
        tried = damping * np.array([0.03, 1.0, 30.0])
        steps = [np.linalg.solve(square + each * np.diag(np.diag(square)), downhill) for each in tried]
        reached = within(balance, theta - np.clip(np.stack(steps), -_LONGEST, _LONGEST))
        costs = _costs(balance, reached, stretches)
        best = int(np.argmin(costs))
        gained = cost - float(costs[best])
        damping = float(np.clip(tried[best] if gained > 0.0 else tried[-1] * 30.0, 1e-6, 1e6))
        if gained > 0.0:
            cost, theta = float(costs[best]), reached[best]
        if 0.0 <= gained < _ENOUGH * cost or damping >= _STUCK:
            break
    return cost, theta


def _costs(balance: Layout, thetas: Floats, stretches: Stretches) -> Floats:
    centre, weight = _prior(balance)
    squares = (errors(balance, thetas, stretches) ** 2).sum(axis=1) + (((thetas - centre) * weight) ** 2).sum(axis=1)
    return np.asarray(np.where(np.isfinite(squares), squares, np.inf) / 2.0)


def jacobian(balance: Layout, theta: Floats, stretches: Stretches) -> Floats:
    """Find how errors change with each number, by differences in one simulation, shape (known, size)."""
    both = errors(balance, np.vstack([theta, theta + _NUDGE * np.eye(balance.size)]), stretches)
    return np.asarray((both[1:] - both[0]).T / _NUDGE)


def covariance(found: Estimate, stretches: Stretches, *, blocks: int = 12) -> Floats:
    """Find the covariance of fitted numbers, with errors that resemble their neighbours.

    Args:
        found: What was fitted.
        stretches: What to.
        blocks: In so many parts of the past errors are taken to be independent of one another.

    Returns:
        Shape (size, size).

    Source:
        White (1982), "Maximum likelihood estimation of misspecified models": the sandwich, clustered by blocks of time.
    """
    slopes = jacobian(found.balance, found.theta, stretches)
    variance = float(found.error @ found.error) / max(len(found.error) - found.balance.size, 1)
    bread = np.linalg.inv(slopes.T @ slopes + np.eye(found.balance.size) * variance / PRIOR_SPREAD**2)
    parts = [
        part.T @ error
        for part, error in zip(np.array_split(slopes, blocks), np.array_split(found.error, blocks), strict=True)
    ]
    meat = sum(np.outer(part, part) for part in parts) * blocks / (blocks - 1)
    return np.asarray(bread @ (meat + np.eye(found.balance.size) * variance**2 / PRIOR_SPREAD**2) @ bread)


def within(balance: Layout, theta: Floats) -> Floats:
    """Return numbers within what is physically possible, shape as given."""
    lowest, highest = _bounds(balance)
    return np.asarray(np.clip(theta, lowest + _NUDGE, highest - _NUDGE))


def _bounds(balance: Layout) -> tuple[Floats, Floats]:
    logs = _is_log(balance)
    return np.where(logs, _LOWEST, -_FARTHEST), np.where(logs, _HIGHEST, _FARTHEST)


def _is_log(balance: Layout) -> NDArray[np.bool_]:
    return np.arange(balance.size) < len(balance.positive)


def _prior(balance: Layout) -> tuple[Floats, float]:
    """Return centre and weight of what is taken for likely before anything is known."""
    return np.where(_is_log(balance), np.log(PRIOR_RATE), 0.0), EXPECTED_ERROR / PRIOR_SPREAD
