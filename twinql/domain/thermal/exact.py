"""Exact steps of two coupled linear balances, for many sets of numbers at once."""

import numpy as np

from twinql.domain.thermal.drivers import Floats

_ALIKE = 1e-12


def step_matrices(rates: Floats) -> tuple[Floats, Floats]:
    """Solve dx/dt = A x + v over one unit of time in which A and v are constant: x' = E x + F v.

    Args:
        rates: A, shape (..., 2, 2). [1 / step]

    Returns:
        E = exp(A) and F = ∫ exp(A s) ds from 0 to 1, shape (..., 2, 2) each; also where A is singular or swings.

    Source:
        Sylvester's formula for a matrix of two rows, with the half difference of its eigenvalues kept off zero.
    """
    mean = (rates[..., 0, 0] + rates[..., 1, 1]) / 2.0
    gap = (rates[..., 0, 0] - rates[..., 1, 1]) / 2.0
    half = np.sqrt(gap**2 + rates[..., 0, 1] * rates[..., 1, 0] + 0j)
    half = np.where(np.abs(half) < _ALIKE + 1e-6 * np.abs(mean), _ALIKE + 1e-6 * np.abs(mean), half)
    first, second = mean + half, mean - half
    deviation = rates - mean[..., None, None] * np.eye(2)

    def of(one: Floats, two: Floats) -> Floats:
        slope = ((one - two) / (2.0 * half)).real
        return np.asarray(((one + two) / 2.0).real[..., None, None] * np.eye(2) + slope[..., None, None] * deviation)

    return of(np.exp(first), np.exp(second)), of(_mean_exp(first), _mean_exp(second))


def _mean_exp(rate: Floats) -> Floats:
    """Return (exp(r) - 1) / r, which is 1 at 0."""
    small = np.abs(rate) < _ALIKE
    return np.where(small, 1.0, np.expm1(rate) / np.where(small, 1.0, rate))


def recursion(factors: Floats, terms: Floats) -> Floats:
    """Run x[k] = E[k] x[k - 1] + w[k] from x[-1] = 0, for many sequences at once.

    The sequence is cut into about √n blocks that run side by side and are then joined, so n = 10,000 needs 200 steps.

    Args:
        factors: E, shape (d, d, m, n).
        terms: w, shape (d, c, m, n): c columns that run side by side.

    Returns:
        x, shape (d, c, m, n).
    """
    size, columns, many, count = terms.shape
    length = max(1, round(count**0.5))
    blocks = -(-count // length)
    spare = blocks * length - count

    def cut(values: Floats) -> Floats:
        padded = np.concatenate([values, np.zeros((*values.shape[:-1], spare))], axis=-1)
        return np.ascontiguousarray(np.moveaxis(padded.reshape(*values.shape[:-1], blocks, length), -1, 0))

    along, within = cut(factors), cut(terms)
    for place in range(1, length):
        within[place] += _times(along[place], within[place - 1])
        along[place] = _times(along[place], along[place - 1])
    begins = np.zeros((size, columns, many, blocks))
    for block in range(1, blocks):
        begins[..., block] = _times(along[-1, ..., block - 1], begins[..., block - 1]) + within[-1, ..., block - 1]
    for each in range(size):
        within += along[:, :, each, None] * begins[None, None, each]
    joined = np.moveaxis(within, 0, -1)
    return np.asarray(joined.reshape(size, columns, many, blocks * length)[..., :count])


def _times(e: Floats, x: Floats) -> Floats:
    """Multiply matrices whose two first axes are rows and columns."""
    found = e[:, 0, None] * x[None, 0]
    for each in range(1, len(x)):
        found += e[:, each, None] * x[None, each]
    return np.asarray(found)
