"""A market: prices and emissions of half hours."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.simulation.market import MARKET_STEP_S, market
from twinql.domain.simulation.weather import Place

LISBON = Place(38.7, -9.1, ZoneInfo("Europe/Lisbon"))
START_S = datetime(2026, 4, 1, tzinfo=UTC).timestamp()
SIXTY_DAYS = START_S + MARKET_STEP_S * np.arange(1.0, 60 * 48 + 1)


def test_prices_are_dear_in_the_evening_and_sometimes_below_zero_at_noon() -> None:
    found = market(seed=7, place=LISBON, ends_s=SIXTY_DAYS)
    by_slot = found.price_eur_kwh.reshape(60, 48)
    assert by_slot[:, 38:42].mean() > 1.5 * by_slot[:, 24:28].mean()
    assert found.price_eur_kwh.min() < 0.0
    assert 0.03 < found.price_eur_kwh.mean() < 0.2


def test_emissions_follow_what_sun_and_wind_leave_over() -> None:
    found = market(seed=7, place=LISBON, ends_s=SIXTY_DAYS)
    assert found.carbon_g_kwh.min() >= 0.0
    assert np.corrcoef(found.price_eur_kwh, found.carbon_g_kwh)[0, 1] > 0.9


def test_a_half_hour_is_the_same_whatever_is_asked_beside_it() -> None:
    whole = market(seed=7, place=LISBON, ends_s=SIXTY_DAYS)
    alone = market(seed=7, place=LISBON, ends_s=SIXTY_DAYS[100:101])
    assert alone.price_eur_kwh[0] == whole.price_eur_kwh[100]
    assert alone.carbon_g_kwh[0] == whole.carbon_g_kwh[100]
