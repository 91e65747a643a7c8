"""Where the sun stands, and what a solar roof makes of it."""

from typing import Final

import numpy as np

from twinql.domain.simulation.slots import Floats

_DAY_S: Final = 86_400.0
_YEAR_DAYS: Final = 365.2425
_STANDARD_W_M2: Final = 1000.0
_STANDARD_C: Final = 25.0


def sine_of_elevation(*, at_s: Floats, latitude_deg: float, longitude_deg: float) -> Floats:
    """Find the sine of the sun's height above the horizon.

    Args:
        at_s: Instants, shape (n,), seconds since 1970 UTC. NaN stays NaN. [s]
        latitude_deg: North is positive. [°]
        longitude_deg: East is positive. [°]

    Returns:
        Shape (n,), negative while the sun is down; right to about half a degree.

    Source:
        Spencer (1971), "Fourier series representation of the position of the sun": declination and equation of time.
    """
    days = at_s / _DAY_S
    # 1970-01-01 was a first of January; leap days move this by less than a day.
    year = 2.0 * np.pi * np.mod(days, _YEAR_DAYS) / _YEAR_DAYS
    declination = (
        0.006918
        - 0.399912 * np.cos(year)
        + 0.070257 * np.sin(year)
        - 0.006758 * np.cos(2 * year)
        + 0.000907 * np.sin(2 * year)
        - 0.002697 * np.cos(3 * year)
        + 0.00148 * np.sin(3 * year)
    )
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * np.cos(year)
        - 0.032077 * np.sin(year)
        - 0.014615 * np.cos(2 * year)
        - 0.040849 * np.sin(2 * year)
    )
    solar_h = np.mod(days, 1.0) * 24.0 + longitude_deg / 15.0 + equation_min / 60.0
    hour_angle = np.pi * (solar_h - 12.0) / 12.0
    latitude = np.radians(latitude_deg)
    return np.asarray(
        np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    )


def irradiance(*, sine_of_elevation: Floats, cloud: Floats) -> Floats:
    """Find the power of the sun on a flat square metre.

    Args:
        sine_of_elevation: Of the sun, shape (n,); NaN stays NaN.
        cloud: Share of the sky that is covered, 0 to 1, shape (n,).

    Returns:
        Global horizontal irradiance, shape (n,), 0 at night. [W/m²]

    Source:
        Haurwitz (1945) for a clear sky; Kasten, Czeplak (1980) for what clouds leave of it.
    """
    height = np.maximum(sine_of_elevation, 1e-3)
    clear = 1098.0 * height * np.exp(-0.057 / height)
    return np.asarray(np.where(sine_of_elevation <= 0.0, 0.0, clear * (1.0 - 0.75 * cloud**3.4)))


def solar_power(*, irradiance_w_m2: Floats, outside_c: Floats, peak_kw: float, losses: float = 0.14) -> Floats:
    """Find what a flat array of solar panels delivers.

    Args:
        irradiance_w_m2: On the panels, shape (n,); NaN stays NaN. [W/m²]
        outside_c: Temperature of the air, shape (n,). [°C]
        peak_kw: The array's power under standard conditions. [kW]
        losses: Share lost in cables, dirt and inverter, 0 to 1.

    Returns:
        Power at the inverter's outlet, shape (n,), never negative. [W]

    Source:
        Ross (1976) for the cell's temperature (rated 45 °C at 800 W/m²); -0.4 % a kelvin, usual for silicon.
    """
    cell_c = outside_c + irradiance_w_m2 * (45.0 - 20.0) / 800.0
    warmth = 1.0 - 0.004 * (cell_c - _STANDARD_C)
    return np.asarray(1000.0 * peak_kw * irradiance_w_m2 / _STANDARD_W_M2 * (1.0 - losses) * np.maximum(warmth, 0.0))
