"""How runs that were recorded in time are cut into rows."""

from collections.abc import Sequence

import numpy as np

from twinql.domain.readings import Floats
from twinql.domain.remaining_life.limits import MOST_ROWS_OF_RUN, ROWS_OF_LIFE, SAMPLES_OF_ROW, SHORTEST_STEP_S

_DAY_S = 86_400.0


def step_of(lengths_s: Sequence[float]) -> float:
    """Return how long a row of runs should be. [s].

    From half a day on it is whole days, so that day and night are no news.

    Args:
        lengths_s: How long runs to failure were, at least one. [s]
    """
    step_s = max(float(np.median(lengths_s)) / ROWS_OF_LIFE, SHORTEST_STEP_S)
    return step_s if step_s < _DAY_S / 2 else max(round(step_s / _DAY_S), 1) * _DAY_S


def rows_of(length_s: float, step_s: float) -> tuple[int, int]:
    """Return how many rows a run has, and how many of them, the newest, are read. The last one ends with the run."""
    rows = int(length_s // step_s)
    return rows, min(rows, MOST_ROWS_OF_RUN)


def rows_from(samples: Floats) -> Floats:
    """Take means of the samples of each row.

    Args:
        samples: `SAMPLES_OF_ROW` of each row, in the order of time, by channels; NaN for none.

    Returns:
        Rows by channels; NaN where a row has no sample.
    """
    parts = samples.reshape(-1, SAMPLES_OF_ROW, samples.shape[1])
    known = np.isfinite(parts)
    count = known.sum(axis=1)
    # Shares are added, not sums divided: three of the greatest numbers there are would overflow.
    means = np.where(known, parts / np.maximum(count, 1)[:, None], 0.0).sum(axis=1)
    return np.where(count > 0, means, np.nan)
