"""Agreements and metering in a few words, for tests of rating."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import BILLION, Fill, Intervals
from twinql.domain.readings import to_us
from twinql.domain.tariffs.prices import PricePoints
from twinql.domain.tariffs.rating import Metered, rate
from twinql.domain.tariffs.terms import Agreement, Band, Revision, Tariff, Terms, Window
from twinql.domain.units import Unit

LISBON, BERLIN = ZoneInfo("Europe/Lisbon"), ZoneInfo("Europe/Berlin")
HOUR = 3_600_000_000
METER = UUID(int=7)
RECORDED = datetime(2020, 1, 1, tzinfo=UTC)


def at(text, zone=LISBON):
    """An instant by the clock of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def window(first="00:00", last="24:00", **given):
    minutes = [int(clock[:2]) * 60 + int(clock[3:]) for clock in (first, last)]
    return Window(first_minute=minutes[0], last_minute=minutes[1], **given)


def flat(price="0.20", name="all", **given):
    return Band(name, price=Decimal(price), **given)


def day_and_night(day="0.30", night="0.10"):
    return flat(day, "day", windows=(window("07:00", "22:00"),)), flat(
        night, "night", windows=(window("22:00", "07:00"),)
    )


def revision(*bands, valid_from="2020-01-01", recorded_at=RECORDED, **given):
    terms = Terms(bands, **given) if bands else None
    return Revision(uuid4(), date.fromisoformat(valid_from), recorded_at, terms)


def agreement(
    *revisions, direction="IMPORT", currency="EUR", unit=Unit.KILOWATT_HOUR, since=None, until=None, tried=False
):
    tariff = Tariff(uuid4(), "Any", FlowDirection[direction], currency, unit, revisions)
    days = [None if day is None else date.fromisoformat(day) for day in (since, until)]
    return Agreement(None if tried else uuid4(), METER, tariff, *days)


def charged(*bands, **given):
    """One agreement that always held."""
    return agreement(revision(*bands, **given))


def counted(first, last, *, kwh=1.0, every=HOUR, flags=0):
    """Regular intervals that hold the same each, or one that holds what `kwh` says of each."""
    ends = np.arange(to_us(first) + every, to_us(last) + 1, every, dtype=np.int64)
    amounts = np.rint(np.broadcast_to(np.asarray(kwh, dtype=np.float64) * BILLION, len(ends))).astype(np.int64)
    return intervals(ends - every, ends, amounts, flags)


def intervals(starts, ends, amounts, flags=0, *, event=None, events=()):
    n = len(ends)
    return Intervals(
        np.array(starts, dtype=np.int64),
        np.array(ends, dtype=np.int64),
        np.array(amounts, dtype=np.int64),
        np.array(np.broadcast_to(flags, n), dtype=np.uint8),
        np.full(n, -1, dtype=np.int32) if event is None else np.array(event, dtype=np.int32),
        events,
    )


def metered(found, *, direction="IMPORT", register=None, number=1, expected=None, actual=None):
    """A channel; without further words it has all the readings that it should have."""
    have = len(found) if actual is None else actual
    return Metered(FlowDirection[direction], register, number, found, have if expected is None else expected, have)


def prices(first, told, *, every=HOUR):
    """Prices of hours one after the other; None is a hole."""
    starts = to_us(first) + np.arange(len(told), dtype=np.int64) * every
    known = np.array([price is not None for price in told])
    values = [round(float(price) * BILLION) for price in told if price is not None]
    return PricePoints(starts[known], starts[known] + every, np.array(values, dtype=np.int64))


def bill(found, agreements, first, last, *, zone=LISBON, **given):
    """The cost of a period, worked out some time after it."""
    channels = [metered(found)] if isinstance(found, Intervals) else found
    usual = {
        "now": datetime(2100, 1, 1, tzinfo=UTC),
        "billing_day": 1,
        "to_unit": lambda _: Fraction(1),
        "prices": {},
        "fill": Fill.NONE,
    }
    agreed = [agreements] if isinstance(agreements, Agreement) else agreements
    return rate(channels, agreed, zone=zone, first=first, last=last, **(usual | given))


def quantities(cost):
    """How much each band holds, blocks as band/1."""
    return {
        line.band if line.block is None else f"{line.band}/{line.block}": line.quantity
        for line in cost.lines
        if line.band != "standing"
    }
