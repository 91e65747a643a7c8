"""Weighs how wrong a forecast of days is at each step, and in what a whole day comes to."""

from typing import Final

import numpy as np

from twinql.domain.forecasting.past import Floats

_STEPS_COUNT: Final = 5.0
"""How much more the steps count than the days, each as a multiple of the least that is possible."""
_FILLED: Final = 0.9
"""Days of which less is known are not compared."""


def wrong(error: Floats, day: int) -> tuple[float, float]:
    """Return the mean absolute error of the steps, and that of the means of whole days.

    Args:
        error: Shape (m, steps). NaN is missing. [unit of the channel]
        day: A day in steps; what is left of the horizon after whole days is a step like others.

    Returns:
        NaN where nothing can be compared. [unit of the channel]
    """
    rows, days = error.shape[0], error.shape[1] // day
    known = ~np.isnan(error)
    size = np.abs(error[known])
    whole = error[:, : days * day].reshape(rows * days, day)
    counts = np.count_nonzero(~np.isnan(whole), axis=1)
    enough = counts >= _FILLED * day
    sums = np.abs(np.nansum(whole[enough], axis=1)) / counts[enough]
    return (float(size.mean()) if size.size else np.nan), (float(sums.mean()) if sums.size else np.nan)


def weighed(errors: Floats) -> Floats:
    """Make one number of the errors of each of several forecasts; less is better.

    A forecast that is right at each step where loads come and go, is too low in sum; so neither is enough.

    Args:
        errors: That of the steps and that of the days of each, shape (n, 2). NaN where nothing was compared.

    Returns:
        Shape (n,), 6 for the best in both.
    """
    least = np.nanmin(np.where(np.isnan(errors).all(axis=0), 1.0, errors), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(least > 0.0, errors / least, 1.0 + (errors > 0.0))
    return np.asarray(np.where(np.isnan(share), 1.0, share) @ np.array([_STEPS_COUNT, 1.0]))
