"""Forecasts are made of what was known, kept as issued, reused while fresh, and scored by what comes true."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest

from tests.plant import NOON, Plant
from tests.world import make_world
from twinql.domain.forecasting.model import ForecastModel
from twinql.domain.forecasting.prediction import Refusal
from twinql.errors import InvalidInputError, NotFoundError
from twinql.live.foresight import FORESIGHT, Question, Wanted, foresee, grid_of
from twinql.live.rounds import Rounds
from twinql.live.workshop import open_workshop
from twinql.storage import forecasts
from twinql.storage.database import Database
from twinql.storage.forecast_history import Stretch, histories

HALF_HOUR_S = 1800
DAY = timedelta(days=1)
A_QUARTER = timedelta(minutes=15)
A_DAY_OF_HALF_HOURS = np.arange(48.0)


@pytest.fixture
async def plant(database_url, workshop):
    async with Plant.open(database_url) as plant:
        plant.workshop = workshop
        yield plant


async def ask(plant, key, horizon, *, actor=None, **wanted):
    question = Question(plant.world.channels[key], Wanted(horizon, **wanted))
    actor = actor or plant.world.viewer
    return (await foresee(plant.database, plant.workshop, actor, [question], now=plant.now))[question]


async def kept(plant, forecast_id):
    assert isinstance(forecast_id, UUID), forecast_id
    (row,) = await plant.sql("select * from forecasts where id = $1", forecast_id)
    return row


async def score(plant):
    return await Rounds(plant.database, plant.workshop)._score(plant.now)


async def test_a_meters_day_is_foreseen_from_its_half_hours(plant):
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    row = await kept(plant, await ask(plant, "energy", DAY))
    assert row["model"] == "SEASONAL_NAIVE"
    assert row["p50"] == A_DAY_OF_HALF_HOURS.tolist()
    assert (row["starts_at"], row["step_seconds"], row["issued_at"]) == (NOON, HALF_HOUR_S, NOON)
    assert (row["backtest_mae"], row["last_value"]) == (0.0, 47.0)
    assert row["backtest_naive_mae"] > 10


async def test_half_hours_are_summed_only_where_none_is_missing(plant):
    await plant.record("energy", np.ones(48 * 55), step_s=HALF_HOUR_S)
    await plant.sql("delete from readings where observed_at = $1", NOON - timedelta(hours=3))
    async with plant.database.transaction(FORESIGHT) as connection:
        ((_, subject),) = (await forecasts.subjects_of(connection, [plant.world.channels["energy"]])).items()
        grid = grid_of(subject, timedelta(days=30))
        first = NOON - timedelta(seconds=grid.step_s * grid.past_steps)
        stretch = Stretch(subject.number, subject.kind, subject.resolution_s, first, grid.step_s, grid.past_steps)
        (past,) = await histories(connection, [stretch])
    hours = grid.step_s / 3600
    assert hours > 1
    assert np.nanmax(past) == np.nanmin(past) == 2 * hours
    assert np.isnan(past[-1])
    assert not np.isnan(past[-2])


async def test_a_register_is_foreseen_above_what_it_shows(plant):
    register = 100.0 + np.cumsum(np.tile(A_DAY_OF_HALF_HOURS, 10))
    await plant.record("register", register, step_s=HALF_HOUR_S)
    row = await kept(plant, await ask(plant, "register", DAY))
    assert row["last_value"] == register[-2]  # the last reading stands just at noon, where the next step begins
    assert np.all(np.diff(row["p50"]) >= 0)
    assert row["p50"][-1] - row["last_value"] == pytest.approx(A_DAY_OF_HALF_HOURS.sum(), rel=0.05)


async def test_readings_every_two_seconds_are_looked_at_more_finely_than_their_past(plant):
    await plant.record("temperature", 40 + np.zeros(180), step_s=60, until=NOON - timedelta(minutes=30))
    await plant.record("temperature", 40 + np.zeros(900), step_s=2)
    row = await kept(plant, await ask(plant, "temperature", A_QUARTER))
    assert (row["step_seconds"], len(row["p50"])) == (10, 90)


async def test_an_hour_is_foreseen_right_after_a_channel_began_to_speak_more_often(plant):
    await plant.record("temperature", 40 + np.zeros(300), step_s=60, until=NOON - timedelta(seconds=75))
    await plant.record("temperature", 40 + np.zeros(30), step_s=2)
    row = await kept(plant, await ask(plant, "temperature", timedelta(hours=1)))
    assert (row["step_seconds"], len(row["p50"])) == (30, 120)


async def test_what_is_read_after_the_present_is_not_known(plant):
    await plant.record("temperature", np.full(120, 40.0))
    await plant.record("temperature", np.full(60, 90.0), until=NOON + timedelta(hours=1))
    row = await kept(plant, await ask(plant, "temperature", A_QUARTER))
    assert max(row["p90"]) == 40.0


async def test_bad_readings_are_left_out(plant):
    await plant.record("temperature", np.full(120, 40.0))
    await plant.sql("update readings set value = 900, quality = 'BAD' where observed_at > $1", NOON - A_QUARTER)
    row = await kept(plant, await ask(plant, "temperature", A_QUARTER))
    assert row["last_value"] == 40.0


async def test_a_question_gets_the_same_forecast_until_readings_complete_a_step(plant):
    await plant.record("temperature", np.full(120, 40.0))
    first = await ask(plant, "temperature", A_QUARTER)
    plant.wait(seconds=59)
    assert await ask(plant, "temperature", A_QUARTER) == first
    assert await ask(plant, "temperature", A_QUARTER, level=0.9) != first
    assert await ask(plant, "temperature", timedelta(minutes=30)) != first
    named = await ask(plant, "temperature", A_QUARTER, model=ForecastModel.LOCAL_TREND)
    assert (await kept(plant, named))["model"] == "LOCAL_TREND"
    plant.wait(seconds=10)
    assert await ask(plant, "temperature", A_QUARTER) == first
    await plant.record("temperature", [41.0], until=NOON + timedelta(minutes=1))
    second = await ask(plant, "temperature", A_QUARTER)
    assert (await kept(plant, second))["last_value"] == 40.0  # the step of the last reading is not over
    assert second != first
    plant.wait(minutes=2)
    assert await ask(plant, "temperature", A_QUARTER) != second  # what was the first step is long over


async def test_who_asks_the_same_at_once_waits_for_the_same_forecast(plant):
    await plant.record("temperature", np.full(120, 40.0))
    people = (plant.world.viewer, plant.world.owner, plant.world.operator)
    found = await asyncio.gather(*(ask(plant, "temperature", A_QUARTER, actor=each) for each in people))
    assert len(set(found)) == 1
    assert len(await plant.sql("select from forecasts")) == 1


async def test_several_processes_answer_alike(plant, database_url):
    await plant.record("temperature", np.full(120, 40.0))
    question = Question(plant.world.channels["temperature"], Wanted(A_QUARTER))
    async with Database.open(database_url, pool_size=2) as other, open_workshop() as elsewhere:
        places = [(plant.database, plant.workshop), (other, elsewhere)]
        found = await asyncio.gather(*(foresee(*each, plant.world.viewer, [question], now=NOON) for each in places))
        again = [await foresee(*each, plant.world.viewer, [question], now=NOON) for each in places]
    assert again[0][question] == again[1][question]
    assert again[0][question] in {each[question] for each in found}


async def test_many_are_foreseen_from_one_statement(plant):
    for key in ("temperature", "setpoint"):
        await plant.record(key, np.full(120, 40.0), until=NOON - timedelta(seconds=1))
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    keys = ("temperature", "setpoint", "energy")
    questions = [Question(plant.world.channels[key], Wanted(A_QUARTER * 4)) for key in keys]
    async with plant.overhearing() as asked:
        found = await foresee(plant.database, plant.workshop, plant.world.viewer, questions, now=NOON)
    assert all(isinstance(each, UUID) for each in found.values())
    assert [each.split()[0] for each in asked] == ["select", "insert"]
    assert len(await plant.sql("select from forecasts")) == 3


async def test_a_forecast_is_scored_as_its_readings_arrive(plant):
    await plant.record("temperature", np.full(120, 40.0), until=NOON - timedelta(seconds=1))
    forecast_id = await ask(plant, "temperature", A_QUARTER)
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
    # A late reading counts once the forecast is twice as old as when it was looked at.
    await plant.record("temperature", [42.0], until=NOON + timedelta(minutes=9))
    plant.wait(minutes=4)
    assert await score(plant) == 0
    plant.wait(minutes=2)
    assert await score(plant) == 1
    assert (await kept(plant, forecast_id))["realised_count"] == 6
    plant.wait(days=31)
    assert await score(plant) == 1
    plant.wait(days=31)
    assert await score(plant) == 0


async def test_a_days_half_hours_are_scored_by_the_interval_that_they_end(plant):
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    forecast_id = await ask(plant, "energy", DAY)
    plant.wait(days=1, seconds=1)
    await plant.record("energy", A_DAY_OF_HALF_HOURS + 0.5, step_s=HALF_HOUR_S, until=NOON + DAY)
    await score(plant)
    row = await kept(plant, forecast_id)
    assert (row["realised_count"], row["realised_mae"], row["realised_coverage"]) == (48, 0.5, 0.0)


async def test_a_hole_is_scored_as_nothing_and_not_as_an_error(plant):
    await plant.record("temperature", np.full(120, 40.0), until=NOON - timedelta(seconds=1))
    forecast_id = await ask(plant, "temperature", A_QUARTER)
    plant.wait(hours=1)
    await score(plant)
    row = await kept(plant, forecast_id)
    assert (row["realised_count"], row["realised_mae"]) == (0, None)
    assert row["scored_at"] is not None


async def test_old_forecasts_are_let_go_of_unless_a_decision_rests_on_them(plant):
    await plant.record("temperature", np.full(120, 40.0))
    one = await ask(plant, "temperature", A_QUARTER)
    two = await ask(plant, "temperature", timedelta(minutes=30))
    await plant.sql(
        "insert into decisions (organisation_id, asset_id, forecast_id, rule, action, urgency, reasons)"
        " values ($1, $2, $3, 'TEST', 'INSPECT', 'LOW', '[]')",
        plant.world.organisation,
        plant.world.machine,
        two,
    )
    async with plant.database.transaction(FORESIGHT) as connection:
        assert await forecasts.prune(connection, NOON + DAY, unscored_before=NOON) == 1
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
    refusal = await ask(plant, key, A_QUARTER)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert await plant.sql("select from forecasts") == []


async def test_a_hole_of_weeks_leaves_too_little_past(plant):
    await plant.record("energy", A_DAY_OF_HALF_HOURS[:24], step_s=HALF_HOUR_S, until=NOON - 26 * DAY)
    await plant.record("energy", A_DAY_OF_HALF_HOURS[:12], step_s=HALF_HOUR_S)
    refusal = await ask(plant, "energy", DAY)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "INSUFFICIENT_HISTORY"


async def test_a_year_is_refused_with_what_can_be_told(plant):
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    refusal = await ask(plant, "energy", 365 * DAY)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "HORIZON_TOO_LONG"
    assert "P30D" in refusal.message


async def test_a_constant_is_foreseen_as_it_is_and_never_divided_by(plant):
    await plant.record("energy", np.full(480, 3.0), step_s=HALF_HOUR_S)
    row = await kept(plant, await ask(plant, "energy", DAY))
    assert row["p10"] == row["p50"] == row["p90"] == [3.0] * 48
    assert (row["backtest_mae"], row["backtest_mase"], row["backtest_wape"]) == (0.0, None, 0.0)


@pytest.mark.parametrize(
    "wanted",
    [
        {"horizon": timedelta(0)},
        {"horizon": -A_QUARTER},
        {"horizon": A_QUARTER, "level": 0.0},
        {"horizon": A_QUARTER, "level": 1.0},
        {"horizon": A_QUARTER, "level": float("nan")},
    ],
)
def test_a_question_without_sense_is_refused(wanted):
    with pytest.raises(InvalidInputError):
        Wanted(**wanted).check()


async def test_an_unknown_and_a_foreign_channel_answer_alike(plant):
    other = await make_world(plant.url, "Other")
    for channel_id in (uuid4(), other.channels["temperature"]):
        plant.world.channels["nowhere"] = channel_id
        assert isinstance(await ask(plant, "nowhere", A_QUARTER), NotFoundError)


async def test_of_what_is_asked_for_a_bounded_number_is_scored_and_the_rest_soon_let_go(plant, monkeypatch):
    monkeypatch.setattr(forecasts, "SCORED_AN_HOUR", 3)
    await plant.record("energy", np.tile(A_DAY_OF_HALF_HOURS, 10), step_s=HALF_HOUR_S)
    meter, channel = plant.world.meter, plant.world.channels["energy"]
    questions = [Question(channel, Wanted(DAY, 0.7 + place / 100)) for place in range(4)]
    questions += [Question(meter, Wanted(DAY), of_meter=True)]
    await foresee(plant.database, plant.workshop, plant.world.viewer, questions, now=NOON)
    await ask(plant, "energy", DAY, level=0.6)
    due = await plant.sql(
        "select meter_id is null as own, count(score_due_at) as due, count(*) from forecasts group by 1 order by 1"
    )
    assert [(row["own"], row["due"], row["count"]) for row in due] == [(False, 1, 1), (True, 3, 5)]
    await Rounds(plant.database, plant.workshop).issue_due(NOON)
    (regular,) = await plant.sql("select score_due_at from forecasts where regular")
    assert regular["score_due_at"] == NOON + timedelta(minutes=30)
    plant.wait(minutes=60)
    again = await kept(plant, await ask(plant, "energy", DAY, level=0.65))
    assert again["score_due_at"] is not None
    await Rounds(plant.database, plant.workshop).score_due(NOON + 2 * DAY)
    assert len(await plant.sql("select from forecasts where scored_at is null")) == 0
    assert len(await plant.sql("select from forecasts where not regular")) == 5
