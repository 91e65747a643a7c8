"""When the readings of the past are due if they are played again from now on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Instants

FASTEST = 1e6
"""More than this many seconds a second leave too little between two readings."""


@dataclass(frozen=True, slots=True)
class Score:
    """What is to be played.

    Attributes:
        rows: The rows of the input that are played, in the order of their times, shape (n,).
        after_us: How long after the start each is due, ascending, shape (n,). [µs]
    """

    rows: NDArray[np.intp]
    after_us: Instants


def score(time_us: Instants, *, speed: float, from_us: int | None = None, until_us: int | None = None) -> Score:
    """Lay out readings for playing: the first at once, the others as far apart as they were, divided by the speed.

    The same arguments give the same score, so two plays differ in their start alone.

    Args:
        time_us: When they were read, shape (n,), in any order. [µs since 1970 UTC]
        speed: Seconds of the past that pass in a second, above 0.
        from_us: Leave out what is earlier; None begins with the first. [µs since 1970 UTC]
        until_us: Leave out this and what is later; None ends with the last. [µs since 1970 UTC]

    Returns:
        The score; rows of one instant keep the order of the input.
    """
    kept = np.ones(time_us.shape, dtype=np.bool_)
    if from_us is not None:
        kept &= time_us >= from_us
    if until_us is not None:
        kept &= time_us < until_us
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(time_us[rows], kind="stable")]
    if not rows.size:
        return Score(rows, np.zeros(0, dtype=np.int64))
    elapsed = time_us[rows] - time_us[rows[0]]
    return Score(rows, np.round(elapsed / speed).astype(np.int64))
