"""The database's buckets against those of pandas: other code, other time arithmetic, the same answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twinql.domain.series import Aggregate, Bucket

METERS = Path(__file__).parents[2].parent / "shared" / "data" / "demo" / "meters_half_hourly.csv"
RULES = {Bucket.PT15M: "15min", Bucket.PT30M: "30min", Bucket.PT1H: "1h", Bucket.DAY: "D"}
BUCKETS = [each for each in Bucket if each is not Bucket.BILLING_MONTH]
BY_PANDAS = {Aggregate.MEAN: "mean", Aggregate.MAX: "max", Aggregate.FIRST: "first", Aggregate.COUNT: "count"}
# Two days before clocks change, in March in Berlin and in October in Sydney.
STARTS = [datetime(2026, 3, 27, 22, 10, tzinfo=UTC), datetime(2026, 10, 2, 1, tzinfo=UTC)]
one_world = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def random_readings(seed, start):
    """Some four days of readings, often at the edges of buckets, a tenth of them bad."""
    rng = np.random.default_rng(seed)
    minutes = np.unique(rng.integers(-400, 6_000, 400) // 5 * 5)
    at = [start + timedelta(minutes=int(minute)) for minute in minutes]
    return at, rng.normal(0, 100, len(at)), rng.random(len(at)) < 0.1


@one_world
@given(
    st.integers(0, 2**32),
    st.sampled_from(["Europe/Berlin", "Australia/Sydney", "UTC"]),
    st.sampled_from(["temperature", "energy"]),
    st.sampled_from(STARTS),
)
async def test_random_readings_give_what_pandas_gives(charts, seed, zone, kind, start):
    await charts.move_to(zone)
    key = await charts.copy(kind)
    at, values, bad = random_readings(seed, start)
    await charts.write(key, [(t, v, "BAD" if b else "GOOD") for t, v, b in zip(at, values, bad, strict=True)])
    until = start + timedelta(days=4)
    frame = pd.Series(values, index=pd.DatetimeIndex(at).tz_convert(zone))[~bad]
    by_interval = kind == "energy"
    later = pd.Timedelta("1us") if by_interval else pd.Timedelta(0)
    frame = frame[(frame.index >= start + later) & (frame.index < until + later)]
    for bucket, rule in RULES.items():
        groups = frame.resample(rule, closed="right" if by_interval else "left", label="left", origin="start_day")
        filled = groups.count() > 0
        for aggregate, name in BY_PANDAS.items():
            series = await charts.one(key, start, until, bucket, aggregate=aggregate)
            told = series.values > 0 if aggregate is Aggregate.COUNT else ~np.isnan(series.values)
            assert series.values[told] == pytest.approx(groups.agg(name)[filled].to_numpy(dtype=float), rel=1e-9)


@one_world
@given(st.integers(0, 2**32), st.sampled_from(BUCKETS), st.integers(0, 3))
async def test_a_random_register_counts_what_its_edges_differ_by(charts, seed, bucket, resets):
    start = STARTS[0]
    at, rises, bad = random_readings(seed, start)
    register = np.cumsum(np.abs(rises))
    rng = np.random.default_rng(seed)
    for place in rng.integers(1, len(at), resets):
        register[place:] -= register[place] * rng.random()
    key = await charts.copy("register")
    await charts.write(key, [(t, v, "BAD" if b else "GOOD") for t, v, b in zip(at, register, bad, strict=True)])
    until = start + timedelta(days=4)
    series = await charts.one(key, start, until, bucket, most=10_000)
    good = pd.Series(register, index=pd.DatetimeIndex(at))[~bad]
    steps = good.diff()[(good.index > start) & (good.index <= until)]
    assert np.nansum(series.values) == pytest.approx(steps[steps >= 0].sum(), rel=1e-9)
    assert not (series.values < 0).any()
    if (steps >= 0).all():
        assert np.nansum(series.values) == pytest.approx(good[:until].iloc[-1] - good[:start].iloc[-1], rel=1e-9)


@pytest.mark.skipif(not METERS.exists(), reason="the real meter file is not beside this repository")
async def test_the_real_meters_give_the_months_that_pandas_gives(charts):
    frame = pd.read_csv(METERS)
    # Stamped at the start of each half hour, and fixed at +10:00: clocks never change in it.
    frame["at"] = pd.to_datetime(frame["timestamp"])
    frame["end"] = frame["at"].dt.tz_localize("+10:00") + pd.Timedelta("30min")
    zone = ZoneInfo("Australia/Brisbane")
    await charts.move_to("Australia/Brisbane")
    meters = {}
    for meter, rows in frame.groupby("meter"):
        meters[meter] = await charts.copy("energy")
        await charts.write(meters[meter], list(zip(rows["end"].dt.to_pydatetime(), rows["kwh"], strict=True)))
    start, until = datetime(2013, 6, 1, tzinfo=zone), datetime(2013, 12, 1, tzinfo=zone)
    for bucket, rule in ((Bucket.MONTH, "MS"), (Bucket.DAY, "D")):
        answers = await charts.all(list(meters.values()), start, until, bucket)
        for meter, series in zip(meters, answers, strict=True):
            mine = frame[frame["meter"] == meter].set_index("at")["kwh"]
            every_one = pd.date_range("2013-06-01", "2013-11-30", freq=rule)
            theirs = mine.resample(rule).sum(min_count=1).reindex(every_one)
            assert series.values == pytest.approx(theirs.to_numpy(), rel=1e-9, nan_ok=True)
            assert await charts.completeness(meters[meter], start, until) == (183 * 48, len(mine))
