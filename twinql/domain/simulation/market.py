"""A power market: what a kilowatt-hour costs and emits, by what people use and what sun and wind give."""

from typing import Final, NamedTuple

import numpy as np

from twinql.domain.simulation.noise import smooth
from twinql.domain.simulation.slots import SLOT_S, Floats, Ints, bump, local_time
from twinql.domain.simulation.weather import Place, weather

MARKET_STEP_S: Final = 1800
"""For how long a price holds: a half hour. [s]"""
_SATURDAY: Final = 5


class Market(NamedTuple):
    """What holds in each half hour, shape (n,) each."""

    price_eur_kwh: Floats
    """Day-ahead price without tax; below zero where sun and wind give more than is wanted. [EUR/kWh]"""
    carbon_g_kwh: Floats
    """What generation emits, never negative. [g/kWh]"""


def market(*, seed: int, place: Place, ends_s: Floats) -> Market:
    """Make half hours of a market.

    Args:
        seed: Names the world.
        place: Where its sun shines and its people live.
        ends_s: Where the half hours end, seconds since 1970 UTC, multiples of 1,800, shape (n,). [s]

    Returns:
        Prices and carbon intensity, the same for the same arguments, whatever else is asked for beside them.

    Source:
        Our own: price and emissions rise with what is left of demand after sun and wind, as in a merit order.
    """
    middles: Ints = ((ends_s - MARKET_STEP_S // 2) // SLOT_S).astype(np.int64)
    local = local_time(middles, place.zone)
    sky = weather(seed=seed, place=place, slots=middles)
    at_s = middles.astype(np.float64) * SLOT_S
    wanted = 0.52 + 0.13 * bump(local.minute, 540, 120) + 0.26 * bump(local.minute, 1215, 130)
    wanted *= np.where(local.weekday >= _SATURDAY, 0.88, 1.0)
    wind = 0.17 * (1.0 + smooth(seed=seed, name="market/wind", at_s=at_s, period_s=16 * 3600.0))
    left = wanted - wind - 0.58 * sky.irradiance_w_m2 / 1000.0
    jitter = 0.008 * smooth(seed=seed, name="market/jitter", at_s=at_s, period_s=float(MARKET_STEP_S))
    price = np.round(0.018 + 0.27 * np.where(left > 0, left**2, 0.5 * left) + jitter, 5)
    carbon = np.round(35.0 + 420.0 * np.clip(left, 0.0, None), 1)
    return Market(price, carbon)
