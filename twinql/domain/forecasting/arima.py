"""ARIMA, for those who ask for it by name: fitted by statsmodels, tried like every other model."""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.forecasting.autoregression import gaps_filled
from twinql.domain.forecasting.method import Places
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.past import Floats, Past
from twinql.domain.forecasting.simple import last_known
from twinql.domain.forecasting.sparse import SparseRegression

_FEWEST_VALUES: Final = 24
_ROUNDING: Final = 1e-12
"""Values that differ by no more than this share of themselves are the same."""
_BEYOND: Final = 0.5
"""A look ahead stays within the range of the past, widened by this share of it on either side."""


@dataclass(frozen=True, slots=True)
class Arima:
    """ARIMA(2, 0, 1)(0, 1, 0) of the shortest season, or ARIMA(2, 1, 1) where the past has seen none twice.

    Attributes:
        season: After how many steps values are differenced; 1 without a season.
        cumulative: Whether the values are a register: then its increase a step is what is modelled.
    """

    season: int
    cumulative: bool = False

    @property
    def model(self) -> ForecastModel:
        """Its name."""
        return ForecastModel.ARIMA

    @property
    def learns(self) -> bool:
        """It has coefficients."""
        return True

    def paths(self, past: Past, origins: Places, *, steps: int, learned_until: int) -> Floats:
        """Say what would have been expected at each of these points of the past."""
        values = np.diff(past.values, prepend=np.nan) if self.cumulative else past.values
        known = gaps_filled(values, past.seasons if self.season > 1 else ())
        changes, places = known[self.season :] - known[: -self.season], origins - self.season
        learned = changes[: max(learned_until - self.season, 0)]
        if learned.size < _FEWEST_VALUES:
            return np.full((origins.size, steps), np.nan)
        expected = _changes_ahead(changes, learned, np.maximum(places, 0), steps)
        for step in range(steps):
            back = known[np.maximum(places + 1 + step, 0)] if step < self.season else expected[:, step - self.season]
            expected[:, step] += back
        low, high = float(np.nanmin(values[:learned_until])), float(np.nanmax(values[:learned_until]))
        expected = np.clip(expected, low - _BEYOND * (high - low), high + _BEYOND * (high - low))
        expected[places < 1] = np.nan
        return last_known(past.values)[origins, None] + np.cumsum(expected, axis=1) if self.cumulative else expected


def _changes_ahead(changes: Floats, learned: Floats, origins: Places, steps: int) -> Floats:
    """Look ahead with an ARMA(2, 1), shape (m, steps).

    Source:
        Hannan, Rissanen, "Recursive estimation of mixed autoregressive-moving average order", 1982, by statsmodels.
    """
    # Slow to import, and needed only where somebody asks for it by name.
    from scipy.signal import lfilter  # noqa: PLC0415
    from statsmodels.tsa.arima.estimators.hannan_rissanen import hannan_rissanen  # noqa: PLC0415

    if float(np.ptp(learned)) <= _ROUNDING * float(np.abs(learned).max()):
        return np.repeat(changes[origins, None], steps, axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that weights are not the only ones possible: any of them foresee as well
        # The unit does not matter, and squares of large values would not be finite.
        fitted, _ = hannan_rissanen(learned / np.abs(learned).max(), ar_order=2, ma_order=1, demean=False)
    own, moving = np.asarray(fitted.ar_params, dtype=np.float64), float(fitted.ma_params[0])
    moving = moving if abs(moving) < 1.0 else 1.0 / moving  # the invertible one of the two that are alike
    model = SparseRegression((1, 2), own, 0.0, -np.inf, np.inf)
    surprises = lfilter([1.0, *-own], [1.0, moving], changes)
    return model.ahead(changes, origins, steps) + np.outer(moving * surprises[origins], model.response(steps)[0])
