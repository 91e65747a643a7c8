"""Regression by a Gaussian process whose errors are told run by run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from scipy.linalg.lapack import dpotrf, dpotri

from twinql.domain.readings import Floats

Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Kernel:
    """How alike two rows are, and how much of what is seen is noise.

    Attributes:
        columns: The features that count, shape (d,).
        length: At which distance likeness fades, in root mean square distances between two rows.
        noise: Variance of what the features do not explain, over that of what they do.
    """

    columns: Integers
    length: float
    noise: float

    def likeness(self, left: Floats, right: Floats) -> Floats:
        """Compare rows of standardised features, shapes (m, d) and (n, d): 1 for equal ones, 0 for the most distant.

        Source:
            Matérn's covariance of order 3/2: Rasmussen and Williams (2006), Gaussian processes, equation 4.17.
        """
        a, b = left[:, self.columns], right[:, self.columns]
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
        # Two rows of d standardised features lie √(2 d) apart.
        apart = np.sqrt(3 * np.maximum(squares, 0.0) / (2 * max(self.columns.size, 1))) / self.length
        result: Floats = (1 + apart) * np.exp(-apart)
        return result


@dataclass(frozen=True, slots=True)
class Process:
    """A fitted process.

    Attributes:
        kernel: What it was fitted with.
        rows: Standardised features it was fitted on, shape (n, d).
        mean: Of the targets.
        weights: Of the rows, shape (n,).
    """

    kernel: Kernel
    rows: Floats
    mean: float
    weights: Floats

    def expect(self, rows: Floats) -> Floats:
        """Say what is expected at rows of standardised features, shape (m, d)."""
        return self.mean + self.kernel.likeness(rows, self.rows) @ self.weights


def fit_process(kernel: Kernel, rows: Floats, targets: Floats, runs: Integers) -> tuple[Process, Floats]:
    """Fit a process, and say what each run would have been expected to do, had it not been known.

    Args:
        kernel: How alike rows are.
        rows: Standardised features, shape (n, d).
        targets: Shape (n,).
        runs: The run that each row is of, shape (n,).

    Returns:
        The process, and what is expected of each row from the rows of all other runs, shape (n,).

    Source:
        Rasmussen and Williams (2006), equation 2.25, and 5.12 for leaving out, by blocks instead of single rows.
    """
    mean = float(targets.mean())
    spread = kernel.likeness(rows, rows)
    spread[np.diag_indices_from(spread)] += kernel.noise
    inverse = _inverse(spread)
    weights = inverse @ (targets - mean)
    expected = np.empty(len(rows))
    for run in np.unique(runs):
        own = np.flatnonzero(runs == run)
        expected[own] = targets[own] - np.linalg.solve(inverse[np.ix_(own, own)], weights[own])
    return Process(kernel, rows, mean, weights), expected


def _inverse(matrix: Floats) -> Floats:
    """Invert a symmetric positive definite matrix: in a third of the time that solving for each column takes.

    Raises:
        LinAlgError: It is not positive definite.
    """
    factor, failed = dpotrf(matrix, lower=True)
    if failed:
        raise LinAlgError("The rows cannot be told apart.")
    lower, _ = dpotri(factor, lower=True, overwrite_c=True)
    inverse: Floats = np.tril(lower) + np.tril(lower, -1).T
    return inverse


def choose_kernel(
    groups: Sequence[Integers],
    rows: Floats,
    targets: Floats,
    runs: Integers,
    *,
    lengths: Sequence[float],
    noises: Sequence[float],
) -> Kernel:
    """Choose length, noise and features by how well each run is told from the others.

    First length and noise, with all features; then the group without which runs are told better goes, as long as
    there is one.

    Args:
        groups: Columns that stay or go together.
        rows: Standardised features, shape (n, d).
        targets: Shape (n,).
        runs: The run that each row is of, shape (n,).
        lengths: To be tried.
        noises: To be tried.
    """
    every = range(len(groups))
    tried = [Kernel(_of(groups, every), length, noise) for length in lengths for noise in noises]
    errors = [_error(kernel, rows, targets, runs) for kernel in tried]
    lowest, kernel = min(zip(errors, tried, strict=True), key=lambda each: each[0])
    kept = list(every)
    while len(kept) > 1:
        fewer = [[each for each in kept if each != gone] for gone in kept]
        simpler = [replace(kernel, columns=_of(groups, each)) for each in fewer]
        errors = [_error(each, rows, targets, runs) for each in simpler]
        best = int(np.argmin(errors))
        if errors[best] >= lowest:
            break
        lowest, kernel, kept = errors[best], simpler[best], fewer[best]
    return kernel


def _of(groups: Sequence[Integers], kept: Iterable[int]) -> Integers:
    return np.sort(np.concatenate([groups[each] for each in kept]))


def _error(kernel: Kernel, rows: Floats, targets: Floats, runs: Integers) -> float:
    expected = fit_process(kernel, rows, targets, runs)[1]
    return float(np.mean((expected - targets) ** 2))
