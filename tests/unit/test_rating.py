"""Bills worked by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from time import perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.billing import (
    BERLIN,
    HOUR,
    LISBON,
    agreement,
    at,
    bill,
    charged,
    counted,
    day_and_night,
    flat,
    intervals,
    metered,
    prices,
    quantities,
    revision,
    window,
)
from twinql.domain.metering.intervals import Fill, Flag, RegisterEvent, RegisterEventType
from twinql.domain.readings import to_us
from twinql.domain.tariffs.cost import CostProblemCode
from twinql.domain.tariffs.money import rounded
from twinql.domain.tariffs.rating import read_from
from twinql.domain.tariffs.terms import (
    Band,
    Block,
    ChargePeriod,
    Dynamic,
    HolidayCalendar,
    HolidayRule,
    Season,
    StandingCharge,
    VatRate,
)
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

MARKET = UUID(int=1)
WORKDAYS, WEEKEND = frozenset(range(1, 6)), frozenset({6, 7})
A_DAY = at("2026-02-10"), at("2026-02-11")


def problems(cost):
    return [(each.code.value, each.quantity) for each in cost.problems]


def test_a_flat_price_with_standing_charge_and_vat():
    terms = charged(
        flat("0.1585"),
        standing_charge=StandingCharge(Decimal("0.3456"), ChargePeriod.DAY),
        vat=(VatRate(None, Decimal("0.23")),),
    )
    cost = bill(counted(*A_DAY, kwh=0.123), terms, *A_DAY)
    # 24 · 0.123 kWh = 2.952 kWh; · 0.1585 = 0.467892; and a day; and 23 % of both.
    assert cost.energy == Decimal("0.467892")
    assert cost.standing == Decimal("0.3456")
    assert cost.vat == Decimal("0.18710316")
    assert cost.total == Decimal("1.00059516")
    assert rounded(cost.total, cost.currency) == Decimal("1.00")
    assert (cost.currency, cost.expected, cost.actual, cost.problems) == ("EUR", 24, 24, ())


def test_a_line_says_what_it_was_made_of():
    found = agreement(revision(*day_and_night()))
    cost = bill([metered(counted(*A_DAY), number=42)], found, *A_DAY)
    day = next(line for line in cost.lines if line.band == "day")
    assert (day.quantity, day.price, day.amount) == (15, Decimal("0.30"), Decimal("4.5"))
    evidence = day.evidence
    assert (evidence.channels, evidence.intervals, evidence.estimated, evidence.events) == ((42,), 15, 0, ())
    assert (evidence.first, evidence.last) == (at("2026-02-10T07:00"), at("2026-02-10T22:00"))
    assert evidence.agreement == found.id
    assert (evidence.tariff, evidence.revision) == (found.tariff.id, found.tariff.revisions[0].id)


@pytest.mark.parametrize(("day", "night_hours"), [("2026-03-29", 8), ("2026-10-25", 10), ("2026-10-26", 9)])
def test_days_of_23_and_25_hours_have_other_nights(day, night_hours):
    first = at(day, BERLIN)
    last = at(str(date.fromisoformat(day) + timedelta(days=1)), BERLIN)
    cost = bill(counted(first, last), charged(*day_and_night()), first, last, zone=BERLIN)
    assert quantities(cost) == {"day": 15, "night": night_hours}


def test_both_passes_of_the_hour_that_happens_twice_count_alike():
    first, last = at("2026-10-25", BERLIN), at("2026-10-26", BERLIN)
    bands = flat("1", "twice", windows=(window("02:15", "02:45"),)), flat("2", "rest")
    cost = bill(counted(first, last, every=HOUR // 4), charged(*bands), first, last, zone=BERLIN)
    assert quantities(cost) == {"twice": 4, "rest": 96}


def test_a_season_goes_over_the_turn_of_the_year():
    winter = flat("0.4", "winter", windows=(window(season=Season((11, 1), (2, 15))),))
    first, last = at("2025-10-30"), at("2026-02-18")
    cost = bill(counted(first, last), charged(winter, flat(name="rest")), first, last)
    assert quantities(cost) == {"winter": (30 + 31 + 31 + 15) * 24, "rest": 4 * 24}


def test_holidays_are_charged_as_said():
    # In 2025, 25 April (Freedom Day) was a Friday, 26 and 27 a weekend.
    bands = (
        flat("0.3", "work", windows=(window(weekdays=WORKDAYS, holidays=HolidayRule.EXCEPT),)),
        flat("0.1", "free", windows=(window(weekdays=WEEKEND), window(weekdays=WORKDAYS, holidays=HolidayRule.ONLY))),
    )
    first, last = at("2025-04-24"), at("2025-04-29")
    cost = bill(counted(first, last), charged(*bands, holidays=HolidayCalendar("PT", "11")), first, last)
    assert quantities(cost) == {"work": 48, "free": 72}


def blocks(*pairs):
    return Band("b", blocks=tuple(Block(end and Decimal(end), Decimal(price)) for end, price in pairs))


def test_blocks_count_from_the_beginning_of_the_billing_month():
    agreed = charged(blocks(("100", "0.10"), ("150.5", "0.20"), (None, "0.50")))
    first, last = at("2026-03-15"), at("2026-04-15")  # 31 days less the hour that was skipped
    cost = bill(counted(first, last, kwh=0.5), agreed, first, last, billing_day=15)
    assert quantities(cost) == {"b/1": 100, "b/2": Decimal("50.5"), "b/3": 221}
    assert cost.energy == 10 + Decimal("10.1") + Decimal("110.5")


def test_a_period_within_a_billing_month_knows_what_came_before():
    agreed = charged(blocks(("100", "0.10"), (None, "0.50")))
    begins, first, last = at("2026-05-10"), at("2026-05-13T12:00"), at("2026-05-20")
    assert read_from([agreed], first, LISBON, 10) == begins
    assert read_from([charged(flat())], first, LISBON, 10) == first
    assert read_from([agreed], begins, LISBON, 10) == begins
    assert read_from([agreed], begins - timedelta(hours=1), LISBON, 10) == at("2026-04-10")
    cost = bill(counted(begins, last), agreed, first, last, billing_day=10)
    assert quantities(cost) == {"b/1": 16, "b/2": 140}  # 84 hours came before
    assert cost.lines[0].evidence.intervals == 16


def test_two_registers_share_their_blocks_in_the_order_of_time():
    agreed = charged(blocks(("30", "1"), (None, "2")))
    channels = [metered(counted(*A_DAY), register=name, number=n) for n, name in enumerate(("day", "night"), 1)]
    cost = bill(channels, agreed, *A_DAY, billing_day=10)
    assert quantities(cost) == {"b/1": 30, "b/2": 18}
    assert cost.lines[0].evidence.channels == (1, 2)


def test_a_price_channel_is_followed_below_zero_too():
    band = Band("market", dynamic=Dynamic(MARKET, Decimal("1.05"), Decimal("0.01")))
    told = {MARKET: prices(A_DAY[0], ["0.10", "-0.20", *["0"] * 22])}
    cost = bill(counted(*A_DAY, kwh=2), charged(band), *A_DAY, prices=told)
    # 2 kWh · 1.05 · (0.10 - 0.20) + 48 kWh · 0.01
    assert cost.energy == Decimal("-0.21") + Decimal("0.48")
    assert cost.lines[0].price is None


def test_a_hole_in_the_prices_leaves_its_energy_unrated():
    band = Band("market", dynamic=Dynamic(MARKET))
    told = {MARKET: prices(A_DAY[0], [*["0.1"] * 5, None, None, *["0.1"] * 17])}
    cost = bill(counted(*A_DAY), charged(band), *A_DAY, prices=told)
    assert cost.energy == Decimal("2.2")
    assert problems(cost) == [("MISSING_PRICE", 2)]
    assert (cost.problems[0].first, cost.problems[0].last) == (at("2026-02-10T05:00"), at("2026-02-10T07:00"))
    assert "market says nothing" in cost.problems[0].message
    assert problems(bill(counted(*A_DAY), charged(band), *A_DAY)) == [("MISSING_PRICE", 24)]


def test_very_many_holes_are_one_problem():
    told = {MARKET: prices(A_DAY[0], ["0.1", None] * 48, every=HOUR // 4)}
    cost = bill(counted(*A_DAY, every=HOUR // 4), charged(Band("m", dynamic=Dynamic(MARKET))), *A_DAY, prices=told)
    assert problems(cost) == [("MISSING_PRICE", 48)]
    assert "48 such stretches" in cost.problems[0].message


def test_a_dynamic_price_is_per_kwh_whatever_the_unit_of_the_tariff():
    agreed = agreement(revision(Band("m", dynamic=Dynamic(MARKET, surcharge=Decimal(5)))), unit=Unit.MEGAWATT_HOUR)
    told = {MARKET: prices(A_DAY[0], ["0.08"] * 24)}
    cost = bill(counted(*A_DAY, kwh=1000), agreed, *A_DAY, prices=told, to_unit=lambda _: Fraction(1, 1000))
    assert quantities(cost) == {"m": 24}
    assert cost.energy == 24 * Decimal(85)


def test_the_charge_of_a_month_is_spread_over_its_days_and_adds_up():
    agreed = charged(flat(), standing_charge=StandingCharge(Decimal(10), ChargePeriod.MONTH))
    nothing = counted(at("2026-05-01"), at("2026-05-01"))
    days = [at("2026-05-01") + timedelta(days=day) for day in range(32)]
    each = [bill(nothing, agreed, *pair).standing for pair in pairwise(days)]
    assert each[:30] == [Decimal("0.322580645")] * 30
    assert each[30] == Decimal("0.322580650")
    assert sum(each) == 10
    assert bill(nothing, agreed, days[0], days[-1]).standing == 10
    # 16 days of a month of 30, its last among them, and 15 of one of 31.
    assert bill(nothing, agreed, days[0], days[-1], billing_day=17).standing == Decimal("10.172043013")


def test_a_day_is_due_where_it_begins_and_not_before_it_has():
    agreed = charged(flat(), standing_charge=StandingCharge(Decimal("0.5"), ChargePeriod.DAY))
    nothing = counted(*A_DAY)
    assert bill(nothing, agreed, at("2026-02-10T00:30"), at("2026-02-11T00:00")).standing == 0
    assert bill(nothing, agreed, at("2026-02-10"), at("2026-02-11T00:30")).standing == 1
    assert bill(nothing, agreed, at("2026-02-10"), at("2026-03-01"), now=at("2026-02-12T08:00")).standing == Decimal(
        "1.5"
    )


def test_vat_changes_on_a_day():
    rates = (VatRate(None, Decimal("0.23")), VatRate(date(2026, 2, 11), Decimal("0.06")))
    first, last = at("2026-02-10"), at("2026-02-12")
    cost = bill(counted(first, last), charged(flat("1"), vat=rates), first, last)
    assert [(line.quantity, line.vat) for line in cost.lines] == [(24, Decimal("5.52")), (24, Decimal("1.44"))]
    assert cost.vat == Decimal("6.96")


def test_export_earns():
    agreed = [charged(flat("0.2")), agreement(revision(flat("0.05", "feed-in")), direction="EXPORT")]
    channels = [metered(counted(*A_DAY)), metered(counted(*A_DAY, kwh=3), direction="EXPORT", number=2)]
    cost = bill(channels, agreed, *A_DAY)
    assert [(line.band, line.quantity, line.amount) for line in cost.lines] == [
        ("all", 24, Decimal("4.8")),
        ("feed-in", 72, Decimal("-3.6")),
    ]
    assert cost.total == Decimal("1.2")
    assert bill(channels, agreed[:1], *A_DAY).problems == ()  # what nobody pays for earns nothing


def test_nothing_has_no_sign():
    fed_in = agreement(revision(flat("0.05", "feed-in")), direction="EXPORT")
    dear = agreement(revision(flat("-0.05"), vat=(VatRate(None, Decimal("0.23")),)))
    for found, agreed in ((0, dear), (1, fed_in), (0, fed_in)):
        channel = metered(counted(*A_DAY, kwh=found), direction=agreed.tariff.direction.value)
        cost = bill([channel], agreed, *A_DAY)
        shown = [cost.energy, cost.vat, cost.total, cost.lines[0].amount, cost.lines[0].vat]
        assert not [each for each in shown if not each and each.is_signed()]
    assert str(rounded(Decimal("-0.004"), "EUR")) == "0.00"
    assert str(rounded(Decimal("-0"), "EUR")) == "0.00"


def test_lines_stand_in_the_order_of_the_tariff_and_standing_charges_last():
    night, in_blocks = window("22:00", "07:00"), (Block(Decimal(5), Decimal("0.3")), Block(None, Decimal("0.4")))
    old = revision(
        Band("day", register="day", blocks=in_blocks),
        flat("0.2", "evening", register="night"),
        flat("0.1", "night", register="night", windows=(night,)),
        standing_charge=StandingCharge(Decimal(1), ChargePeriod.DAY),
    )
    new = revision(flat("0.25", "all"), valid_from="2026-02-11")
    fed_in = agreement(revision(flat("0.05", "feed-in")), direction="EXPORT")
    first, last = at("2026-02-10"), at("2026-02-12")
    found = counted(first, last)
    channels = [
        metered(found, direction="EXPORT", number=3),
        metered(found, register="night", number=1),
        metered(found, register="day", number=2),
    ]
    cost = bill(channels, [fed_in, agreement(old, new)], first, last)
    assert [(line.band, line.block) for line in cost.lines] == [
        ("day", 1), ("day", 2), ("evening", None), ("night", None), ("all", None), ("feed-in", None), ("standing", None)
    ]  # fmt: skip


def test_another_agreement_takes_over_within_the_period():
    agreed = [
        agreement(revision(flat("0.1")), since="2026-02-11", until=None),
        agreement(revision(flat("0.2")), since=None, until="2026-02-11"),
    ]
    first, last = at("2026-02-10"), at("2026-02-13")
    cost = bill(counted(first, last), agreed, first, last)
    assert [(line.evidence.agreement, line.amount) for line in cost.lines] == [
        (agreed[1].id, Decimal("4.8")),
        (agreed[0].id, Decimal("4.8")),
    ]


def test_the_latest_revision_of_a_day_holds_unless_it_is_withdrawn():
    later, latest = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2))
    wrong = revision(flat("9"), valid_from="2026-02-11", recorded_at=later)
    old, right = revision(flat("1")), revision(flat("2"), valid_from="2026-02-11", recorded_at=latest)
    withdrawn = revision(valid_from="2026-02-11", recorded_at=latest)
    first, last = at("2026-02-10"), at("2026-02-12")
    for revisions, energy in (
        ((old,), 48),
        ((old, wrong), 240),
        ((old, wrong, right), 72),
        ((old, wrong, withdrawn), 48),
    ):
        assert bill(counted(first, last), agreement(*revisions), first, last).energy == energy


def test_before_its_first_revision_a_tariff_says_nothing():
    agreed = agreement(revision(flat(), valid_from="2026-02-10"))
    cost = bill(counted(at("2026-02-09"), A_DAY[1]), agreed, at("2026-02-09"), A_DAY[1])
    assert problems(cost) == [("NO_TERMS", 24)]
    assert quantities(cost) == {"all": 24}


def test_a_tariff_that_says_nothing_any_more_leaves_all_of_it_unrated():
    later = datetime(2026, 3, 1, tzinfo=UTC)
    for revisions in ((), (revision(flat()), revision(recorded_at=later))):
        cost = bill(counted(*A_DAY), agreement(*revisions), *A_DAY)
        assert (problems(cost), cost.total, cost.lines) == ([("NO_TERMS", 24)], 0, ())


def test_registers_have_their_own_bands():
    agreed = charged(flat("0.3", "day", register="day"), flat("0.1", "night", register="night"))
    channels = [
        metered(counted(*A_DAY, kwh=kwh), register=name, number=n)
        for n, (name, kwh) in enumerate((("day", 2), ("night", 1), ("weekend", 5)))
    ]
    cost = bill(channels, agreed, *A_DAY)
    assert quantities(cost) == {"day": 48, "night": 24}
    assert problems(cost) == [("NO_REGISTER", 120)]
    assert "no band for the register weekend" in cost.problems[0].message
    assert "the channel's `register`" in cost.problems[0].message


def test_an_interval_that_crosses_a_price_is_divided_by_time():
    start = to_us(at("2026-02-10T06:00"))
    found = intervals([start], [start + 3 * HOUR], [1_000_000_000])
    cost = bill(found, charged(*day_and_night()), *A_DAY)
    assert quantities(cost) == {"night": Decimal("0.333333333"), "day": Decimal("0.666666667")}
    assert [line.evidence.estimated for line in cost.lines] == [1, 1]
    assert [line.evidence.intervals for line in cost.lines] == [1, 1]


def long_one(first, last, kwh):
    return intervals([to_us(first)], [to_us(last)], [kwh * 10**9], Flag.LONG)


def test_a_long_interval_is_rated_where_one_price_holds():
    found = long_one(at("2026-01-28"), at("2026-02-10T10:00"), 12)
    cost = bill(found, charged(flat("0.2")), *A_DAY)
    assert (cost.energy, cost.problems) == (Decimal("2.4"), ())


def test_a_long_interval_over_several_prices_is_spread_only_when_that_is_asked_for():
    found = long_one(at("2026-02-09T12:00"), at("2026-02-11T12:00"), 48)
    agreed = charged(*day_and_night())
    cost = bill(found, agreed, at("2026-02-09"), at("2026-02-12"))
    assert (cost.energy, problems(cost)) == (0, [("UNDATED_ENERGY", 48)])
    assert "fill: LINEAR" in cost.problems[0].message
    spread = bill(found, agreed, *A_DAY, fill=Fill.LINEAR)
    assert (quantities(spread), spread.problems) == ({"day": 15, "night": 9}, ())
    assert [line.evidence.estimated for line in spread.lines] == [1, 1]


@pytest.mark.parametrize(
    ("agreed", "changed"),
    [
        ([charged(*day_and_night())], "the price band"),
        ([charged(flat(), vat=(VatRate(date(2026, 2, 10), Decimal("0.23")),))], "the rate of VAT"),
        ([agreement(revision(flat()), revision(flat("0.3"), valid_from="2026-02-10"))], "the terms of the tariff"),
        (
            [
                agreement(revision(*day_and_night()), until="2026-02-10"),
                agreement(revision(flat()), since="2026-02-10"),
            ],
            "the agreement and the price band",
        ),
        ([charged(Band("hourly", dynamic=Dynamic(MARKET)))], "the price"),
    ],
)
def test_what_changed_while_undated_energy_flowed_is_named(agreed, changed):
    found = long_one(at("2026-02-09T12:00"), at("2026-02-10T12:00"), 48)
    cost = bill(
        found, agreed, at("2026-02-09"), at("2026-02-11"), prices={MARKET: prices(at("2026-02-09"), [0.1, 0.2] * 24)}
    )
    assert problems(cost) == [("UNDATED_ENERGY", 48)]
    assert cost.problems[0].message.startswith(f"Between two readings {changed} changed, and nobody knows")


def test_an_event_that_contradicts_its_readings_is_named():
    said = RegisterEvent(UUID(int=1), A_DAY[0] + timedelta(hours=1), RegisterEventType.EXCHANGE, 1.0, 0.0)
    starts = to_us(A_DAY[0]) + np.arange(2) * HOUR
    flags = [Flag.EVENT | Flag.UNKNOWN, Flag.EVENT]
    found = intervals(starts, starts + HOUR, [0, 10**9], flags, event=[0, 0], events=(said,))
    cost = bill(found, charged(flat("1")), A_DAY[0], A_DAY[0] + timedelta(hours=2))
    assert problems(cost) == [("UNKNOWN_ENERGY", None)]
    assert cost.problems[0].message.startswith("The register event at 2026-02-10T01:00:00Z contradicts")
    assert "retract the event" in cost.problems[0].message


@pytest.mark.parametrize(
    ("bands", "flags", "told"),
    [
        ([flat("0.5")], Flag.LONG, []),
        (day_and_night(), Flag.LONG, [("UNDATED_ENERGY", 48)]),
        ([flat("0.5")], Flag.LONG | Flag.UNKNOWN, [("UNKNOWN_ENERGY", None)]),
    ],
)
def test_a_long_interval_that_reaches_over_the_end_is_told_where_it_ends_alone(bands, flags, told):
    first, last = at("2026-02-09T12:00"), at("2026-02-11T12:00")
    found = intervals([to_us(first)], [to_us(last)], [0 if flags & Flag.UNKNOWN else 48 * 10**9], flags)
    before = bill(found, charged(*bands), *A_DAY)
    assert (before.energy, problems(before)) == (0, [])
    after = bill(found, charged(*bands), A_DAY[1], last)
    assert (after.energy, problems(after)) == (0 if told else 24, told)


def test_a_fall_that_nothing_explains_is_no_energy():
    starts = to_us(A_DAY[0]) + np.arange(24) * HOUR
    flags = np.where(np.arange(24) == 5, Flag.UNKNOWN, 0)
    found = intervals(starts, starts + HOUR, np.where(flags, 0, 10**9), flags)
    cost = bill(found, charged(flat("1")), *A_DAY)
    assert (cost.energy, problems(cost)) == (23, [("UNKNOWN_ENERGY", None)])
    assert "register event" in cost.problems[0].message


def test_an_event_is_evidence():
    exchange = RegisterEvent(UUID(int=9), at("2026-02-10T00:30"), RegisterEventType.EXCHANGE, 10.0, 0.0)
    start = to_us(A_DAY[0])
    halves = [start, start + HOUR // 2], [start + HOUR // 2, start + HOUR]
    found = intervals(*halves, [1, 2], Flag.EVENT, event=[0, 0], events=(exchange,))
    cost = bill(found, charged(flat("1")), A_DAY[0], at("2026-02-10T01:00"))
    assert cost.lines[0].evidence.events == (exchange.id,)


def test_an_interval_without_length_is_counted_where_it_ends():
    start = to_us(at("2026-02-10T06:00"))
    found = intervals([start, start + HOUR], [start + HOUR, start + HOUR], [10**9, 10**9])
    assert quantities(bill(found, charged(*day_and_night()), *A_DAY)) == {"night": 2}


def test_missing_readings_are_told_where_they_are_missing():
    have = counted(*A_DAY)
    rows = np.r_[0:5, 8:20]
    found = intervals(have.starts[rows], have.ends[rows], have.amounts[rows])
    cost = bill([metered(found, expected=24)], charged(flat("1")), *A_DAY)
    assert (cost.energy, cost.expected, cost.actual) == (17, 24, 17)
    stretches = [(each.code, each.first, each.last) for each in cost.problems]
    missing = CostProblemCode.MISSING_READINGS
    assert stretches == [
        (missing, at("2026-02-10T05:00"), at("2026-02-10T08:00")),
        (missing, at("2026-02-10T20:00"), at("2026-02-11")),
    ]


def test_the_interval_that_is_still_running_is_not_missing():
    until, now = at("2026-02-10T14:00"), at("2026-02-10T14:40")
    cost = bill(counted(A_DAY[0], until), charged(flat()), *A_DAY, now=now)
    assert cost.problems == ()
    have = counted(at("2026-02-10T01:00"), until)
    cost = bill([metered(have, expected=14)], charged(flat()), *A_DAY, now=now)
    assert [(each.first, each.last) for each in cost.problems] == [(A_DAY[0], at("2026-02-10T01:00"))]


def test_without_an_agreement_nothing_is_rated_and_that_is_said():
    cost = bill(counted(*A_DAY), [], *A_DAY)
    assert (cost.currency, cost.total, problems(cost)) == ("XXX", 0, [("NO_AGREEMENT", 24)])
    late = agreement(revision(flat("1")), since="2026-02-11", currency="GBP")
    cost = bill(counted(A_DAY[0], at("2026-02-12")), late, A_DAY[0], at("2026-02-12"))
    assert (cost.currency, cost.total, problems(cost)) == ("GBP", 24, [("NO_AGREEMENT", 24)])
    tried = agreement(revision(flat("1")), direction="EXPORT", tried=True)
    assert bill(counted(*A_DAY), tried, *A_DAY).problems == ()


def test_two_currencies_do_not_add_up():
    agreed = [
        agreement(revision(flat()), until="2026-02-11"),
        agreement(revision(flat()), since="2026-02-11", currency="GBP"),
    ]
    with pytest.raises(InvalidInputError, match="EUR and in GBP") as caught:
        bill(counted(A_DAY[0], at("2026-02-12")), agreed, A_DAY[0], at("2026-02-12"))
    assert caught.value.path == ("during",)
    assert bill(counted(*A_DAY), agreed, *A_DAY).currency == "EUR"


def test_gas_is_charged_by_what_it_is_worth():
    # 1.02264 · 39.5 MJ/m³ / 3.6 MJ/kWh = 11.22063… kWh/m³, rounded for each interval.
    worth = Fraction("1.02264") * Fraction("39.5") / Fraction("3.6")
    cost = bill(counted(*A_DAY, kwh=0.1), charged(flat("0.09")), *A_DAY, to_unit=lambda _: worth)
    assert quantities(cost) == {"all": 24 * Decimal("1.122063333")}


def test_sums_beyond_64_bits_stay_exact():
    huge = counted(*A_DAY, kwh=4e9)
    cost = bill(huge, charged(flat("999999999.999999999")), *A_DAY)
    assert cost.energy == 96 * 10**9 * Decimal("999999999.999999999")
    banded = bill(huge, charged(blocks(("1", "1"), (None, "0.000000001"))), *A_DAY)
    assert quantities(banded) == {"b/1": 1, "b/2": 96 * 10**9 - 1}


def test_a_period_of_no_length_costs_nothing():
    cost = bill(counted(A_DAY[0], A_DAY[0]), charged(flat()), A_DAY[0], A_DAY[0])
    assert (cost.total, cost.lines, cost.problems, cost.currency) == (0, (), (), "EUR")


def test_days_at_the_ends_of_the_calendar_are_taken_for_always():
    far = agreement(
        revision(flat("1"), valid_from="0001-01-01", vat=(VatRate(date.min, Decimal("0.5")),)),
        since="0001-01-01",
        until="9999-12-31",
    )
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        cost = bill(counted(*A_DAY), far, *A_DAY, zone=ZoneInfo(zone))
        assert (cost.total, cost.problems) == (36, ())


def test_as_many_windows_as_may_be_are_still_rated_soon():
    hours = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 14, 28, 42)] + ["24:00"]
    windows = [window(*pair, weekdays=WORKDAYS) for pair in pairwise(hours)]
    bands = [flat(str(number), f"b{number}", windows=tuple(windows[number::48])) for number in range(48)]
    first, last = at("2026-01-01"), at("2027-01-01")
    began = perf_counter()
    cost = bill(counted(first, last, every=HOUR // 2), charged(*bands, flat("9", "rest")), first, last)
    assert sum(quantities(cost).values()) == 17_520
    assert perf_counter() - began < 5
