"""Forecasts are made of what was known, kept as issued, reused while fresh, and scored by what comes true."""

from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from tests.plant import NOON, Plant
from tests.world import make_world
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.prediction import Refusal
from twinql.errors import InvalidInputError, NotFoundError
from twinql.live.foresight import FORESIGHT, Wanted, forecast_channel, grid_of
from twinql.storage import forecasts

HALF_HOUR_S = 1800
DAY = timedelta(days=1)
A_QUARTER = timedelta(minutes=15)
A_DAY_OF_HALF_HOURS = np.arange(48.0)


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        yield plant


async def foresee(plant, key, horizon, *, actor=None, **wanted):
    channel = plant.world.channels[key]
    return await forecast_channel(
        plant.database, actor or plant.world.viewer, channel, Wanted(horizon, **wanted), now=plant.now
    )


async def kept(plant, forecast_id):
    assert isinstance(forecast_id, UUID), forecast_id
    (row,) = await plant.sql("select * from forecasts where id = $1", forecast_id)
    return row


async def score(plant):
    async with plant.database.transaction(FORESIGHT) as connection:
        return await forecasts.score(connection, plant.now)


async def test_a_meters_day_is_foreseen_from_its_half_hours(plant):
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    row = await kept(plant, await foresee(plant, "energy", DAY))
    assert row["model"] == "SEASONAL_NAIVE"
    assert row["p50"] == A_DAY_OF_HALF_HOURS.tolist()
    assert (row["starts_at"], row["step_seconds"], row["issued_at"]) == (NOON, HALF_HOUR_S, NOON)
    assert (row["backtest_mae"], row["last_value"]) == (0.0, 47.0)
    assert row["backtest_naive_mae"] > 10


async def test_half_hours_are_summed_only_where_none_is_missing(plant):
    await plant.record("energy", np.ones(48 * 55), step_s=HALF_HOUR_S)
    await plant.sql("delete from readings where observed_at = $1", NOON - timedelta(hours=3))
    async with plant.database.transaction(FORESIGHT) as connection:
        subject = await forecasts.subject_of(connection, plant.world.channels["energy"])
        grid = grid_of(subject, timedelta(days=30))
        past = await forecasts.history(connection, subject, grid, NOON)
    hours = grid.step_s / 3600
    assert hours > 1
    assert np.nanmax(past) == np.nanmin(past) == 2 * hours
    assert np.isnan(past[-1])
    assert not np.isnan(past[-2])


async def test_a_register_is_foreseen_above_what_it_shows(plant):
    register = 100.0 + np.cumsum(np.tile(A_DAY_OF_HALF_HOURS, 10))
    await plant.record("register", register, step_s=HALF_HOUR_S)
    row = await kept(plant, await foresee(plant, "register", DAY))
    assert row["last_value"] == register[-2]  # the last reading stands just at noon, where the next step begins
    assert np.all(np.diff(row["p50"]) >= 0)
    assert row["p50"][-1] - row["last_value"] == pytest.approx(A_DAY_OF_HALF_HOURS.sum(), rel=0.05)


async def test_readings_every_two_seconds_are_looked_at_more_finely_than_their_past(plant):
    await plant.record("temperature", 40 + np.zeros(180), step_s=60, until=NOON - timedelta(minutes=30))
    await plant.record("temperature", 40 + np.zeros(900), step_s=2)
    row = await kept(plant, await foresee(plant, "temperature", A_QUARTER))
    assert (row["step_seconds"], len(row["p50"])) == (10, 90)


async def test_what_is_read_after_the_present_is_not_known(plant):
    await plant.record("temperature", np.full(120, 40.0))
    await plant.record("temperature", np.full(60, 90.0), until=NOON + timedelta(hours=1))
    row = await kept(plant, await foresee(plant, "temperature", A_QUARTER))
    assert max(row["p90"]) == 40.0


async def test_bad_readings_are_left_out(plant):
    await plant.record("temperature", np.full(120, 40.0))
    await plant.sql("update readings set value = 900, quality = 'BAD' where observed_at > $1", NOON - A_QUARTER)
    row = await kept(plant, await foresee(plant, "temperature", A_QUARTER))
    assert row["last_value"] == 40.0


async def test_the_same_question_within_moments_gets_the_same_forecast(plant):
    await plant.record("temperature", np.full(120, 40.0))
    first = await foresee(plant, "temperature", A_QUARTER)
    plant.wait(seconds=20)
    assert await foresee(plant, "temperature", A_QUARTER) == first
    assert await foresee(plant, "temperature", A_QUARTER, level=0.9) != first
    assert await foresee(plant, "temperature", timedelta(minutes=30)) != first
    named = await foresee(plant, "temperature", A_QUARTER, model=ForecastModel.LOCAL_TREND)
    assert (await kept(plant, named))["model"] == "LOCAL_TREND"
    plant.wait(seconds=20)
    assert await foresee(plant, "temperature", A_QUARTER) != first


async def test_a_forecast_is_scored_as_its_readings_arrive(plant):
    await plant.record("temperature", np.full(120, 40.0), until=NOON - timedelta(seconds=1))
    forecast_id = await foresee(plant, "temperature", A_QUARTER)
    assert await score(plant) == 0
    plant.wait(minutes=5, seconds=1)
    # Minute readings at 12:01 to 12:05; the last one begins a step that is not over.
    await plant.record("temperature", [40.0, 41.0, 42.0, 43.0, 90.0], until=NOON + timedelta(minutes=5))
    assert await score(plant) == 1
    row = await kept(plant, forecast_id)
    assert (row["realised_count"], row["realised_mae"], row["realised_naive_mae"]) == (4, 1.5, 1.5)
    assert row["realised_coverage"] == 0.25
    plant.wait(minutes=15)
    assert await score(plant) == 1
    assert (await kept(plant, forecast_id))["realised_count"] == 5
    plant.wait(minutes=15)
    assert await score(plant) == 0


async def test_a_days_half_hours_are_scored_by_the_interval_that_they_end(plant):
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    forecast_id = await foresee(plant, "energy", DAY)
    plant.wait(days=1, seconds=1)
    await plant.record("energy", A_DAY_OF_HALF_HOURS + 0.5, step_s=HALF_HOUR_S, until=NOON + DAY)
    await score(plant)
    row = await kept(plant, forecast_id)
    assert (row["realised_count"], row["realised_mae"], row["realised_coverage"]) == (48, 0.5, 0.0)


async def test_a_hole_is_scored_as_nothing_and_not_as_an_error(plant):
    await plant.record("temperature", np.full(120, 40.0), until=NOON - timedelta(seconds=1))
    forecast_id = await foresee(plant, "temperature", A_QUARTER)
    plant.wait(hours=1)
    await score(plant)
    row = await kept(plant, forecast_id)
    assert (row["realised_count"], row["realised_mae"]) == (0, None)
    assert row["scored_at"] is not None


async def test_old_forecasts_are_let_go_of_unless_a_decision_rests_on_them(plant):
    await plant.record("temperature", np.full(120, 40.0))
    one = await foresee(plant, "temperature", A_QUARTER)
    two = await foresee(plant, "temperature", timedelta(minutes=30))
    await plant.sql(
        "insert into decisions (organisation_id, asset_id, forecast_id, rule, action, urgency, reasons)"
        " values ($1, $2, $3, 'TEST', 'INSPECT', 'LOW', '[]')",
        plant.world.organisation,
        plant.world.machine,
        two,
    )
    async with plant.database.transaction(FORESIGHT) as connection:
        assert await forecasts.prune(connection, NOON + DAY) == 1
    assert [row["id"] for row in await plant.sql("select id from forecasts")] == [two] != [one]


@pytest.mark.parametrize(
    ("key", "values", "until", "code"),
    [
        ("temperature", [], NOON, "INSUFFICIENT_HISTORY"),
        ("temperature", [40.0] * 10, NOON, "INSUFFICIENT_HISTORY"),
        ("temperature", [40.0] * 200, NOON - timedelta(hours=2), "STALE"),
        ("execution", [1.0] * 200, NOON, "STATES_ARE_NOT_FORECAST"),
    ],
)
async def test_where_there_is_no_forecast_the_reason_is_said(plant, key, values, until, code):
    await plant.record(key, values, until=until)
    refusal = await foresee(plant, key, A_QUARTER)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert await plant.sql("select from forecasts") == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"horizon": timedelta(0)},
        {"horizon": -A_QUARTER},
        {"horizon": timedelta(days=366)},
        {"horizon": A_QUARTER, "level": 0.0},
        {"horizon": A_QUARTER, "level": 1.0},
        {"horizon": A_QUARTER, "level": float("nan")},
    ],
)
async def test_a_question_without_sense_is_refused(plant, wanted):
    with pytest.raises(InvalidInputError):
        await foresee(plant, "temperature", **wanted)


async def test_an_unknown_and_a_foreign_channel_answer_alike(plant):
    other = await make_world(plant.url, "Other")
    for channel_id in (uuid4(), other.channels["temperature"]):
        plant.world.channels["nowhere"] = channel_id
        with pytest.raises(NotFoundError):
            await foresee(plant, "nowhere", A_QUARTER)
