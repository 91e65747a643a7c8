"""Lines of readings, several channels at once, statistics and gaps."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.charts import every, plain
from tests.world import make_world
from twinql.domain.readings import from_us
from twinql.domain.series import Aggregate, Bucket, Wish
from twinql.errors import InvalidInputError, RangeTooLargeError
from twinql.storage.series import series_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_a_line_of_too_many_points_is_thinned_and_says_so(charts):
    values = np.sin(np.arange(600) / 30)
    values[333] = 50.0
    await charts.write("temperature", every(NOON, 1, values))
    series = await charts.one("temperature", NOON, NOON + 10 * HOUR, most=60)
    assert series.downsampled
    assert len(series.values) == 60
    assert series.values.max() == 50.0
    assert from_us(int(series.starts[0])) == NOON


async def test_states_are_thinned_to_their_changes(charts):
    await charts.write("execution", every(NOON, 1, [0.0] * 30 + [1.0] * 30))
    series = await charts.one("execution", NOON, NOON + HOUR, most=10)
    assert series.values.tolist() == [0.0, 1.0, 1.0]
    assert series.downsampled


async def test_more_readings_than_can_be_drawn_are_refused_with_the_bucket_that_fits(charts, monkeypatch):
    monkeypatch.setattr("twinql.storage.series.MOST_RAW", 100)
    await charts.write("temperature", every(NOON, 1, [1.0] * 101))
    with pytest.raises(RangeTooLargeError, match="ask for the bucket PT15M"):
        await charts.one("temperature", NOON, NOON + 10 * HOUR, most=60)
    series = await charts.one("temperature", NOON, NOON + timedelta(minutes=100), most=60)
    assert series.downsampled


async def test_long_lines_of_several_channels_are_read_in_turns(charts, monkeypatch):
    monkeypatch.setattr("twinql.storage.series._RAW_AT_ONCE", 60)
    monkeypatch.setattr("twinql.storage.series._RAW_ASIDE", 10)
    keys = [await charts.copy("temperature") for _ in range(3)]
    for place, key in enumerate(keys):
        await charts.write(key, every(NOON, 1, [float(place)] * 40))
    answers = await charts.all(keys, NOON, NOON + HOUR)
    assert [plain(each.values) for each in answers] == [[float(place)] * 40 for place in range(3)]


async def test_several_channels_of_all_kinds_answer_together(charts):
    await charts.write("energy", every(NOON + HOUR / 2, 30, [1.0, 2.0]))
    await charts.write("register", every(NOON, 30, [10.0, 11.0, 15.0]))
    await charts.write("temperature", every(NOON, 30, [20.0, 22.0]))
    await charts.write("execution", every(NOON, 20, [0.0, 1.0, 0.0]))
    keys = ["temperature", "energy", "execution", "register", "setpoint"]
    answers = await charts.all(keys, NOON, NOON + HOUR, Bucket.PT1H)
    assert [plain(each.values) for each in answers] == [[21.0], [3.0], [0.0], [5.0], [None]]
    counts = await charts.all(keys, NOON, NOON + HOUR, Bucket.PT1H, aggregate=Aggregate.COUNT)
    assert [plain(each.values) for each in counts] == [[2.0], [2.0], [3.0], [2.0], [0.0]]
    lines = await charts.all(keys, NOON, NOON + HOUR)
    assert [len(each.values) for each in lines] == [2, 2, 3, 2, 0]
    with pytest.raises(InvalidInputError, match="SUM makes no sense"):
        await charts.all(keys, NOON, NOON + HOUR, Bucket.PT1H, aggregate=Aggregate.SUM)


async def test_another_organisation_sees_nothing(charts, database_url):
    await charts.write("temperature", [(NOON, 1.0)])
    [subject] = await charts.subjects("temperature")
    charts.world = await make_world(database_url, "Other")
    async with charts.reading() as connection:
        [series] = await series_of(connection, Wish(NOON, NOON + HOUR), [subject])
    assert len(series.values) == 0


async def test_readings_of_one_slot_count_once_and_without_a_resolution_all_do(charts):
    second = timedelta(seconds=1)
    for key in ("temperature", "setpoint"):
        await charts.write(key, [(NOON, 1.0), (NOON + second / 4, 2.0), (NOON + 70 * second, 3.0)])
    assert await charts.completeness("temperature", NOON, NOON + HOUR) == (60, 2)
    assert await charts.completeness("setpoint", NOON, NOON + HOUR) == (None, 3)


async def test_statistics_are_those_of_pandas(charts):
    values = np.random.default_rng(7).normal(50, 10, 200)
    await charts.write("temperature", [*every(NOON, 1, values), (NOON + 5 * HOUR, 1e9, "BAD")])
    await charts.write("energy", every(NOON, 30, [100.0, 1.0, 2.0]))
    found, energy, nothing = await charts.statistics(["temperature", "energy", "setpoint"], NOON, NOON + 6 * HOUR)
    reference = pd.Series(values)
    assert found.count == 200
    assert [found.mean, found.minimum, found.maximum, found.standard_deviation] == pytest.approx(
        [reference.mean(), reference.min(), reference.max(), reference.std()], rel=1e-9
    )
    quantiles = reference.quantile([0.05, 0.5, 0.95]).tolist()
    assert [found.p05, found.p50, found.p95] == pytest.approx(quantiles, rel=1e-9)
    assert (energy.count, energy.maximum) == (2, 2.0)
    assert (nothing.count, nothing.mean, nothing.p50) == (0, None, None)


async def test_gaps_are_found_channel_by_channel(charts):
    half_hours = every(NOON + HOUR / 2, 30, [1.0] * 8)
    await charts.write("energy", [*half_hours[:2], (half_hours[2][0], None, "BAD"), *half_hours[4:]])
    energy, temperature = await charts.gaps(["energy", "temperature"], NOON, NOON + 5 * HOUR)
    assert [(gap.first - NOON, gap.last - NOON, gap.missing) for gap in energy] == [
        (HOUR, 2 * HOUR, 2),
        (4 * HOUR, 5 * HOUR, 2),
    ]
    assert [gap.missing for gap in temperature] == [300]


async def test_a_channel_with_too_many_gaps_leaves_the_others_theirs(charts, monkeypatch):
    monkeypatch.setattr("twinql.storage.completeness.MOST_GAPS", 3)
    await charts.write("temperature", every(NOON, 5, [1.0] * 5))
    many, few = await charts.gaps(["temperature", "energy"], NOON, NOON + HOUR)
    assert isinstance(many, RangeTooLargeError)
    assert [gap.missing for gap in few] == [2]
