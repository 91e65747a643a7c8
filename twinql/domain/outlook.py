"""What is expected of a channel, and how much of it lies beyond a limit."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a channel.

    Attributes:
        value: The limit. [unit of the channel]
        is_high: Whether values above it are the bad ones.
    """

    value: float
    is_high: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is expected of a channel, as a rule looks at it.

    Attributes:
        quantity: The physical quantity, as the graph names it.
        unit: The unit of the values, as the graph names it.
        last_value: The last value known. [unit of the channel]
        lower: Lower bounds, shape (steps,). [unit of the channel]
        median: Medians, shape (steps,). [unit of the channel]
        upper: Upper bounds, shape (steps,). [unit of the channel]
        level: Share of outcomes between the bounds, between 0 and 1.
        step_s: Length of a step. [s]
        mae: Measured mean absolute error of such forecasts; None where nothing was measured. [unit of the channel]
        naive_mae: The same for repeating the last value. [unit of the channel]
        model: The model that it rests on; None where nobody said.
    """

    quantity: str
    unit: str
    last_value: float
    lower: Floats
    median: Floats
    upper: Floats
    level: float
    step_s: float
    mae: float | None = None
    naive_mae: float | None = None
    model: ForecastModel | None = None


def is_beyond(value: float, limit: Limit) -> bool:
    """Say whether a value is on the bad side of a limit; just at it, it is not."""
    return value > limit.value if limit.is_high else value < limit.value


def share_beyond(outlook: Outlook, limit: Limit) -> Floats:
    """Say how much of the predictive distribution lies beyond a limit, step by step.

    The distribution is a normal one on either side of the median, with the bounds at their quantiles.

    Args:
        outlook: What is expected.
        limit: The limit.

    Returns:
        Between 0 and 1, shape (steps,); a value just at the limit is not beyond it.
    """
    quantile = float(ndtri(0.5 + outlook.level / 2.0))
    above = np.maximum(outlook.upper - outlook.median, 0.0) / quantile
    below = np.maximum(outlook.median - outlook.lower, 0.0) / quantile
    distance = limit.value - outlook.median
    sigma = np.where(distance >= 0.0, above, below)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sigma > 0.0, distance / sigma, np.where(distance == 0.0, 0.0, np.sign(distance) * np.inf))
    over = np.asarray(ndtr(-z), dtype=np.float64)
    return over if limit.is_high else np.asarray(1.0 - over)
