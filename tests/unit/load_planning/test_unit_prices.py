"""What a kWh costs at each time, as a tariff says it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import BILLION
from twinql.domain.readings import to_us
from twinql.domain.tariffs.prices import PricePoints
from twinql.domain.tariffs.terms import Agreement, Band, Block, Dynamic, Revision, Tariff, Terms, VatRate, Window
from twinql.domain.tariffs.unit_prices import mean_over, told_prices, unit_prices
from twinql.domain.units import Unit

LISBON = ZoneInfo("Europe/Lisbon")
MIDNIGHT = to_us(datetime(2026, 1, 15, tzinfo=UTC))
HOUR_US = 3_600_000_000
EDGES = MIDNIGHT + HOUR_US * np.arange(5)
SPOT = UUID(int=7)


def agreed(*bands, unit=Unit.KILOWATT_HOUR, vat=(), valid_until=None):
    when = datetime(2026, 1, 1, tzinfo=UTC)
    revision = Revision(UUID(int=3), date(2026, 1, 1), when, Terms(bands=bands, vat=vat))
    tariff = Tariff(UUID(int=2), "Tariff", FlowDirection.IMPORT, "EUR", unit, (revision,))
    return [Agreement(UUID(int=1), UUID(int=4), tariff, date(2026, 1, 1), valid_until)]


def prices(agreements, told=None, ratio=1):
    return unit_prices(
        agreements,
        FlowDirection.IMPORT,
        None,
        zone=LISBON,
        edges=EDGES,
        prices={} if told is None else {SPOT: told},
        to_unit=lambda _: Fraction(ratio),
    ).tolist()


def test_bands_hold_by_the_clock_with_vat():
    night = Band("night", windows=(Window(last_minute=90),), price=Decimal("0.10"))
    found = prices(agreed(night, Band("day", price=Decimal("0.30")), vat=(VatRate(None, Decimal("0.20")),)))
    # From half past one on it is day: that hour costs half of both.
    np.testing.assert_allclose(found, [0.12, 0.24, 0.36, 0.36])


def test_a_channel_tells_prices_and_what_it_does_not_tell_has_none():
    told = PricePoints(EDGES[:3], EDGES[1:4], np.array([BILLION // 10, BILLION // 5, -BILLION // 10]))
    band = Band("spot", dynamic=Dynamic(SPOT, factor=Decimal(2), surcharge=Decimal("0.05")))
    np.testing.assert_allclose(prices(agreed(band), told), [0.25, 0.45, -0.15, np.nan])
    np.testing.assert_allclose(told_prices(told, EDGES), [0.1, 0.2, -0.1, np.nan])


def test_a_price_for_a_megawatt_hour_is_one_for_a_thousand():
    np.testing.assert_allclose(
        prices(agreed(Band("all", price=Decimal(200)), unit=Unit.MEGAWATT_HOUR), ratio=Fraction(1, 1000)), [0.2] * 4
    )


def test_blocks_count_at_the_first_and_without_an_agreement_nothing_has_a_price():
    blocks = Band("all", blocks=(Block(Decimal(100), Decimal("0.2")), Block(None, Decimal("0.4"))))
    assert prices(agreed(blocks)) == [0.2] * 4
    assert np.isnan(prices([])).all()
    assert np.isnan(prices(agreed(blocks, valid_until=date(2026, 1, 10)))).all()
    assert np.isnan(told_prices(None, EDGES)).all()


def test_what_holds_all_the_time_is_its_own_mean():
    found = mean_over(np.array([EDGES[0] - HOUR_US, EDGES[-1] + HOUR_US]), np.array([3.0]), EDGES)
    np.testing.assert_allclose(found, 3.0)
