"""Terms as the table keeps them."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import orjson
import pytest

from twinql.domain.tariffs.terms import (
    Band,
    Block,
    ChargePeriod,
    Dynamic,
    HolidayCalendar,
    HolidayRule,
    Season,
    StandingCharge,
    Terms,
    VatRate,
    Window,
)
from twinql.domain.tariffs.wire import from_json, minute_of, to_json

MARKET = UUID("0a1b2c3d-0000-4000-8000-000000000001")
EVERYTHING = Terms(
    bands=(
        Band(
            "peak",
            (Window(frozenset({1, 5}), 450, 1_440, Season((11, 1), (2, 29)), HolidayRule.EXCEPT), Window()),
            register="day",
            price=Decimal("0.20"),
        ),
        Band("blocks", blocks=(Block(Decimal(100), Decimal("0.1")), Block(None, Decimal("-0.30")))),
        Band("market", dynamic=Dynamic(MARKET, Decimal("1.05"), Decimal("0.012"))),
    ),
    standing_charge=StandingCharge(Decimal("0.3456"), ChargePeriod.MONTH),
    vat=(VatRate(None, Decimal("0.23")), VatRate(date(2026, 7, 1), Decimal("0.06"))),
    holidays=HolidayCalendar("PT", "11"),
)


def test_what_is_written_reads_back_alike():
    assert from_json(orjson.loads(orjson.dumps(to_json(EVERYTHING)))) == EVERYTHING


def test_a_plain_tariff_is_short_and_keeps_its_digits():
    flat = Terms((Band("all", price=Decimal("0.20")),))
    assert to_json(flat) == {"bands": [{"name": "all", "price": "0.20"}]}
    assert from_json(to_json(flat)) == flat


def test_times_are_written_as_clocks_show_them():
    written = to_json(EVERYTHING)["bands"][0]["windows"][0]
    assert written == {
        "weekdays": [1, 5],
        "from": "07:30",
        "until": "24:00",
        "season": {"first": "11-01", "last": "02-29"},
        "holidays": "EXCEPT",
    }


@pytest.mark.parametrize("clock", ["7:30", "07:60", "24:01", "-1:30", "07", "07:30:00", ""])
def test_other_times_are_refused(clock):
    with pytest.raises(ValueError, match="is no time of day"):
        minute_of(clock)
