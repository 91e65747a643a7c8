"""A forecast with its measured accuracy, or the reason why there is none."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How the model of a forecast did on the younger part of the past, with bounds from the older part alone.

    Attributes:
        count: Pairs of an expected and an observed value that were compared.
        mae: Mean absolute error. [unit of the channel]
        naive_mae: Mean absolute error of repeating the last value, on the same pairs. [unit of the channel]
        coverage: Share of the observed values between the bounds, 0 to 1.
        mase: Mean absolute error as a multiple of that of the seasonal naive forecast within the past. Of a register,
            this and the next two are those of its increase a step.
        wape: Sum of the absolute errors as a share of the sum of the absolute values; None where that is zero.
        naive_mase: The first for repeating the last season, on the same pairs.
    """

    count: int
    mae: float | None = None
    naive_mae: float | None = None
    coverage: float | None = None
    mase: float | None = None
    wape: float | None = None
    naive_mase: float | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """A forecast on a grid of equal steps.

    Attributes:
        model: The model that made it.
        lower: Lower bounds, shape (steps,). [unit of the channel]
        median: Medians, shape (steps,). [unit of the channel]
        upper: Upper bounds, shape (steps,). [unit of the channel]
        accuracy: How this very model did on the past.
        last_value: The last value known. [unit of the channel]
    """

    model: ForecastModel
    lower: Floats
    median: Floats
    upper: Floats
    accuracy: Accuracy
    last_value: float

    def at(self, places: NDArray[np.intp]) -> "Prediction":
        """Return the same forecast with these of its steps, each as often as it is named."""
        return replace(self, lower=self.lower[places], median=self.median[places], upper=self.upper[places])

    def joined(self, count: int) -> "Prediction":
        """Return the same forecast with so many steps joined to one, which holds their mean."""
        lower, median, upper = (side.reshape(-1, count).mean(axis=1) for side in (self.lower, self.median, self.upper))
        return replace(self, lower=lower, median=median, upper=upper)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no forecast.

    Attributes:
        code: For programs.
        message: For people: what is wrong, and what would be needed.
    """

    code: str
    message: str
