"""Readings that are only supposed, laid over those that are stored."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from twinql.domain.readings import Codes, Floats, Instants


class ReadingColumns(NamedTuple):
    """Readings of one channel; columns of shape (n,), ascending by time, one for an instant.

    Attributes:
        observed_us: The instants, or the ends of intervals. [µs since 1970]
        values: NaN where there is none. [unit of the channel]
        qualities: Index into `QUALITIES`.
    """

    observed_us: Instants
    values: Floats
    qualities: Codes


Supposed = Mapping[int, ReadingColumns]
"""By the number of the channel."""


def overlaid(stored: ReadingColumns, supposed: ReadingColumns) -> ReadingColumns:
    """Return what would be read if what is supposed were stored too; at the same instant it takes the other's place."""
    observed_us, places = np.unique(np.concatenate([supposed.observed_us, stored.observed_us]), return_index=True)
    return ReadingColumns(
        observed_us,
        np.concatenate([supposed.values, stored.values])[places],
        np.concatenate([supposed.qualities, stored.qualities])[places],
    )
