"""How much water air can hold."""

from math import exp
from typing import Final

import numpy as np

from twinql.domain.simulation.slots import Floats

_SCALE_G_K_M3: Final = 1000.0 * 610.94 / 461.5
_SLOPE: Final = 17.625
_OFFSET_K: Final = 243.04
_ZERO_K: Final = 273.15


def saturation_g_m3(temperature_c: float) -> float:
    """Find how much water air can hold.

    Args:
        temperature_c: Of the air; NaN stays NaN. [°C]

    Returns:
        Absolute humidity at saturation. [g/m³]

    Source:
        Alduchov, Eskridge (1996), "Improved Magnus form approximation of saturation vapor pressure"; ideal gas law.
    """
    return _SCALE_G_K_M3 * exp(_SLOPE * temperature_c / (temperature_c + _OFFSET_K)) / (temperature_c + _ZERO_K)


def saturations_g_m3(temperature_c: Floats) -> Floats:
    """Find how much water air can hold, for many temperatures at once.

    Args:
        temperature_c: Of the air, shape (n,); NaN stays NaN. [°C]

    Returns:
        Absolute humidity at saturation, shape (n,). [g/m³]

    Source:
        The formula of `saturation_g_m3`.
    """
    power = np.exp(_SLOPE * temperature_c / (temperature_c + _OFFSET_K))
    return np.asarray(_SCALE_G_K_M3 * power / (temperature_c + _ZERO_K))
