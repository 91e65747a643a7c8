"""Buckets of readings, worked out by the database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.charts import every, plain, qualities
from twinql.domain.readings import from_us
from twinql.domain.series import Aggregate, Bucket
from twinql.errors import RangeTooLargeError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_the_half_hours_of_a_day_sum_to_the_last_one(charts):
    zone = ZoneInfo("Europe/Berlin")
    start, until = datetime(2026, 3, 10, tzinfo=zone), datetime(2026, 3, 11, tzinfo=zone)
    # The one that ends when the day begins belongs to the day before, the one that ends with the day to the day.
    await charts.write("energy", every(start, 30, [1_000.0] + [1.0] * 48 + [1_000.0]))
    day = await charts.one("energy", start, until, Bucket.DAY)
    assert day.values.tolist() == [48.0]
    assert day.aggregate is Aggregate.SUM
    assert await charts.completeness("energy", start, until) == (48, 48)
    hours = await charts.one("energy", start, until, Bucket.PT1H)
    assert hours.values.tolist() == [2.0] * 24
    raw = await charts.one("energy", start, until)
    assert raw.values.tolist() == [1.0] * 48
    assert from_us(int(raw.starts[0])) == start


async def test_the_half_hours_of_a_month_sum_to_the_last_one(charts):
    zone = ZoneInfo("Europe/Berlin")
    start, until = datetime(2026, 10, 1, tzinfo=zone), datetime(2026, 11, 1, tzinfo=zone)
    number = (31 * 24 + 1) * 2  # clocks go back on the 25th
    values = np.arange(1.0, number + 1)
    first = start.astimezone(UTC) + timedelta(minutes=30)
    await charts.write("energy", [(first - timedelta(minutes=30), 1e6), *every(first, 30, [*values, 1e6])])
    month = await charts.one("energy", start, until, Bucket.MONTH)
    assert month.values.tolist() == [values.sum()]
    assert await charts.completeness("energy", start, until) == (number, number)
    days = await charts.one("energy", start, until, Bucket.DAY)
    assert len(days.values) == 31
    assert days.values.sum() == pytest.approx(values.sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("zone", "day", "half_hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), 46),
        ("Europe/Berlin", (2026, 10, 25), 50),
        ("Australia/Sydney", (2013, 10, 6), 46),
        ("Australia/Sydney", (2014, 4, 6), 50),
        ("Australia/Lord_Howe", (2013, 10, 6), 47),
        ("Australia/Lord_Howe", (2014, 4, 6), 49),
    ],
)
async def test_a_day_on_which_clocks_change_sums_all_that_it_had(charts, zone, day, half_hours):
    await charts.move_to(zone)
    start = datetime(*day, tzinfo=ZoneInfo(zone))
    until = start + timedelta(days=1)  # on the wall
    first = start.astimezone(UTC) - timedelta(hours=1)
    await charts.write("energy", every(first, 30, [1.0] * (half_hours + 6)))
    series = await charts.one("energy", start, until, Bucket.DAY)
    assert series.values.tolist() == [half_hours]
    assert await charts.completeness("energy", start, until) == (half_hours, half_hours)
    hourly = await charts.one("energy", start, until, Bucket.PT1H)
    assert len(hourly.values) == half_hours // 2
    assert hourly.values.sum() == half_hours


async def test_an_instant_belongs_where_it_is_and_not_where_the_period_ends(charts):
    await charts.write("temperature", every(NOON, 30, [10.0, 20.0, 30.0]))
    series = await charts.one("temperature", NOON, NOON + timedelta(hours=1), Bucket.PT30M)
    assert series.values.tolist() == [10.0, 20.0]
    assert series.aggregate is Aggregate.MEAN
    assert await charts.completeness("temperature", NOON, NOON + timedelta(hours=1)) == (60, 2)


async def test_a_gap_stays_a_gap_and_every_bucket_is_there(charts):
    await charts.write("temperature", [(NOON, 1.0), (NOON + timedelta(hours=3), 4.0)])
    period = NOON, NOON + timedelta(hours=5)
    series = await charts.one("temperature", *period, Bucket.PT1H)
    assert plain(series.values) == [1.0, None, None, 4.0, None]
    assert qualities(series) == ["GOOD", None, None, "GOOD", None]
    counts = await charts.one("temperature", *period, Bucket.PT1H, aggregate=Aggregate.COUNT)
    assert counts.values.tolist() == [1, 0, 0, 1, 0]
    empty = await charts.one("setpoint", *period, Bucket.PT1H)
    assert plain(empty.values) == [None] * 5
    assert await charts.completeness("setpoint", *period) == (None, 0)


@pytest.mark.parametrize(
    ("aggregate", "values"),
    [
        ("MEAN", [2.0, 7.0]),
        ("MIN", [1.0, 7.0]),
        ("MAX", [3.0, 7.0]),
        ("FIRST", [3.0, 7.0]),
        ("LAST", [1.0, 7.0]),
        ("COUNT", [3, 1]),
    ],
)
async def test_each_aggregate_worked_by_hand(charts, aggregate, values):
    await charts.write("temperature", every(NOON, 20, [3.0, 2.0, 1.0, 7.0]))
    until = NOON + timedelta(hours=2)
    series = await charts.one("temperature", NOON, until, Bucket.PT1H, aggregate=Aggregate(aggregate))
    assert series.values.tolist() == values


async def test_a_bad_reading_is_left_out_and_seen(charts):
    minute = timedelta(minutes=1)
    await charts.write(
        "temperature",
        [
            (NOON, 10.0),
            (NOON + minute, 1e6, "BAD"),
            (NOON + 2 * minute, 20.0, "ESTIMATED"),
            (NOON + timedelta(hours=1), None, "BAD"),
            (NOON + timedelta(hours=2), 5.0, "UNCERTAIN"),
            (NOON + timedelta(hours=3), 5.0, "EDITED"),
        ],
    )
    period = NOON, NOON + timedelta(hours=4)
    for aggregate, values in {
        Aggregate.MEAN: [15.0, None, 5.0, 5.0],
        Aggregate.MAX: [20.0, None, 5.0, 5.0],
        Aggregate.LAST: [20.0, None, 5.0, 5.0],
        Aggregate.COUNT: [2.0, 0.0, 1.0, 1.0],
    }.items():
        series = await charts.one("temperature", *period, Bucket.PT1H, aggregate=aggregate)
        assert plain(series.values) == values
        assert qualities(series) == ["UNCERTAIN", "BAD", "UNCERTAIN", "GOOD"]
    assert await charts.completeness("temperature", *period) == (240, 4)
    raw = await charts.one("temperature", *period)
    assert plain(raw.values) == [10.0, 1e6, 20.0, None, 5.0, 5.0]
    assert qualities(raw) == ["GOOD", "BAD", "UNCERTAIN", "BAD", "UNCERTAIN", "GOOD"]


@pytest.mark.parametrize("most", [364, 365])
async def test_as_many_buckets_as_points_fit_and_one_more_is_refused(charts, most):
    zone = ZoneInfo("Europe/Berlin")
    year = datetime(2026, 1, 1, tzinfo=zone), datetime(2027, 1, 1, tzinfo=zone)
    if most == 365:
        assert len((await charts.one("temperature", *year, Bucket.DAY, most=most)).values) == 365
    else:
        with pytest.raises(RangeTooLargeError, match="ask for the bucket WEEK"):
            await charts.one("temperature", *year, Bucket.DAY, most=most)


async def test_a_day_that_a_country_skipped_has_no_bucket(charts):
    await charts.move_to("Pacific/Apia")  # there was no 30 December 2011
    zone = ZoneInfo("Pacific/Apia")
    series = await charts.one(
        "temperature", datetime(2011, 12, 29, tzinfo=zone), datetime(2012, 1, 1, tzinfo=zone), Bucket.DAY
    )
    assert len(series.values) == 2
