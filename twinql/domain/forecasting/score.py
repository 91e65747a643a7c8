"""How a forecast has come true, beside forecasts that anybody could have made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.bounds import within
from twinql.domain.forecasting.past import Floats
from twinql.domain.plausibility import GREATEST


@dataclass(frozen=True, slots=True)
class Issued:
    """A forecast as it was issued; columns of shape (steps,), in the unit of the channel.

    Attributes:
        lower: Lower bounds.
        median: Medians.
        upper: Upper bounds.
        naive: What the seasonal naive forecast expected; NaN where it said nothing.
        scale: What errors are divided by for MASE; None where nothing could be compared.
        last_value: The last value known; None where there was none.
        cumulative: Whether the values are a register that counts up.
    """

    lower: Floats
    median: Floats
    upper: Floats
    naive: Floats
    scale: float | None
    last_value: float | None
    cumulative: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """How good it was, over the steps that were read; None where nothing can be said.

    MASE and WAPE of a register are of its increase a step: beside what it shows, any error is small.

    Attributes:
        count: Steps that were read.
        mae: Mean absolute error. [unit of the channel]
        naive_mae: That of repeating the last value. [unit of the channel]
        coverage: Share of the values between the bounds, 0 to 1.
        mase: Mean absolute error as a multiple of that of the seasonal naive forecast within the past.
        wape: Sum of the absolute errors as a share of the sum of the absolute values.
        naive_mase: MASE of the seasonal naive forecast, on the same steps.
        size: Mean absolute value of what was read. [unit of the channel]
    """

    count: int
    mae: float | None = None
    naive_mae: float | None = None
    coverage: float | None = None
    mase: float | None = None
    wape: float | None = None
    naive_mase: float | None = None
    size: float | None = None


def scored(issued: Issued, observed: Floats) -> Score:
    """Compare a forecast with what was read since.

    Args:
        issued: The forecast.
        observed: What was read in each step, NaN where nothing was, or not all yet, shape (steps,).

    Source:
        Hyndman, Koehler, "Another look at measures of forecast accuracy", 2006 (MASE); Kolassa, Schütz, "Advantages of
        the MAD/mean ratio over the MAPE", 2007 (WAPE).
    """
    read = ~np.isnan(observed)
    if not read.any():
        return Score(count=0)
    error, naive_error = observed - issued.median, observed - issued.naive
    last = np.nan if issued.last_value is None else issued.last_value
    between = within(observed, issued.lower, issued.upper)
    mae, naive_mae, coverage = _mean(error), _mean(observed - last), float(between[read].mean())
    if issued.cumulative:
        error, naive_error = (np.diff(each, prepend=0.0 * last) for each in (error, naive_error))
        observed = np.diff(observed, prepend=last)
        both = observed >= 0.0  # what falls was exchanged, or set back
        error, naive_error, observed = (np.where(both, each, np.nan) for each in (error, naive_error, observed))
    size = _mean(observed)
    return Score(
        count=int(read.sum()),
        mae=mae,
        naive_mae=naive_mae,
        coverage=coverage,
        mase=_share(_mean(error), issued.scale),
        wape=_share(_mean(error), size),
        naive_mase=_share(_mean(naive_error), issued.scale),
        size=size,
    )


def _mean(values: Floats) -> float | None:
    """Return the mean absolute value of those that are known."""
    known: NDArray[np.bool_] = ~np.isnan(values)
    return float(np.abs(values[known]).mean()) if known.any() else None


def _share(value: float | None, whole: float | None) -> float | None:
    """Return a multiple; None where it is beyond any number that could be added up."""
    if value is None or not whole or value > GREATEST * whole:
        return None
    return value / whole
