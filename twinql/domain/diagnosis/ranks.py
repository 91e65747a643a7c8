"""Ranks of values, for measures that ask for their order alone."""

import numpy as np

from twinql.domain.readings import Floats


def average_ranks(values: Floats) -> Floats:
    """Return the ranks of values from 1 on; equal ones share the mean of theirs.

    Args:
        values: Finite, shape (n,).

    Returns:
        Their ranks, shape (n,).

    Source:
        Kendall (1945), "The treatment of ties in ranking problems", Biometrika 33.
    """
    _, places, ties = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(ties) - (ties - 1) / 2)[places]
    return ranks
