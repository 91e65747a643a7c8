"""Random agreements and histories, as far as they can be told by a seed."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.billing import METER, intervals, metered
from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Fill, Flag
from twinql.domain.readings import to_us
from twinql.domain.tariffs.prices import PricePoints
from twinql.domain.tariffs.rating import read_from
from twinql.domain.tariffs.terms import (
    Agreement,
    Band,
    Block,
    ChargePeriod,
    Dynamic,
    HolidayCalendar,
    HolidayRule,
    Revision,
    Season,
    StandingCharge,
    Tariff,
    Terms,
    VatRate,
    Window,
)
from twinql.domain.units import Unit

HOUR, MINUTE = 3_600_000_000, 60_000_000
LONG, UNKNOWN = int(Flag.LONG), int(Flag.UNKNOWN)
FLAGS = (0,) * 20 + (int(Flag.ESTIMATED), UNKNOWN)
MARKET = UUID(int=1)
REGISTERS = (None, "day", "night")
# Clocks that go by 30 minutes, skip midnight, show it twice, or left out a day; and some of quarter hours.
PLACES = (
    ("Europe/Lisbon", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Europe/London", "2025-12-31"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("America/Havana", "2026-03-08"),
    ("America/St_Johns", "2010-11-07"),
    ("Asia/Beirut", "2026-10-25"),
    ("Pacific/Apia", "2011-12-30"),
    ("Asia/Kathmandu", "2026-02-28"),
    ("UTC", "2024-02-29"),
)


@dataclass(frozen=True)
class Deal:
    """What a meter is charged by around some days, on a grid of minutes on which all happens."""

    zone: ZoneInfo
    agreements: list[Agreement]
    prices: PricePoints
    start: datetime
    days: int
    step: int
    billing_day: int


@dataclass(frozen=True)
class History:
    """What was counted, and what of it is asked for."""

    metered: list
    first: datetime
    last: datetime
    fill: Fill

    def served(self, first, last, deal):
        """What storage hands over for a period."""
        since, until = to_us(read_from(deal.agreements, first, deal.zone, deal.billing_day)), to_us(last)
        return [replace(each, intervals=_between(each.intervals, since, until)) for each in self.metered]


def _between(found, since, until):
    long = found.marked(Flag.LONG) & (found.starts < until)
    return found.take(((found.ends > since) & ((found.ends <= until) | long)).nonzero()[0])


def random_deal(rng: Random) -> Deal:
    name, day = rng.choice(PLACES)
    # In Newfoundland clocks changed a minute past midnight.
    zone, step = ZoneInfo(name), 1 if name == "America/St_Johns" else rng.choice((5, *(15,) * 7))
    middle, days = date.fromisoformat(day), 1 if step == 1 else rng.randint(1, 2)
    start = datetime.combine(middle - timedelta(days=rng.randint(0, 1)), datetime.min.time(), UTC)
    start += timedelta(minutes=step * rng.randrange(1440 // step))
    billing_day = rng.choice((1, min(28, middle.day), rng.randint(1, 28)))
    agreements = _agreements(rng, FlowDirection.IMPORT, middle, step)
    if rng.random() < 0.2:
        agreements += _agreements(rng, FlowDirection.EXPORT, middle, step)
    return Deal(zone, agreements, _prices(rng, start, days), start, days, step, billing_day)


def random_history(rng: Random, deal: Deal) -> History:
    registers = rng.choice(((None,), (None,), ("day", "night"), ("day",)))
    channels = [_channel(rng, deal, register, number) for number, register in enumerate(registers)]
    if rng.random() < 0.2:
        channels.append(metered(_intervals(rng, deal), direction="EXPORT", number=9))
    grid = deal.days * 1440 // deal.step
    low, high = sorted(rng.sample(range(grid + 1), 2))
    first, last = (deal.start + timedelta(minutes=deal.step * each) for each in (low, high))
    return History(channels, first, last, rng.choice(tuple(Fill)))


def _agreements(rng, direction, middle, step):
    currency, unit = "EUR", rng.choice((Unit.KILOWATT_HOUR,) * 3 + (Unit.MEGAWATT_HOUR,))
    change = middle + timedelta(days=rng.randint(-1, 1))
    bounds = rng.choice((((None, None),), ((None, change), (change + timedelta(days=rng.randint(0, 1)), None))))
    return [
        Agreement(
            _uuid(rng), METER, Tariff(_uuid(rng), "T", direction, currency, unit, _revisions(rng, middle, step)), *each
        )
        for each in bounds
    ]


def _revisions(rng, middle, step):
    found = [Revision(_uuid(rng), date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC), _terms(rng, middle, step))]
    for number in range(rng.choice((0, 0, 0, 1, 2))):
        day = middle + timedelta(days=rng.randint(-1, 1))
        terms = _terms(rng, middle, step) if rng.random() < 0.8 else None
        found.append(Revision(_uuid(rng), day, datetime(2001, 1, 1 + number, tzinfo=UTC), terms))
    if rng.random() < 0.05:
        found[0] = replace(found[0], valid_from=middle)
    elif rng.random() < 0.05:
        found.append(Revision(_uuid(rng), date(2000, 1, 1), datetime(2002, 1, 1, tzinfo=UTC), None))
    return tuple(found)


def _terms(rng, middle, step):
    holidays = rng.choice((None, HolidayCalendar("PT", "11"), HolidayCalendar("GB", "ENG")))
    registers = rng.choice(((None,), (None,), (None,), ("day", "night")))
    bands = tuple(band for register in registers for band in _bands(rng, register, middle, step, holidays))
    standing = None
    if rng.random() < 0.7:
        standing = StandingCharge(_decimal(rng, 4, 2), rng.choice(tuple(ChargePeriod)))
    vat = [VatRate(rng.choice((None, middle - timedelta(days=1))), _decimal(rng, 0, 3))]
    if rng.random() < 0.3:
        vat.append(VatRate(middle + timedelta(days=rng.randint(0, 1)), _decimal(rng, 0, 3)))
    return Terms(bands, standing, tuple(vat[: rng.randint(0, 2)]), holidays)


def _bands(rng, register, middle, step, holidays):
    """Windows of disjoint hours, one of them over midnight, and an open band for the rest."""
    cuts = sorted(rng.sample(range(0, 1440, step), rng.choice((0, 2, 2, 3))))
    hours = list(zip(cuts, [*cuts[1:], cuts[0]] if cuts else [], strict=True))
    for place, (begins, ends) in enumerate(rng.sample(hours, rng.randint(0, len(hours)))):
        weekdays = frozenset(rng.sample(range(1, 8), rng.randint(1, 7)))
        season = None
        if rng.random() < 0.3:
            edges = [middle + timedelta(days=rng.randint(-40, 40)), middle + timedelta(days=rng.randint(-1, 1))]
            rng.shuffle(edges)
            season = Season(*((each.month, each.day) for each in edges))
        rule = rng.choice(tuple(HolidayRule)) if holidays else HolidayRule.ANY
        yield _priced(rng, f"{register}{place}", (Window(weekdays, begins, ends or 1440, season, rule),), register)
    yield _priced(rng, f"{register}", (), register)


def _priced(rng, name, windows, register):
    kind = rng.choice(("price", "price", "blocks", "dynamic"))
    if kind == "price":
        return Band(name, windows, register, price=_decimal(rng, 1, 9))
    if kind == "dynamic":
        return Band(name, windows, register, dynamic=Dynamic(MARKET, _decimal(rng, 1, 4), _decimal(rng, 1, 6)))
    ends = sorted({_decimal(rng, 40, 6) + 1 for _ in range(rng.randint(0, 2))})
    return Band(name, windows, register, blocks=tuple(Block(end, _decimal(rng, 1, 9)) for end in (*ends, None)))


def _prices(rng, start, days):
    """Prices of hours or quarter hours, some below zero, with holes; from before the first interval on."""
    every = rng.choice((15, 60)) * MINUTE
    starts, told = [], []
    at = (to_us(start) // every - 10 * HOUR // every) * every
    while at < to_us(start) + (24 * days + 44) * HOUR:
        if rng.random() < 0.97:
            starts.append(at)
            told.append(rng.choice((rng.randint(-(10**8), 10**9), 2 * 10**8)))
        at += every
    columns = intervals(starts, [each + every for each in starts], told)
    return PricePoints(columns.starts, columns.ends, columns.amounts)


def _channel(rng, deal, register, number):
    return metered(_intervals(rng, deal), register=register, number=number)


def _intervals(rng, deal):
    """Regular ones with holes, or irregular ones; from some hours before on."""
    every = rng.choice((15, 30, 60, 60, 180))
    every = max(every, deal.step) // deal.step * deal.step * MINUTE
    irregular = rng.random() < 0.3
    at = to_us(deal.start) - 8 * HOUR
    end = to_us(deal.start) + (24 * deal.days + 6) * HOUR
    starts, ends, amounts, flags = [], [], [], []
    while at < end:
        until = at + (every * rng.randint(1, 12) if irregular and rng.random() < 0.5 else every)
        if irregular or rng.random() < 0.97:
            flag = (LONG if until - at > every else 0) | rng.choice(FLAGS)
            starts.append(at)
            ends.append(until)
            amounts.append(0 if flag & UNKNOWN else rng.choice((0, rng.randrange(5 * 10**9), rng.randrange(9))))
            flags.append(flag)
        at = until
    return intervals(starts, ends, amounts, flags)


def ratio(unit):
    return Fraction(1, 1000) if unit is Unit.MEGAWATT_HOUR else Fraction(1)


def _decimal(rng, most, places):
    return Decimal(rng.randrange((most or 1) * 10**places)).scaleb(-places)


def _uuid(rng):
    return UUID(int=rng.getrandbits(128))
