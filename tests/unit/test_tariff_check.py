"""What terms of tariffs are refused for, each with one sentence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal, Inexact
from uuid import UUID

import pytest

from twinql.domain.tariffs.check import check_terms
from twinql.domain.tariffs.money import (
    billionths,
    check_currency,
    decimal_of,
    exact_sum,
    minor_digits,
    rounded,
)
from twinql.domain.tariffs.public_holidays import check_calendar, holidays_of
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
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

PRICE = Decimal("0.2")
MARKET = Dynamic(UUID(int=1))
WORKDAYS, WEEKEND = frozenset(range(1, 6)), frozenset({6, 7})
PORTUGAL = HolidayCalendar("PT", "11")


def band(name, *windows, **given):
    return Band(name, windows, **({"price": PRICE} | given))


def window(first="00:00", last="24:00", **given):
    def minute(clock):
        return int(clock[:2]) * 60 + int(clock[3:])

    return Window(first_minute=minute(first), last_minute=minute(last), **given)


def terms(*bands, **given):
    return Terms(bands, **given)


def refused(wrong, unit=Unit.KILOWATT_HOUR):
    with pytest.raises(InvalidInputError) as caught:
        check_terms(wrong, unit)
    return caught.value


DAY, NIGHT = band("day", window("07:00", "22:00")), band("night", window("22:00", "07:00"))


@pytest.mark.parametrize(
    "right",
    [
        terms(band("all")),
        terms(DAY, NIGHT),
        terms(DAY, band("rest")),
        terms(band("day", register="day"), band("night", register="night")),
        terms(band("d", window("07:00", "22:00"), register="day"), band("o", window("22:00", "07:00"), register="day")),
        terms(
            band("winter", window(season=Season((11, 1), (2, 29)))),
            band("summer", window(season=Season((3, 1), (10, 31)))),
        ),
        terms(
            band("peak", window(weekdays=WORKDAYS, holidays=HolidayRule.EXCEPT)),
            band("off", window(weekdays=WEEKEND), window(weekdays=WORKDAYS, holidays=HolidayRule.ONLY)),
            holidays=PORTUGAL,
        ),
        terms(band("twice", window(), window("08:00", "09:00"))),
        terms(
            band("market", price=None, dynamic=MARKET),
            vat=(VatRate(None, Decimal(0)), VatRate(date(2026, 1, 1), PRICE)),
        ),
        terms(band("b", price=None, blocks=(Block(Decimal(100), PRICE), Block(None, -PRICE)))),
        terms(band("free", price=Decimal("0.000000000")), standing_charge=StandingCharge(-PRICE, ChargePeriod.MONTH)),
    ],
)
def test_terms_that_can_be_charged_by_are_taken(right):
    check_terms(right, Unit.KILOWATT_HOUR)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (terms(DAY, band("night", window("22:00", "06:30"))), "No band holds on Monday 06:30 in January"),
        (
            terms(band("work", window(weekdays=WORKDAYS)), band("end", window("00:00", "07:00", weekdays=WEEKEND))),
            "No band holds on Saturday 07:00 in January",
        ),
        (
            terms(
                band("winter", window(season=Season((11, 1), (2, 28)))),
                band("rest", window(season=Season((3, 1), (10, 31)))),
            ),
            "No band holds on Monday 00:00 in February",
        ),
        (
            terms(
                band("peak", window(weekdays=WORKDAYS, holidays=HolidayRule.EXCEPT)),
                band("off", window(weekdays=WEEKEND)),
                holidays=PORTUGAL,
            ),
            "No band holds on a public holiday that is a Monday 00:00 in January",
        ),
        (
            terms(DAY, band("evening", window("21:00", "07:00"))),
            "day and evening hold at once on Monday 21:00 in January",
        ),
        (
            terms(
                band("a"), band("summer", window(season=Season((6, 15), (9, 1)))), band("s", window("10:00", "11:00"))
            ),
            "summer and s hold at once on Monday 10:00 in June",
        ),
        (
            terms(band("d", window("00:00", "12:00"), register="day"), band("night", register="night")),
            "No band holds for the register day on Monday 12:00 in January",
        ),
        (
            terms(band("lunch", window("12:00", "13:00")), band("day", register="day")),
            "No band holds on Monday 00:00 in January",
        ),
        (terms(band("one"), band("two")), "one and two both hold whenever nothing else does"),
        (terms(band("one"), band("two", register="day")), "both hold whenever nothing else does for the register day"),
    ],
)
def test_gaps_and_overlaps_are_named_by_their_first_moment(wrong, words):
    error = refused(wrong)
    assert words in error.message
    assert error.path == ("terms", "bands")


def blocks(*given):
    return terms(band("b", price=None, blocks=tuple(Block(end and Decimal(end), PRICE) for end in given)))


@pytest.mark.parametrize(
    ("wrong", "words", "path"),
    [
        (terms(), "at least one band", "bands"),
        (terms(band(" ")), "has a name", "bands 0 name"),
        (terms(band("standing")), "another name", "bands 0 name"),
        (terms(band("a", price=None)), "exactly one of", "bands 0"),
        (terms(band("a", dynamic=MARKET)), "exactly one of", "bands 0"),
        (terms(band("a", window()), band("a", window())), "2 bands are called a", "bands"),
        (terms(band("a", price=Decimal("0.1234567891"))), "at most 9 decimal places", "bands 0 price"),
        (terms(band("a", price=Decimal("NaN"))), "does not fit", "bands 0 price"),
        (terms(band("a", price=Decimal("Infinity"))), "does not fit", "bands 0 price"),
        (terms(band("a", price=Decimal("1e9"))), "below 1,000,000,000", "bands 0 price"),
        (blocks(None, None), "The last block, and only that", "bands 0 blocks 0 upTo"),
        (blocks("10"), "The last block, and only that", "bands 0 blocks 0 upTo"),
        (blocks("10", "10", None), "A block that ends at 10 cannot follow 10", "bands 0 blocks 1 upTo"),
        (blocks("-1", None), "A block that ends at -1 cannot follow 0", "bands 0 blocks 0 upTo"),
        (terms(band("a", window(weekdays=frozenset()))), "at least one weekday", "bands 0 windows 0 weekdays"),
        (terms(band("a", window(weekdays=frozenset({0, 1})))), "at least one weekday", "bands 0 windows 0 weekdays"),
        (terms(band("a", window("24:00", "07:00"))), "between 00:00 and 23:59", "bands 0 windows 0 from"),
        (terms(band("a", window("22:00", "00:00"))), "write 24:00", "bands 0 windows 0 until"),
        (terms(band("a", window("07:00", "07:00"))), "at no time", "bands 0 windows 0 until"),
        (
            terms(band("a", window(season=Season((2, 30), (3, 1))))),
            "no day 30 of month 2",
            "bands 0 windows 0 season first",
        ),
        (terms(band("a", window(season=Season((1, 1), (13, 1))))), "month 13", "bands 0 windows 0 season last"),
        (terms(band("a", window(holidays=HolidayRule.EXCEPT))), "of which country", "holidays"),
        (terms(band("a"), holidays=HolidayCalendar("XX")), "No public holidays are known", "holidays country"),
        (terms(band("a"), holidays=HolidayCalendar("GB", "LON")), "ENG, NIR, SCT, WLS", "holidays subdivision"),
        (terms(band("a"), vat=(VatRate(None, Decimal(23)),)), "write 0.23 for 23 %", "vat 0 rate"),
        (
            terms(band("a"), vat=(VatRate(date(2026, 1, 1), PRICE), VatRate(None, PRICE))),
            "follow each other",
            "vat 1 validFrom",
        ),
        (
            terms(band("a"), vat=(VatRate(date(2026, 1, 1), PRICE), VatRate(date(2026, 1, 1), PRICE))),
            "follow each other",
            "vat 1 validFrom",
        ),
        (
            terms(band("a"), standing_charge=StandingCharge(Decimal("1e-10"), ChargePeriod.DAY)),
            "decimal places",
            "standingCharge amount",
        ),
        (terms(*(band(str(each)) for each in range(51))), "51 are too many bands", "bands"),
        (terms(*(band(str(each), *[Window()] * 51) for each in range(2))), "102 are too many windows", "bands"),
        (terms(*(band(str(each), register=f"r{each}") for each in range(11))), "11 are too many registers", "bands"),
        (
            terms(
                *(
                    band(str(each), price=None, blocks=tuple(Block(Decimal(up), Decimal(1)) for up in range(1, 41)))
                    for each in range(3)
                )
            ),
            "120 are too many prices",
            "bands",
        ),
    ],
)
def test_each_mistake_is_one_sentence_with_its_place(wrong, words, path):
    error = refused(wrong)
    assert words in error.message
    assert error.path == ("terms", *path.split())


def test_units_that_cannot_be_charged_are_refused():
    assert "no unit of energy or volume" in refused(terms(band("a")), Unit.VOLT).message
    market = terms(band("market", price=None, dynamic=MARKET))
    assert "MEGAJOULE is no round number of" in refused(market, Unit.MEGAJOULE).message
    check_terms(market, Unit.MEGAWATT_HOUR)
    check_terms(replace(market, bands=(band("gas"),)), Unit.CUBIC_METRE)


def test_currencies_are_those_of_iso_4217():
    check_currency("EUR")
    for wrong in ("eur", "EURO", "XXX", "BTC", ""):
        with pytest.raises(InvalidInputError, match="no currency of ISO 4217"):
            check_currency(wrong)
    assert [minor_digits(each) for each in ("EUR", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]


def test_money_is_rounded_half_up_away_from_zero():
    assert str(rounded(Decimal("1.005"), "EUR")) == "1.01"
    assert str(rounded(Decimal("-1.005"), "EUR")) == "-1.01"
    assert str(rounded(Decimal("1.00499999999999999999999999999999"), "EUR")) == "1.00"
    assert str(rounded(Decimal("2.5"), "JPY")) == "3"


def test_exact_numbers_stay_exact():
    assert billionths(Decimal("-0.123456789")) == -123_456_789
    with pytest.raises(Inexact):
        billionths(Decimal("0.1234567891"))
    assert [format(decimal_of(each, 9), "f") for each in (0, 5 * 10**8, 120 * 10**9, -1)] == [
        "0",
        "0.5",
        "120",
        "-0.000000001",
    ]
    tiny, huge = Decimal("1e-27"), Decimal("1e27")
    assert exact_sum([huge, tiny, -huge]) == tiny


def test_holidays_come_from_the_calendar_of_the_place():
    assert date(2026, 6, 13) in holidays_of(HolidayCalendar("PT", "11"), 2026)  # Saint Anthony, in Lisbon alone
    assert date(2026, 6, 13) not in holidays_of(HolidayCalendar("PT"), 2026)
    assert date(2026, 12, 28) in holidays_of(
        HolidayCalendar("GB", "ENG"), 2026
    )  # in the place of Saturday's Boxing Day
    with pytest.raises(InvalidInputError, match="leave it out"):
        check_calendar(HolidayCalendar("SA", "01"))
