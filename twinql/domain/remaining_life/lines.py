"""Lines through the newest rows, at every row of a run, with gaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Floats
from twinql.domain.remaining_life.fusion import Fusion
from twinql.domain.remaining_life.limits import FEWEST_ROWS, LEAST_FILLED
from twinql.domain.remaining_life.runs import ObservedRun

_APART: Final = 0.25
"""Two readings in different rows have squares of times about their mean of half a row at least, one has none."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is known of a run at some of its rows.

    Attributes:
        at: Which rows, counted from 0, shape (m,).
        features: Shape (m, d).
    """

    at: NDArray[np.intp]
    features: Floats


def features_of(run: ObservedRun, fusion: Fusion, windows: Sequence[int]) -> Rows:
    """Tell a run's factors at each of its rows from that row and the ones before it.

    For each window: level and rise of a line through it, by factor. Then the means of the factors over the first window
    (where it came from, since no two machines begin alike), and the logarithm of the age.

    Args:
        run: The run.
        fusion: How channels become factors.
        windows: Lengths of the windows, shortest first. [rows]

    Returns:
        The rows of which enough was seen: none before the shortest window is full, none in whose windows a channel has
        too many gaps.
    """
    used = fusion.standardised(run.values)
    known = np.isfinite(used)
    used = np.where(known, used, 0.0)
    count = len(used)
    age = run.unseen + np.arange(1, count + 1)
    enough = age >= max(windows[0], FEWEST_ROWS)
    parts = []
    for window in windows:
        level, rise, seen = _line(used, known, window)
        enough &= (seen >= np.maximum(LEAST_FILLED * np.minimum(age, window), 2)[:, None]).all(axis=1)
        parts += [level @ fusion.weights, rise @ fusion.weights]
    parts += [_beginning(used, known, max(2 * windows[0] - run.unseen, 0)) @ fusion.weights, np.log(age)[:, None]]
    at = np.flatnonzero(enough)
    return Rows(at, np.hstack(parts)[at])


def _line(values: Floats, known: NDArray[np.bool_], window: int) -> tuple[Floats, Floats, Floats]:
    """Return, at each row, a line's value there, its rise over the window, and how many readings it goes through."""
    at = np.arange(float(len(values)))[:, None]
    seen = _trailing(known.astype(np.float64), window)
    safe = np.maximum(seen, 1)
    # Times are counted back from the row itself, so that long runs lose no digits.
    when = _trailing(known * at, window) - seen * at
    squares = _trailing(known * at**2, window) - 2 * at * _trailing(known * at, window) + seen * at**2
    sums = _trailing(values, window)
    products = _trailing(values * at, window) - at * sums
    spread = squares - when**2 / safe
    slope = np.where(spread > _APART, (products - when * sums / safe) / np.where(spread > _APART, spread, 1.0), 0.0)
    return (sums - slope * when) / safe, slope * window, seen


def _trailing(values: Floats, window: int) -> Floats:
    sums = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    last = np.arange(1, len(values) + 1)
    result: Floats = sums[last] - sums[np.maximum(last - window, 0)]
    return result


def _beginning(values: Floats, known: NDArray[np.bool_], window: int) -> Floats:
    """Return the mean of the first rows, as far as they had been seen at each row."""
    inside = (np.arange(len(values)) < window)[:, None]
    result: Floats = np.cumsum(values * inside, axis=0) / np.maximum(np.cumsum(known & inside, axis=0), 1)
    return result
