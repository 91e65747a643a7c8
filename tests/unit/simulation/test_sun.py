"""The sun and a solar roof."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.simulation.sun import irradiance, sine_of_elevation, solar_power
from twinql.domain.simulation.weather import Place, weather


def height_deg(moment: datetime, latitude: float, longitude: float) -> float:
    sine = sine_of_elevation(at_s=np.array([moment.timestamp()]), latitude_deg=latitude, longitude_deg=longitude)
    return float(np.degrees(np.arcsin(sine[0])))


def test_at_noon_of_midsummer_the_sun_stands_overhead_at_the_tropic() -> None:
    assert height_deg(datetime(2026, 6, 21, 12, 2, tzinfo=UTC), 23.44, 0.0) == pytest.approx(90.0, abs=0.6)


def test_at_the_equinox_noon_height_is_ninety_less_latitude() -> None:
    assert height_deg(datetime(2026, 3, 20, 12, 7, tzinfo=UTC), 38.7, 0.0) == pytest.approx(51.3, abs=0.6)


def test_beyond_the_polar_circle_the_sun_does_not_set_in_june() -> None:
    start = datetime(2026, 6, 21, tzinfo=UTC)
    heights = [height_deg(start + timedelta(hours=hour), 70.0, 25.0) for hour in range(24)]
    assert min(heights) > 2.0


def test_a_clear_zenith_gives_haurwitz_figure() -> None:
    clear = irradiance(sine_of_elevation=np.array([1.0]), cloud=np.array([0.0]))
    assert clear[0] == pytest.approx(1098.0 * np.exp(-0.057))


def test_a_covered_sky_leaves_a_quarter() -> None:
    sine = np.array([0.7])
    covered = irradiance(sine_of_elevation=sine, cloud=np.array([1.0]))
    assert covered[0] == pytest.approx(0.25 * irradiance(sine_of_elevation=sine, cloud=np.array([0.0]))[0])


def test_the_night_has_no_sun_at_all() -> None:
    place = Place(38.7, -9.1, ZoneInfo("Europe/Lisbon"))
    slots = np.arange(29_000_000, 29_000_000 + 7 * 1440, dtype=np.int64)
    sine = sine_of_elevation(at_s=(slots + 0.5) * 60.0, latitude_deg=38.7, longitude_deg=-9.1)
    sky = weather(seed=7, place=place, slots=slots)
    assert np.all(sky.irradiance_w_m2[sine <= 0] == 0.0)
    assert np.all(sky.irradiance_w_m2[sine > 0.05] > 0.0)
    assert 0.35 < np.mean(sine > 0) < 0.65


def test_a_kilowatt_of_panels_under_standard_sun_gives_less_than_a_kilowatt() -> None:
    power = solar_power(
        irradiance_w_m2=np.array([1000.0, 0.0, np.nan]), outside_c=np.array([25.0, 25.0, 25.0]), peak_kw=1.0
    )
    # The cell is 31.25 K warmer than the air: 12.5 % less, and 14 % of the rest is lost.
    assert power[0] == pytest.approx(1000.0 * 0.875 * 0.86)
    assert power[1] == 0.0
    assert np.isnan(power[2])
