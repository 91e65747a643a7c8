"""The weather of a place: temperature, clouds and moisture outside, slot by slot."""

from dataclasses import dataclass
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.simulation.moisture import saturations_g_m3
from twinql.domain.simulation.noise import smooth
from twinql.domain.simulation.slots import SLOT_S, Floats, Ints
from twinql.domain.simulation.sun import irradiance, sine_of_elevation

_HOUR_S: Final = 3600.0
_DAY_S: Final = 86_400.0
_YEAR_S: Final = 365.2425 * _DAY_S
_WARMEST_DAY: Final = 201.0
_WARMEST_HOUR: Final = 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is, and what weather to expect there."""

    latitude_deg: float
    longitude_deg: float
    zone: ZoneInfo
    mean_c: float = 17.0
    """Mean temperature of the year. [°C]"""
    yearly_k: float = 6.0
    """Half the distance between the warmest and the coldest time of the year. [K]"""
    daily_k: float = 4.5
    """Half the distance between afternoon and early morning under a clear sky. [K]"""


class Weather(NamedTuple):
    """The weather in each slot, shape (n,) each."""

    outside_c: Floats
    cloud: Floats
    irradiance_w_m2: Floats
    moisture_g_m3: Floats


def weather(*, seed: int, place: Place, slots: Ints) -> Weather:
    """Make the weather of a place.

    Args:
        seed: Names the world.
        place: The place and its climate.
        slots: Minutes since 1970 UTC, shape (n,).

    Returns:
        Temperature, cloud cover, irradiance and absolute humidity in the middle of each slot: the same for the same
        seed, place and slot.
    """
    at_s = (slots.astype(np.float64) + 0.5) * SLOT_S
    cloud = _cloud(seed, at_s)
    outside_c = _temperature(seed, place, at_s, cloud)
    sine = sine_of_elevation(at_s=at_s, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg)
    relative = 0.72 + 0.16 * smooth(seed=seed, name="weather/moisture", at_s=at_s, period_s=20 * _HOUR_S) + 0.08 * cloud
    return Weather(
        outside_c=outside_c,
        cloud=cloud,
        irradiance_w_m2=irradiance(sine_of_elevation=sine, cloud=cloud),
        moisture_g_m3=relative * saturations_g_m3(outside_c),
    )


def _cloud(seed: int, at_s: Floats) -> Floats:
    """Fronts come by the day, clouds by the hour, gaps between them by the minute."""
    cover = (
        0.42
        + 0.55 * smooth(seed=seed, name="cloud/front", at_s=at_s, period_s=22 * _HOUR_S)
        + 0.30 * smooth(seed=seed, name="cloud/field", at_s=at_s, period_s=1.5 * _HOUR_S)
        + 0.18 * smooth(seed=seed, name="cloud/gap", at_s=at_s, period_s=420.0)
    )
    return np.asarray(np.clip(cover, 0.0, 1.0))


def _temperature(seed: int, place: Place, at_s: Floats, cloud: Floats) -> Floats:
    year = 2.0 * np.pi * (at_s / _YEAR_S - _WARMEST_DAY / 365.2425)
    season = place.yearly_k * np.cos(year) * (1.0 if place.latitude_deg >= 0 else -1.0)
    solar_h = at_s / _HOUR_S + place.longitude_deg / 15.0
    day = place.daily_k * (1.0 - 0.4 * cloud) * np.cos(2.0 * np.pi * (solar_h - _WARMEST_HOUR) / 24.0)
    front = 3.5 * smooth(seed=seed, name="air/front", at_s=at_s, period_s=2.5 * _DAY_S)
    breeze = 0.4 * smooth(seed=seed, name="air/breeze", at_s=at_s, period_s=1500.0)
    return np.asarray(place.mean_c + season + day + front + breeze)
