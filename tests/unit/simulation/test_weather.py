"""The weather of a place."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twinql.domain.simulation.moisture import saturation_g_m3, saturations_g_m3
from twinql.domain.simulation.weather import Place, weather

LISBON = Place(38.7, -9.1, ZoneInfo("Europe/Lisbon"))
YEAR = np.arange(29_000_000, 29_000_000 + 365 * 1440, 30, dtype=np.int64)


def test_air_of_twenty_degrees_holds_seventeen_grams() -> None:
    assert saturation_g_m3(20.0) == pytest.approx(17.3, abs=0.1)


def test_one_and_many_temperatures_agree() -> None:
    many = saturations_g_m3(np.array([-10.0, 0.0, 35.0, np.nan]))
    assert many[:3].tolist() == pytest.approx([saturation_g_m3(t) for t in (-10.0, 0.0, 35.0)])
    assert np.isnan(many[3])


def test_a_year_has_the_climate_of_its_place() -> None:
    sky = weather(seed=7, place=LISBON, slots=YEAR)
    assert sky.outside_c.mean() == pytest.approx(LISBON.mean_c, abs=1.0)
    assert 0.0 < sky.outside_c.min() < sky.outside_c.max() < 40.0
    assert np.all((sky.cloud >= 0) & (sky.cloud <= 1))
    assert np.all(sky.moisture_g_m3 <= saturations_g_m3(sky.outside_c))


def test_one_minute_of_weather_is_the_same_as_within_a_year() -> None:
    whole = weather(seed=7, place=LISBON, slots=YEAR)
    alone = weather(seed=7, place=LISBON, slots=YEAR[1000:1001])
    assert [column[0] for column in alone] == [column[1000] for column in whole]


def test_seasons_are_turned_round_in_the_south() -> None:
    summer = YEAR[(YEAR // 1440) % 365.2425 < 20]
    north = weather(seed=7, place=LISBON, slots=summer).outside_c.mean()
    south = weather(seed=7, place=Place(-38.7, -9.1, LISBON.zone), slots=summer).outside_c.mean()
    assert south - north == pytest.approx(2 * LISBON.yearly_k, abs=1.5)
