"""Decisions about sensors are made once, kept while their ground is there, and let go of when it is gone."""

from datetime import timedelta

import numpy as np
import pytest

from tests.plant import Plant
from twinql.live.sensor_advice import SensorAdvice

RAISE = """
insert into alarms (organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at, updated_at)
select organisation_id, site_id, asset_id, id, $2::text::alarm_cause, 'HIGH', 'It does.', $3, $3
from channels where id = $1
"""
RETURN = """
insert into alarm_transitions (organisation_id, alarm_id, action, at, actor, observed_at, severity)
select organisation_id, id, 'RETURNED', $1, 'worker:watcher', $1, severity from alarms
"""
BESIDE = """
insert into channels (organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind)
select organisation_id, organisation_number, site_id, asset_id, 'housing', 'Housing', quantity, unit, kind
from channels where id = $1
returning id
"""
CALIBRATE = """
insert into calibrations (organisation_id, channel_id, performed_at, valid_until, performed_by, recorded_by)
select organisation_id, id, $2, $3, 'somebody', 'somebody' from channels where id = $1
"""


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        plant.advice = SensorAdvice(plant.database)
        plant.spindle = plant.world.channels["temperature"]
        plant.day = 40.0 + 5.0 * np.sin(np.arange(576) / 30.0) + 0.1 * np.random.default_rng(1).standard_normal(576)
        await plant.record("temperature", plant.day, step_s=300)
        yield plant


async def raise_alarm(plant, cause):
    await plant.sql(RAISE, plant.spindle, cause, plant.now)


async def decided(plant):
    rows = await plant.sql("select rule, action::text, status::text from decisions order by made_at, rule")
    return [tuple(row) for row in rows]


async def test_a_stuck_sensor_is_substituted_by_the_one_beside_it_until_it_is_mended(plant):
    ((beside,),) = [tuple(row) for row in await plant.sql(BESIDE, plant.spindle)]
    plant.world.channels["housing"] = beside
    await plant.record("housing", 0.8 * plant.day - 3.0, step_s=300)
    assert await plant.advice.look(plant.now) == 0
    await raise_alarm(plant, "STUCK")
    plant.wait(minutes=1)
    assert await plant.advice.look(plant.now) == 1
    assert await plant.advice.look(plant.now) == 0
    (row,) = await plant.sql("select * from decisions")
    assert (row["action"], row["rule"], row["valid_until"]) == ("SUBSTITUTE_SENSOR", "SENSOR_FAILED", None)
    why = {each["code"]: each for each in row["reasons"]}
    assert why["SUBSTITUTE_CORRELATES"]["value"] > 0.99
    assert why["SUBSTITUTE_DEVIATES"]["value"] < 0.2
    assert why["SUBSTITUTE_CORRELATES"]["channel_key"] == "housing"
    await plant.sql(RETURN, plant.now)
    assert await plant.advice.look(plant.now) == 0
    assert await decided(plant) == [("SENSOR_FAILED", "SUBSTITUTE_SENSOR", "EXPIRED")]


async def test_what_somebody_answered_is_not_said_again_for_the_same_ground(plant):
    await raise_alarm(plant, "STUCK")
    plant.wait(minutes=1)
    assert await plant.advice.look(plant.now) == 1
    await plant.sql("update decisions set status = 'REJECTED', settled_at = $1, settled_by = 'somebody'", plant.now)
    plant.wait(days=1)
    assert await plant.advice.look(plant.now) == 0
    assert await decided(plant) == [("SENSOR_FAILED", "REPLACE_SENSOR", "REJECTED")]


async def test_a_calibration_that_ends_is_said_early_and_with_more_haste_when_it_has_ended(plant):
    valid_until = plant.now + timedelta(days=20)
    await plant.sql(CALIBRATE, plant.spindle, plant.now, valid_until)
    assert await plant.advice.look(plant.now) == 0
    plant.wait(days=10)
    assert await plant.advice.look(plant.now) == 1
    plant.wait(days=15)
    assert await plant.advice.look(plant.now) == 1
    assert await decided(plant) == [
        ("CALIBRATION_DUE", "RECALIBRATE", "SUPERSEDED"),
        ("CALIBRATION_DUE", "RECALIBRATE", "OPEN"),
    ]
    await plant.sql(CALIBRATE, plant.spindle, plant.now, plant.now + timedelta(days=365))
    assert await plant.advice.look(plant.now) == 0
    assert (await decided(plant))[-1][-1] == "EXPIRED"
