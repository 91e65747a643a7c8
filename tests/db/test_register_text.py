"""What registers counted, written by the database: what Python would have said, whatever happens to them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.charts import every
from tests.db.test_series_text import passed, resolved
from twinql.domain.series import Aggregate, Bucket, Wish
from twinql.domain.units import Unit

NOON = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
DAY = Wish(NOON, NOON + timedelta(days=1), Bucket.PT1H)
EVENT = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
select organisation_id, id, $1, $2::text::register_event_type, $3, $4, 'me' from channels where key = 'register'
"""
RETRACTED = "update register_events set retracted_at = now(), retracted_by = 'me' where at = $1"


async def same(charts, wish=DAY, unit=None):
    """Return the answer that both give."""
    [register] = await charts.subjects("register")
    said = await resolved(charts, register, wish, unit)
    assert said is not None
    assert await passed(charts, register, wish, unit) == said, (wish, unit)
    return said


async def life(charts, random):
    """Write two days of a register, around a day of which much is asked."""
    at, value, rows = NOON - timedelta(hours=random.choice([-3, 3, 20])), random.choice([0.0, 99_998.2, 512.125]), []
    while at < NOON + timedelta(hours=40):
        at += timedelta(
            minutes=15 * random.choice([1] * 12 + [2, 9, 40]), microseconds=random.choice([0, 0, 0, 120_500])
        )
        value += random.choice([0.0, 0.1, 0.333, 1.75])
        if value >= 100_000:
            value -= 100_000
        if random.random() < 0.01:
            value = random.choice([0.0, 3.5, 70_000.0, -2.0])
        quality = random.choice(["GOOD"] * 15 + ["BAD", "BAD", "EDITED", "ESTIMATED", "UNCERTAIN"])
        rows.append((at, None if quality == "BAD" and random.random() < 0.5 else value, quality))
    await charts.write("register", rows)
    for _ in range(random.choice([0, 0, 1, 3])):
        moment = NOON + timedelta(minutes=random.randrange(-1500, 1500), microseconds=7)
        await charts.sql(EVENT, moment, random.choice(["EXCHANGE", "RESET"]), random.choice([value, 1e5]), 0.0)
        if random.random() < 0.3:
            await charts.sql(RETRACTED, moment)


def wish_of(random):
    first = NOON + random.choice([timedelta(0), timedelta(hours=-2), timedelta(minutes=5, microseconds=3)])
    last = first + random.choice([timedelta(hours=1), timedelta(hours=25), timedelta(days=9, seconds=1)])
    bucket = random.choice([Bucket.PT15M, Bucket.PT30M, Bucket.PT1H, Bucket.DAY, Bucket.MONTH])
    return Wish(first, last, bucket, random.choice([None, Aggregate.DELTA]))


async def test_any_life_of_a_register_is_written_as_it_is_resolved(charts):
    random, qualities = Random(3), set()
    charts.now = NOON + timedelta(hours=20)
    for zone in ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe") * 4:
        await charts.move_to(zone)
        await charts.sql("truncate readings")
        await charts.sql("delete from register_events")
        await charts.sql(
            "update channels set register_maximum = $1, resolution_seconds = $2 where key = 'register'",
            random.choice([None, 100_000.0]),
            random.choice([None, 900, 900, 3600]),
        )
        await life(charts, random)
        for _ in range(8):
            said = await same(charts, wish_of(random), random.choice([None, None, Unit.WATT_HOUR, Unit.KILOWATT]))
            qualities |= set(said["its_quality"])
    assert qualities == {None, "GOOD", "UNCERTAIN", "BAD"}


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [("VOLUME", "CUBIC_FOOT"), ("ENERGY", "BRITISH_THERMAL_UNIT"), ("COUNT", "ONE"), ("OTHER", "WATT_HOUR")],
)
async def test_it_counts_in_its_own_unit(charts, quantity, unit):
    await charts.sql(f"update channels set quantity = '{quantity}', unit = '{unit}' where key = 'register'")
    await charts.write("register", every(NOON, 15, [place * 1.37 for place in range(60)]))
    assert (await same(charts))["its_unit"] == unit


async def test_an_event_and_a_reading_of_one_instant_are_one_step(charts):
    await charts.write("register", every(NOON, 30, [100.0, 101.0, 2.0, 3.5]))
    await charts.sql(EVENT, NOON + timedelta(hours=1), "EXCHANGE", 101.5, 1.0)
    assert (await same(charts))["its_values"][:2] == [1.0, 0.5 + 1.0 + 1.5]


@pytest.mark.parametrize(("final", "start", "first"), [(50.0, 1.0, 0), (101.5, 7.0, 0), (101.5, 1.0, 60)])
async def test_what_does_not_fit_at_one_instant_is_not_passed(charts, final, start, first):
    """The register fell before the event, or after it; or the event is the first of all that is known."""
    rows = every(NOON, 30, [100.0, 101.0, 2.0, 3.5])
    await charts.write("register", rows[first // 30 :])
    await charts.sql(EVENT, NOON + timedelta(hours=1), "EXCHANGE", final, start)
    [register] = await charts.subjects("register")
    assert await passed(charts, register, DAY) is None
    assert await resolved(charts, register, DAY) is not None


async def test_more_readings_than_one_statement_should_count_are_not_passed(charts):
    await charts.sql("update channels set resolution_seconds = 1 where key = 'register'")
    await charts.write("register", every(NOON, 30, [1.0, 2.0, 4.0]))
    [register] = await charts.subjects("register")
    assert await passed(charts, register, DAY) is None
    assert (await same(charts, replace(DAY, last=NOON + timedelta(hours=12))))["its_values"][:2] == [1.0, 2.0]


async def test_what_billionths_cannot_tell_is_not_passed(charts):
    [register] = await charts.subjects("register")
    await charts.write("register", every(NOON, 30, [1.0, 5e9, 2.0]))
    assert await passed(charts, register, DAY) is None
    assert await passed(charts, register, replace(DAY, aggregate=Aggregate.MAX)) is not None
    await charts.sql("truncate readings")
    await charts.write("register", every(NOON, 30, [0.0, 3e9, 0.0, 3e9]))
    assert await passed(charts, register, DAY) is None
