"""Forecasts are issued and scored without anybody asking, of meters as they are billed, by one process at a time."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from tests.plant import NOON, Plant
from twinql.domain.forecasting.elsewhere import Elsewhere
from twinql.live.foresight import FORESIGHT, Question, Wanted, foresee
from twinql.live.recorded_forecasts import record_forecast
from twinql.live.rounds import Rounds
from twinql.storage import forecast_scores, forecasts
from twinql.storage.database import Database
from twinql.storage.locks import Round, one_at_a_time

HALF_HOUR_S = 1800
DAY = timedelta(days=1)
A_DAY = 1.0 + np.arange(48.0)


@pytest.fixture
async def plant(database_url, workshop):
    async with Plant.open(database_url) as plant:
        plant.workshop = workshop
        plant.rounds = Rounds(plant.database, workshop)
        yield plant


async def issued(plant):
    return await plant.sql("select * from forecasts order by issued_at, meter_id nulls last")


async def scores(plant, subject_id, *, days=40):
    async with plant.database.transaction(FORESIGHT, readonly=True) as connection:
        (found,) = await forecast_scores.scores_of(connection, [subject_id], NOON - DAY, NOON + days * DAY)
    return found


async def test_a_round_issues_a_day_of_each_meter_and_an_hour_of_each_machine(plant):
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    await plant.record("temperature", np.full(180, 40.0))
    await plant.rounds.go(NOON)
    meter, machine = await issued(plant)
    assert (meter["meter_id"], meter["channel_id"]) == (plant.world.meter, plant.world.channels["energy"])
    assert (meter["step_seconds"], len(meter["p50"]), meter["regular"]) == (HALF_HOUR_S, 48, True)
    assert meter["p50"] == meter["naive"] == A_DAY.tolist()
    assert (machine["meter_id"], machine["channel_id"]) == (None, plant.world.channels["temperature"])
    assert machine["step_seconds"] * len(machine["p50"]) == 3600
    await plant.rounds.go(NOON)
    assert len(await issued(plant)) == 2


async def test_scores_fill_by_themselves_as_readings_arrive(plant):
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    await plant.rounds.go(NOON)
    for _ in range(4):
        plant.wait(hours=6)
        place = len(await issued(plant)) - 1
        await plant.record("energy", A_DAY[12 * place : 12 * (place + 1)] + 1.0, step_s=HALF_HOUR_S)
        await plant.rounds.go(plant.now)
    first, *_ = await issued(plant)
    assert (first["realised_count"], first["realised_mae"], first["realised_coverage"]) == (48, 1.0, 0.0)
    assert first["realised_wape"] == pytest.approx(48 / (A_DAY + 1.0).sum())
    (score,) = await scores(plant, plant.world.meter)
    assert score.model == "SEASONAL_NAIVE"
    assert score.forecasts == 4
    assert score.count == 48 + 36 + 24 + 12
    assert await scores(plant, plant.world.channels["energy"]) == []


async def test_a_corrected_reading_changes_a_score_that_was_complete(plant):
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    await plant.rounds.go(NOON)
    plant.wait(days=1, minutes=1)
    await plant.record("energy", A_DAY, step_s=HALF_HOUR_S, until=NOON + DAY)
    await plant.rounds._score(plant.now)
    assert (await issued(plant))[0]["realised_mae"] == 0.0
    await plant.sql("update readings set value = value + 48 where observed_at = $1", NOON + DAY)
    plant.wait(minutes=2)
    await plant.rounds._score(plant.now)
    assert (await issued(plant))[0]["realised_mae"] == 1.0


async def test_registers_are_foreseen_together_as_what_they_count(plant):
    await plant.sql("update channels set archived_at = now() where key = 'energy'")
    await plant.sql("update channels set register = 'day', multiplier = 10 where key = 'register'")
    await plant.sql(
        "insert into channels (organisation_id, organisation_number, site_id, asset_id, key, name, register, quantity,"
        " unit, kind, resolution_seconds) select organisation_id, organisation_number, site_id, asset_id, 'night',"
        " 'Night', 'night', quantity, unit, kind, resolution_seconds from channels where key = 'register'"
    )
    (night,) = await plant.sql("select id from channels where key = 'night'")
    plant.world.channels["night"] = night["id"]
    rise = np.tile(A_DAY, 10)
    begin = NOON - 10 * DAY
    for key in ("register", "night"):
        await plant.record(key, 500.0 + np.concatenate([[0.0], np.cumsum(rise)]), step_s=HALF_HOUR_S)
    await plant.sql("update channels set resolution_seconds = 1800 where key in ('register', 'night')")
    await plant.rounds.go(NOON)
    (row,) = await issued(plant)
    assert begin < row["issued_at"]
    assert row["p50"] == pytest.approx((11 * A_DAY).tolist())
    assert row["last_value"] == pytest.approx(11 * A_DAY[-1])


async def test_what_cannot_be_foreseen_keeps_nothing_else_from_it(plant, monkeypatch):
    monkeypatch.setattr("twinql.live.rounds.AT_ONCE", 1)
    await plant.record("energy", A_DAY[:4], step_s=HALF_HOUR_S)  # too little past
    await plant.record("temperature", np.full(180, 40.0))
    await plant.rounds.go(NOON)
    assert [row["channel_id"] for row in await issued(plant)] == [plant.world.channels["temperature"]]


async def test_two_processes_issue_each_once(plant, database_url):
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    await plant.record("temperature", np.full(180, 40.0))
    async with Database.open(database_url, pool_size=2) as other:
        await asyncio.gather(plant.rounds.go(NOON), Rounds(other, plant.workshop).go(NOON))
        await asyncio.gather(plant.rounds.go(NOON), Rounds(other, plant.workshop).go(NOON))
    assert len(await issued(plant)) == 2


async def test_what_was_issued_is_scored_while_issuing_waits_for_the_worker(plant):
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    await plant.rounds.go(NOON)
    await plant.record("energy", A_DAY, step_s=HALF_HOUR_S, until=NOON + DAY)
    async with one_at_a_time(plant.database, Round.ISSUING_FORECASTS) as alone:
        assert alone
        await plant.rounds.go(NOON + DAY)
    (row,) = await issued(plant)
    assert row["realised_count"] == 48


async def test_an_old_forecast_is_let_go_of(plant):
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    await plant.rounds.go(NOON)
    plant.wait(days=31)
    await plant.rounds.go(plant.now)
    assert await issued(plant) == []


async def test_a_forecast_from_elsewhere_is_scored_beside_ours_however_long_ago_it_was_issued(plant):
    await plant.record("energy", np.tile(A_DAY, 30), step_s=HALF_HOUR_S)
    issued_at, starts_at = NOON - 40 * DAY, NOON - 20 * DAY
    given = Elsewhere("Theirs", issued_at, starts_at, DAY / 48, A_DAY - 1.0, A_DAY + 1.0, A_DAY + 2.0, 0.8)
    given = replace(given, lower=given.lower.tolist(), median=given.median.tolist(), upper=given.upper.tolist())
    meter = plant.world.meter
    key = await record_forecast(
        plant.database, plant.workshop, plant.world.operator, meter, given, of_meter=True, now=NOON
    )
    await plant.rounds.go(NOON)
    (row,) = [each for each in await issued(plant) if each["recorded_by"]]
    assert (row["id"], row["recorded_by"], row["realised_count"]) == (key, "acme-operator", 48)
    assert row["realised_wape"] == pytest.approx(48 / A_DAY.sum())
    async with plant.database.transaction(FORESIGHT, readonly=True) as connection:
        (found,) = await forecast_scores.scores_of(connection, [meter], starts_at, NOON)
    assert [(each.model, each.from_elsewhere, each.count) for each in found] == [("Theirs", True, 48)]


async def test_a_forecast_knows_nothing_of_what_was_read_after_it(plant):
    """What was issued at noon is the same, whether the afternoon is there already or not."""
    await plant.record("energy", np.tile(A_DAY, 10), step_s=HALF_HOUR_S)
    question = Question(plant.world.meter, Wanted(DAY), of_meter=True)
    await foresee(plant.database, plant.workshop, plant.world.viewer, [question], now=NOON)
    await plant.record("energy", A_DAY + 100.0, step_s=HALF_HOUR_S, until=NOON + DAY)
    await plant.sql("update forecasts set question = 'another'")
    await foresee(plant.database, plant.workshop, plant.world.viewer, [question], now=NOON)
    first, second = await issued(plant)
    assert (first["p50"], first["p10"], first["last_value"]) == (second["p50"], second["p10"], second["last_value"])


async def test_the_past_of_a_channel_is_counted_in_the_days_of_its_site(plant):
    await plant.sql("update sites set time_zone = 'Europe/London'")
    async with plant.database.transaction(FORESIGHT, readonly=True) as connection:
        meters = await forecasts.consumptions_of(connection, [plant.world.meter])
        channels = await forecasts.subjects_of(connection, [plant.world.channels["energy"]])
    zones = {each.zone for each in (*meters.values(), *channels.values())}
    assert zones == {ZoneInfo("Europe/London").key}
