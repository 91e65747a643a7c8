"""What every model of forecasting can do: say what it would have expected at many points of the past."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past

Places = NDArray[np.intp]


class Method(Protocol):
    """A model with its parameters, ready to be tried."""

    @property
    def model(self) -> ForecastModel:
        """Its name."""

    @property
    def learns(self) -> bool:
        """Say whether it has coefficients, so that errors within what it learned from are smaller than later ones."""

    def paths(self, past: Past, origins: Places, *, steps: int, learned_until: int) -> Floats:
        """Say what would have been expected at each of these points of the past.

        Args:
            past: The past.
            origins: Places in its values, shape (m,).
            steps: How far to look ahead.
            learned_until: Coefficients may be learned from values[:learned_until] alone.

        Returns:
            Shape (m, steps): row i knows values[: origins[i] + 1], beside the coefficients, and nothing after; column h
            is expected for values[origins[i] + 1 + h]. NaN where the past is too short. [unit of the channel]
        """
