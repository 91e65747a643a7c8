"""What registers count between the edges of buckets."""

from datetime import UTC, datetime, timedelta

from tests.charts import every, plain, qualities
from twinql.domain.series import Aggregate, Bucket
from twinql.storage import counting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_a_register_counts_from_edge_to_edge(charts):
    # The base of the first hour was read ten minutes before it; the value at 14:00 sharp ends the second hour.
    await charts.write(
        "register",
        [
            (NOON - timedelta(minutes=10), 100.0),
            (NOON + timedelta(minutes=20), 101.0),
            (NOON + timedelta(minutes=50), 103.0),
            (NOON + timedelta(minutes=80), 106.0),
            (NOON + timedelta(hours=2), 110.0),
        ],
    )
    series = await charts.one("register", NOON, NOON + timedelta(hours=3), Bucket.PT1H)
    assert plain(series.values) == [3.0, 7.0, None]
    assert qualities(series) == ["GOOD", "GOOD", None]
    assert series.aggregate is Aggregate.DELTA


async def test_a_fall_is_a_reset_and_never_negative(charts):
    await charts.write("register", every(NOON, 15, [500.0, 501.0, 3.0, 4.0, 6.0]))
    whole = await charts.one("register", NOON, NOON + timedelta(hours=1), Bucket.PT1H)
    assert whole.values.tolist() == [4.0]  # 501 - 500, then 6 - 3; what was counted across the reset is unknown
    assert qualities(whole) == ["UNCERTAIN"]
    quarters = await charts.one("register", NOON, NOON + timedelta(hours=1), Bucket.PT15M)
    assert plain(quarters.values) == [1.0, None, 1.0, 2.0]
    assert qualities(quarters) == ["GOOD", "UNCERTAIN", "GOOD", "GOOD"]


async def test_a_rollover_is_one_only_where_a_maximum_is_declared_and_near(charts):
    values = [99_998.0, 99_999.5, 1.5, 2.0]
    period = NOON, NOON + timedelta(minutes=45)
    await charts.write("register", every(NOON, 15, values))
    undeclared = await charts.one("register", *period, Bucket.PT15M)
    assert plain(undeclared.values) == [1.5, None, 0.5]
    await charts.sql("update channels set register_maximum = 100000 where key = 'register'")
    declared = await charts.one("register", *period, Bucket.PT15M)
    assert declared.values.tolist() == [1.5, 2.0, 0.5]
    assert qualities(declared) == ["GOOD", "GOOD", "GOOD"]
    await charts.sql("update channels set register_maximum = 1000000 where key = 'register'")
    far = await charts.one("register", *period, Bucket.PT15M)
    assert plain(far.values) == [1.5, None, 0.5]


async def test_a_register_reset_to_something_else_near_its_maximum_is_no_rollover(charts):
    await charts.sql("update channels set register_maximum = 1000 where key = 'register'")
    await charts.write("register", every(NOON, 15, [995.0, 600.0]))
    series = await charts.one("register", NOON, NOON + timedelta(minutes=15), Bucket.PT15M)
    assert plain(series.values) == [None]
    assert qualities(series) == ["UNCERTAIN"]


async def test_what_a_register_counted_during_a_hole_is_kept_and_flagged(charts):
    await charts.write("register", [(NOON - timedelta(hours=5), 10.0), (NOON + timedelta(minutes=30), 20.0)])
    series = await charts.one("register", NOON - timedelta(hours=2), NOON + timedelta(hours=1), Bucket.PT1H)
    assert plain(series.values) == [None, None, 10.0]
    assert qualities(series) == [None, None, "UNCERTAIN"]


async def test_the_first_value_of_a_register_counts_nothing(charts):
    await charts.write("register", every(NOON + timedelta(minutes=15), 15, [10.0, 12.0]))
    series = await charts.one("register", NOON, NOON + timedelta(minutes=30), Bucket.PT15M)
    assert plain(series.values) == [None, 2.0]
    assert qualities(series) == ["UNCERTAIN", "GOOD"]


async def test_a_bad_value_is_no_reset(charts):
    rows = every(NOON, 15, [10.0, 0.0, 12.0])
    await charts.write("register", [rows[0], (*rows[1], "BAD"), rows[2]])
    series = await charts.one("register", NOON, NOON + timedelta(minutes=30), Bucket.PT30M)
    assert series.values.tolist() == [2.0]
    assert qualities(series) == ["GOOD"]


async def test_a_register_without_a_resolution_is_trusted_however_old(charts):
    await charts.sql("update channels set resolution_seconds = null where key = 'register'")
    await charts.write("register", [(NOON - timedelta(days=40), 10.0), (NOON + timedelta(minutes=30), 20.0)])
    series = await charts.one("register", NOON, NOON + timedelta(hours=1), Bucket.PT1H)
    assert (series.values.tolist(), qualities(series)) == ([10.0], ["GOOD"])


async def test_a_register_that_is_read_a_little_late_is_trusted(charts):
    await charts.write("register", [(NOON - timedelta(minutes=15, seconds=5), 1.0), (NOON + timedelta(seconds=2), 2.0)])
    series = await charts.one("register", NOON, NOON + timedelta(minutes=15), Bucket.PT15M)
    assert qualities(series) == ["GOOD"]


async def test_a_long_period_that_is_read_in_turns_tells_the_same(charts, monkeypatch):
    other = await charts.copy("register")
    for key in ("register", other):
        await charts.write(key, every(NOON, 15, [place + place % 7 / 10 for place in range(400)]))
    asked = ["register", other], NOON - timedelta(hours=1), NOON + timedelta(hours=90), Bucket.PT1H
    at_once = await charts.all(*asked)
    monkeypatch.setattr(counting, "MOST_AT_ONCE", 50)
    for series, turns in zip(await charts.all(*asked), at_once, strict=True):
        assert plain(series.values) == plain(turns.values)
        assert qualities(series) == qualities(turns)


async def test_a_counter_of_bytes_counts_beyond_what_any_meter_shows(charts):
    await charts.sql("update channels set quantity = 'COUNT', unit = 'ONE' where key = 'register'")
    await charts.write("register", every(NOON, 15, [7_000_000_000_000.0, 7_000_000_000_250.0, 7_000_000_001_000.5]))
    series = await charts.one("register", NOON, NOON + timedelta(minutes=30), Bucket.PT15M)
    assert plain(series.values) == [250.0, 750.5]
    assert qualities(series) == ["GOOD", "GOOD"]
