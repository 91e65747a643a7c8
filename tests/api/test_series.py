"""Series, statistics and gaps through the graph, over a real database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from tests.world import make_world
from twinql.domain.global_id import encode

SERIES = """
query ($id: ID!, $during: PeriodInput!, $bucket: Bucket, $aggregate: Aggregate, $unit: Unit, $most: Int = 1000) {
  channel(id: $id) {
    series(during: $during, bucket: $bucket, aggregate: $aggregate, unit: $unit, maxPoints: $most) {
      unit timeZone bucket aggregate starts values quality downsampled completeness { expected actual }
    }
    statistics(during: $during) { count mean min max standardDeviation p05 p50 p95 }
  }
}
"""
GAPS = "query ($id: ID!, $during: PeriodInput!) { channel(id: $id) { gaps(during: $during) { from until missing } } }"
INSERT = """
insert into readings (channel_number, organisation_number, observed_at, value, quality)
select c.number, c.organisation_number, r.observed_at, nullif(r.value, 'NaN'), r.quality::reading_quality
from channels as c, unnest($2::timestamptz[], $3::float8[], $4::text[]) as r (observed_at, value, quality)
where c.id = $1
"""


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def store(asker, key, instants, values, quality="GOOD", *, world=None):
    qualities = [quality] * len(values) if isinstance(quality, str) else quality
    pool = asker.context.database.pool
    channel = (world or asker.world).channels[key]
    await pool.execute(INSERT, channel, list(instants), [float(value) for value in values], qualities)


def during(first, last):
    return {"from": first, "until": last}


async def series(asker, key, first, last, **more):
    variables = {"id": encode("Channel", asker.world.channels[key]), "during": during(first, last), **more}
    return (await asker.ask(SERIES, **variables))["channel"]["series"]


async def test_the_half_hours_of_a_day_add_up_to_the_last_one(asker):
    ends = [at("2026-03-01T00:00:00") + timedelta(minutes=30 * step) for step in range(49)]
    await store(asker, "energy", ends, [100.0, *[1.0] * 47, 10.0])
    found = await series(asker, "energy", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", bucket="PT1H")
    # The reading that ends as the day begins belongs to the day before; the one that ends with the day belongs to it.
    assert sum(found["values"]) == 57.0
    assert found["values"][0] == 2.0
    assert found["values"][-1] == 11.0
    assert found["completeness"] == {"expected": 48, "actual": 48}
    assert found["aggregate"] == "SUM"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Sydney", "2026-10-04", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
    ],
)
async def test_a_day_of_a_clock_change_has_the_hours_it_has(asker, database_url, zone, day, hours):
    world = await make_world(database_url, "Zoned", time_zone=zone)
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    ends = [start + timedelta(minutes=30 * step) for step in range(-4, 60)]
    await store(asker, "energy", ends, [0.5] * len(ends), world=world)
    zoned = asker.as_user(world.owner)
    zoned.world = world
    first, last = (start - timedelta(hours=1)).isoformat(), (start + timedelta(hours=27)).isoformat()
    found = await series(zoned, "energy", first, last, bucket="DAY")
    place = found["starts"].index(start.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert found["values"][place] == hours
    assert found["timeZone"] == zone


async def test_a_register_gives_the_steps_that_end_in_a_bucket_and_a_fall_is_never_negative(asker):
    hours = [
        "2026-03-01T00:00:00",
        "2026-03-01T06:00:00",
        "2026-03-01T12:00:00",
        "2026-03-02T00:00:00",
        "2026-03-02T12:00:00",
    ]
    await store(asker, "register", [at(hour) for hour in hours], [100.0, 103.0, 7.0, 12.0, 15.0])
    found = await series(asker, "register", "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", bucket="PT1H", most=100)
    assert sum(value for value in found["values"] if value is not None) == 3.0 + 5.0 + 3.0
    # Known by the registers around the reset: the step across it is nobody's, and its bucket says so.
    assert found["values"][11] is None
    assert found["quality"][11] == "UNCERTAIN"
    assert found["aggregate"] == "DELTA"


async def test_a_register_that_declares_its_maximum_and_was_near_it_has_rolled_over(asker):
    await asker.context.database.pool.execute("update channels set register_maximum = 1000 where key = 'register'")
    await store(asker, "register", [at("2026-03-01T00:00:00"), at("2026-03-01T00:15:00")], [998.0, 3.0])
    found = await series(asker, "register", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z", bucket="PT1H")
    assert found["values"] == [5.0]
    assert found["quality"] == ["GOOD"]


async def test_a_gap_stays_a_gap_and_bad_readings_are_left_out(asker):
    instants = [
        at("2026-03-01T10:00:00"),
        at("2026-03-01T12:00:00"),
        at("2026-03-01T12:10:00"),
        at("2026-03-01T13:00:00"),
    ]
    await store(asker, "temperature", instants, [20.0, 30.0, 99.0, np.nan], ["GOOD", "UNCERTAIN", "BAD", "BAD"])
    found = await series(asker, "temperature", "2026-03-01T10:00:00Z", "2026-03-01T14:00:00Z", bucket="PT1H")
    assert found["values"] == [20.0, None, 30.0, None]
    assert found["quality"] == ["GOOD", None, "UNCERTAIN", "BAD"]
    counted = await series(
        asker, "temperature", "2026-03-01T10:00:00Z", "2026-03-01T14:00:00Z", bucket="PT1H", aggregate="COUNT"
    )
    assert counted["values"] == [1.0, 0.0, 1.0, 0.0]
    assert counted["unit"] == "ONE"


async def test_a_line_of_too_many_points_is_thinned_and_says_so(asker):
    instants = [at("2026-03-01T00:00:00") + timedelta(minutes=step) for step in range(1440)]
    values = np.zeros(1440)
    values[700] = 90.0
    await store(asker, "temperature", instants, values)
    found = await series(asker, "temperature", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", most=50)
    assert found["downsampled"]
    assert len(found["starts"]) == 50
    assert (found["starts"][0], found["starts"][-1]) == ("2026-03-01T00:00:00Z", "2026-03-01T23:59:00Z")
    assert max(found["values"]) == 90.0
    whole = await series(asker, "temperature", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", most=2000)
    assert (len(whole["starts"]), whole["downsampled"]) == (1440, False)


async def test_too_many_buckets_are_an_error_that_names_what_fits(asker):
    variables = {"id": encode("Channel", asker.world.channels["temperature"]), "bucket": "PT15M"}
    code, message = await asker.refusal(
        SERIES, during=during("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), **variables
    )
    assert code == "RANGE_TOO_LARGE"
    assert message.endswith("ask for the bucket DAY.")
    code, message = await asker.refusal(
        SERIES, during=during("1900-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), **variables
    )
    assert (code, message.split("; ")[1]) == (
        "RANGE_TOO_LARGE",
        "no bucket fits, so ask for a shorter period, or for the bucket MONTH with a larger maxPoints, 10,000 at most.",
    )


@pytest.mark.parametrize(
    ("key", "more", "said"),
    [
        ("temperature", {"bucket": "DAY", "aggregate": "SUM"}, "SUM makes no sense for INSTANTANEOUS readings"),
        ("execution", {"bucket": "DAY", "aggregate": "MEAN"}, "MEAN makes no sense for STATE readings"),
        ("price", {"bucket": "DAY", "aggregate": "SUM"}, "SUM makes no sense for INTERVAL readings of PRICE"),
        ("temperature", {"unit": "VOLT"}, "VOLT"),
        ("temperature", {"most": 1}, "maxPoints is a number from 2 to 10,000"),
        ("temperature", {"aggregate": "MEAN"}, "An aggregate needs a bucket"),
    ],
)
async def test_what_makes_no_sense_is_said_in_one_sentence(asker, key, more, said):
    variables = {"id": encode("Channel", asker.world.channels[key]), **more}
    code, message = await asker.refusal(
        SERIES, during=during("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"), **variables
    )
    assert code == "BAD_USER_INPUT"
    assert said in message


async def test_values_come_in_the_unit_asked_for(asker):
    await store(asker, "energy", [at("2026-03-01T00:30:00")], [1.5])
    found = await series(asker, "energy", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z", unit="WATT_HOUR")
    assert found["values"] == [pytest.approx(1500.0)]
    assert found["starts"] == ["2026-03-01T00:00:00Z"]
    assert found["unit"] == "WATT_HOUR"


@pytest.mark.parametrize("bucket", ["PT15M", "PT30M", "PT1H", "DAY", "WEEK", "MONTH"])
@pytest.mark.parametrize("aggregate", ["MEAN", "MIN", "MAX", "FIRST", "LAST", "COUNT"])
async def test_buckets_say_what_pandas_says(asker, bucket, aggregate):
    rng = np.random.default_rng(3)
    start = at("2026-03-27T00:00:00")
    instants = sorted({start + timedelta(seconds=int(second)) for second in rng.integers(0, 5 * 86_400, 400)})
    values = rng.normal(20, 5, len(instants))
    await store(asker, "temperature", instants, values)
    found = await series(
        asker, "temperature", "2026-03-27T00:00:00Z", "2026-04-01T00:00:00Z", bucket=bucket, aggregate=aggregate
    )
    frame = pd.Series(values, index=pd.DatetimeIndex(instants).tz_convert("Europe/Berlin"))
    rule = {"PT15M": "15min", "PT30M": "30min", "PT1H": "1h", "DAY": "D", "WEEK": "W-MON", "MONTH": "MS"}[bucket]
    closed = {"label": "left", "closed": "left"} if bucket == "WEEK" else {}
    expected = getattr(frame.resample(rule, **closed), aggregate.lower())()
    mine = dict(zip(found["starts"], found["values"], strict=True))
    for label, value in expected.items():
        key = label.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
        if aggregate == "COUNT" or not np.isnan(value):
            assert mine[key] == pytest.approx(value), key
    assert sum(value is not None for value in mine.values()) >= expected.count()


async def test_statistics_are_those_of_pandas(asker):
    values = np.random.default_rng(1).normal(50, 9, 500)
    await store(
        asker, "temperature", [at("2026-03-01T00:00:00") + timedelta(minutes=step) for step in range(500)], values
    )
    variables = {"id": encode("Channel", asker.world.channels["temperature"])}
    answer = await asker.ask(SERIES, during=during("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"), **variables)
    found, frame = answer["channel"]["statistics"], pd.Series(values)
    assert found["count"] == 500
    assert found["mean"] == pytest.approx(frame.mean())
    assert found["standardDeviation"] == pytest.approx(frame.std())
    assert [found["p05"], found["p50"], found["p95"]] == pytest.approx(frame.quantile([0.05, 0.5, 0.95]).tolist())


async def test_gaps_are_found_within_and_at_the_edges_of_a_period(asker):
    present = [2, 3, 4, 8, 9]
    await store(
        asker, "temperature", [at("2026-03-01T00:00:00") + timedelta(minutes=each) for each in present], [1.0] * 5
    )
    variables = {"id": encode("Channel", asker.world.channels["temperature"])}
    answer = await asker.ask(GAPS, during=during("2026-03-01T00:00:00Z", "2026-03-01T00:12:00Z"), **variables)
    assert [(gap["from"][14:16], gap["until"][14:16], gap["missing"]) for gap in answer["channel"]["gaps"]] == [
        ("00", "02", 2),
        ("04", "08", 3),
        ("09", "12", 2),
    ]
    empty = await asker.ask(GAPS, during=during("2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z"), **variables)
    assert [gap["missing"] for gap in empty["channel"]["gaps"]] == [60]
    ahead = await asker.ask(GAPS, during=during("2099-02-01T00:00:00Z", "2099-02-01T01:00:00Z"), **variables)
    assert ahead["channel"]["gaps"] == []


async def test_a_channel_without_a_resolution_cannot_say_what_is_missing(asker):
    variables = {"id": encode("Channel", asker.world.channels["execution"])}
    answer = await asker.ask(GAPS, during=during("2026-02-01T00:00:00Z", "2026-02-01T01:00:00Z"), **variables)
    assert answer["channel"]["gaps"] is None


async def test_one_channel_that_refuses_leaves_the_others_their_series(asker):
    document = """
    query ($id: ID!, $during: PeriodInput!) {
      machine(id: $id) { channels { nodes { key series(during: $during, bucket: DAY, aggregate: MEAN) { values } } } }
    }
    """
    answer = await asker.answer(
        document,
        id=encode("Machine", asker.world.machine),
        during=during("2026-02-28T23:00:00Z", "2026-03-01T23:00:00Z"),
    )
    (error,) = answer.errors
    assert "STATE" in error["message"]
    series = {each["key"]: each["series"] for each in answer.data["machine"]["channels"]["nodes"]}
    assert series == {"execution": None, "setpoint": {"values": [None]}, "temperature": {"values": [None]}}


async def test_a_meter_tells_what_it_took_in(asker):
    document = """
    query ($id: ID!, $during: PeriodInput!) {
      meter(id: $id) { consumption(during: $during, bucket: DAY) { values aggregate unit } }
    }
    """
    variables = {
        "id": encode("Meter", asker.world.meter),
        "during": during("2026-03-01T23:00:00Z", "2026-03-02T23:00:00Z"),
    }
    await store(asker, "register", [at("2026-03-01T22:45:00"), at("2026-03-02T20:00:00")], [10.0, 14.5])
    pool = asker.context.database.pool
    await pool.execute("update channels set archived_at = now() where key = 'energy'")
    answer = await asker.ask(document, **variables)
    assert answer["meter"]["consumption"] == {"values": [4.5], "aggregate": "DELTA", "unit": "KILOWATT_HOUR"}
    await pool.execute("update channels set archived_at = null where key = 'energy'")
    await store(asker, "energy", [at("2026-03-02T00:00:00")], [1.5])
    answer = await asker.ask(document, **variables)
    assert answer["meter"]["consumption"] == {"values": [1.5], "aggregate": "SUM", "unit": "KILOWATT_HOUR"}
    await pool.execute("update channels set archived_at = now()")
    assert (await asker.ask(document, **variables))["meter"]["consumption"] is None


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z"),
        ("2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
async def test_a_period_out_of_this_world_is_refused(asker, first, last):
    variables = {"id": encode("Channel", asker.world.channels["temperature"]), "during": during(first, last)}
    for document in (SERIES, GAPS):
        code, message = await asker.refusal(document, **variables)
        assert (code, message.split(";")[0]) == ("BAD_USER_INPUT", "This period reaches beyond the years 1900 to 2199")


async def test_many_channels_are_read_in_one_statement(asker):
    await asker.context.database.pool.execute(
        """
        insert into channels (organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind)
        select organisation_id, organisation_number, site_id, asset_id, 'more_' || n, 'More', quantity, unit, kind
        from channels as c, generate_series(1, 30) as n where c.key = 'temperature'
        """
    )
    document = """
    query ($id: ID!, $during: PeriodInput!, $bucket: Bucket) {
      machine(id: $id) {
        channels(filter: { quantity: TEMPERATURE }) { nodes { series(during: $during, bucket: $bucket) { values } } }
      }
    }
    """
    whole = during("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    given = {"id": encode("Machine", asker.world.machine), "during": whole}
    await asker.ask(document, **given, bucket="PT1H")  # by which this process learns the site's time zone
    for bucket in (None, "PT1H"):
        asked = await asker.statements(document, **given, bucket=bucket)
        assert len([each for each in asked if "twinql.membership" not in each]) == 1
