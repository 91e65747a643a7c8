"""Series that the database writes as JSON: what Python would have said, or nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

from schema.series import Series
from twinql.domain.bridges import lengths, told_in
from twinql.domain.instants import format_instant
from twinql.domain.series import Aggregate, Bucket, Wish, aggregate_for, expected_readings
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError
from twinql.storage.read.series_text import FIELDS, series_text
from twinql.storage.read.stretch import Chart
from twinql.storage.series import series_of

ALL = (("__typename", "__typename"), *((f"its_{name}", name) for name in sorted(FIELDS)))
QUALITIES = ["GOOD"] * 6 + ["BAD", "UNCERTAIN", "ESTIMATED", "SUBSTITUTED", "EDITED"]


async def passed(charts, subject, wish, unit=None, *, zones=None):
    """Return what the database writes; None where it does not."""
    zones = [subject.time_zone] if zones is None else zones
    return await charts.passed(series_text, subject, Chart("c", wish, unit, ALL), zones)


async def resolved(charts, subject, wish, unit=None):
    """Return what Python says, as JSON; None for an error, a line that was thinned, and what else is not written."""
    try:
        aggregate_for(subject, wish.aggregate)
        if wish.bucket is not None and wish.as_of is not None:
            return None
        if wish.bucket is None and (expected_readings(subject, wish.first, wish.last, wish.last) or 0) > 2 * wish.most:
            return None  # not even read
        async with charts.reading() as connection:
            [stretch] = await series_of(connection, wish, [subject])
        if isinstance(stretch, Exception) or stretch.downsampled:
            return None
        if stretch.aggregate is Aggregate.COUNT:
            unit = Unit.ONE
        elif unit is not None:
            hours = lengths(
                subject, stretch.aggregate, stretch.starts, first=wish.first, last=wish.last, now=charts.now
            )
            values = told_in(stretch.values, source=subject.unit, target=unit, hours=hours)
            stretch = replace(stretch, values=values)
    except InvalidInputError:
        return None
    shown = Series.of(stretch, [subject], unit or subject.unit, wish)
    return {"__typename": "Series", **{f"its_{name}": told(shown, name) for name in FIELDS}}


def told(shown, name):
    snake = "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
    value = getattr(shown, snake)
    return [plain(each) for each in value] if isinstance(value, list) else plain(value)


def plain(value):
    if isinstance(value, datetime):
        return format_instant(value)
    return getattr(value, "value", value) if not hasattr(value, "isoformat") else value.isoformat()


async def fill(charts, key, first, seed):
    """Write readings of all qualities every half hour, with holes, some of them between the steps."""
    random, step = Random(seed), timedelta(minutes=30)
    rows = []
    for place in range(70):
        if random.random() < 0.15:
            continue
        at = first + place * step + random.choice([timedelta(0)] * 4 + [timedelta(microseconds=120_500)])
        quality = random.choice(QUALITIES)
        value = (
            float(random.choice([0, 1]))
            if key == "execution"
            else random.choice([0.1, -3.25, 1e-7, 12345.678, HUGE[key]])
        )
        rows.append((at, None if quality == "BAD" and random.random() < 0.5 else value, quality))
    await charts.write(key, rows)


HUGE = {"energy": 1e21, "temperature": 1e21, "register": 3_999_999_999.125}  # a register counts in billionths
KEYS = ("energy", "register", "temperature", "execution", "price")
ZONES = {
    "Europe/Berlin": [(2026, 3, 29), (2025, 10, 26)],
    "Australia/Lord_Howe": [(2026, 4, 5)],
    "Asia/Kolkata": [(2026, 3, 1)],
    "America/Santiago": [(2025, 9, 7)],
}


async def test_what_the_database_writes_is_what_is_resolved(charts):
    await charts.sql("update channels set resolution_seconds = 1800 where resolution_seconds is not null")
    random, written = Random(8), 0
    for zone, days in ZONES.items():
        await charts.move_to(zone)
        if zone == "Asia/Kolkata":
            await charts.sql("update channels set quantity = 'POWER', unit = 'KILOWATT' where key = 'temperature'")
        subjects = await charts.subjects(*KEYS)
        for day in days:
            begin = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            charts.now = begin + timedelta(hours=7, minutes=3)
            for key in KEYS[:-1]:  # of prices nothing is known
                await fill(charts, key, begin - timedelta(hours=6), f"{day}{key}")
            await charts.sql("update readings set recorded_at = observed_at + interval '1 hour'")
            for _ in range(90):
                subject, wish, unit = random.choice(subjects), wish_of(random, begin), random.choice(UNITS)
                said = await resolved(charts, subject, wish, unit)
                assert await passed(charts, subject, wish, unit) == said, (wish, subject, unit)
                written += said is not None
    assert written > 100


UNITS = [*[None] * 4, Unit.WATT_HOUR, Unit.MEGAWATT, Unit.KILOWATT_HOUR, Unit.DEGREE_FAHRENHEIT]


def wish_of(random, begin):
    first = begin + random.choice([timedelta(0), timedelta(hours=-1), timedelta(minutes=-95, microseconds=3)])
    last = first + random.choice([timedelta(hours=1), timedelta(hours=26), timedelta(days=9, seconds=1)])
    bucket = random.choice([None, *(each for each in Bucket if each is not Bucket.BILLING_MONTH)])
    aggregate = random.choice([None, None, *Aggregate]) if bucket else None
    as_of = random.choice([None, None, None, begin + timedelta(hours=5)])
    return Wish(first, last, bucket, aggregate, random.choice([2, 46, 55, 1_000]), as_of)


async def test_a_line_of_as_many_points_as_are_wanted_is_written_and_one_of_more_is_not(charts):
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await charts.write("energy", [(noon + timedelta(minutes=30 * place), 1.0) for place in range(1, 11)])
    [energy] = await charts.subjects("energy")
    wish = Wish(noon, noon + timedelta(hours=5), most=10)
    assert len((await passed(charts, energy, wish))["its_values"]) == 10
    assert await passed(charts, energy, replace(wish, most=9)) is None
    assert await passed(charts, energy, replace(wish, most=10, bucket=Bucket.PT30M)) is not None
    assert await passed(charts, energy, replace(wish, most=9, bucket=Bucket.PT30M)) is None


async def test_nothing_that_a_clock_divides_is_written_of_a_zone_that_nobody_met(charts):
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await charts.write("energy", [(noon + timedelta(minutes=30), 1.0)])
    [energy] = await charts.subjects("energy")
    hour = Wish(noon, noon + timedelta(hours=1))
    assert await passed(charts, energy, hour, zones=[]) is not None
    by_clock = replace(hour, bucket=Bucket.PT1H)
    assert await passed(charts, energy, by_clock, zones=[]) is None
    assert await passed(charts, energy, by_clock, zones=["Asia/Kolkata"]) is None
    both = await passed(charts, energy, by_clock, zones=["Asia/Kolkata", "Europe/Berlin"])
    assert both == await resolved(charts, energy, by_clock)


async def test_a_field_is_written_without_the_others(charts):
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await charts.write("energy", [(noon + timedelta(minutes=30), 1.0)])
    [energy] = await charts.subjects("energy")
    for bucket, unit in product((None, Bucket.PT30M), (None, Unit.MEGAWATT_HOUR)):
        wish = Wish(noon, noon + timedelta(hours=1), bucket)
        whole = await resolved(charts, energy, wish, unit)
        for name in FIELDS:
            alone = Chart("c", wish, unit, [("it", name)])
            assert await charts.passed(series_text, energy, alone, ["Europe/Berlin"]) == {"it": whole[f"its_{name}"]}
