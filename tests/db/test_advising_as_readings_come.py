"""The advisor looks at readings as they come: a pump that fails is told in seconds, and usual life tells nothing."""

from contextlib import asynccontextmanager
from datetime import timedelta

import numpy as np
import pytest

from tests.db.test_the_faults_of_the_demo_site import Running
from tests.plant import Plant
from tests.world import make_world
from twinql.domain.simulation.faults import FaultName
from twinql.live.advisor import Advisor
from twinql.live.realising import realise
from twinql.storage.database import Database
from twinql.storage.locks import Duty, take_turn
from twinql.storage.outbox import listening

STEP_S = 2
MADE = """
select d.*, c.name as channel, s.key as set_key
from decisions as d
join channels as c on c.id = d.channel_id
left join channels as s on s.id = (d.proposal ->> 'channel_id')::uuid
order by d.made_at, d.settled_at nulls last
"""


@asynccontextmanager
async def advising(told, workshop):
    """Take the turn and begin; nothing is done but what the test asks for."""
    async with listening(told.url, lambda: None) as connection:
        assert await take_turn(connection, Duty.ADVISING)
        advisor = Advisor(told.database, workshop, told.clock)
        await advisor.begin(connection)
        await advisor.learn(told.now)

        async def catch_up():
            while not await advisor.read_on(connection):
                pass

        yield catch_up


@pytest.fixture
async def running(database_url):
    world = await make_world(database_url)
    async with Database.open(database_url, pool_size=3) as database:
        running = Running(database_url, database, world.organisation)
        await running.begin()
        yield running


async def live(running, catch_up, *, seconds):
    until = running.now + timedelta(seconds=seconds)
    while running.now < until:
        running.now += timedelta(seconds=STEP_S)
        await running.demo.simulator.step(running.now.timestamp())
        await catch_up()


async def test_a_coolant_pump_that_delivers_nothing_is_a_proposal_within_25_seconds(running, workshop):
    async with advising(running, workshop) as catch_up:
        await live(running, catch_up, seconds=120)
        assert await running.sql(MADE) == []
        await running.switch(FaultName.COOLANT_FAILURE)
        began = running.now
        while not (rows := await running.sql(MADE)):
            assert running.now < began + timedelta(seconds=25)
            await live(running, catch_up, seconds=STEP_S)
    (decision,) = rows
    assert (decision["channel"], decision["action"], decision["rule"], decision["status"]) == (
        "Spindle temperature",
        "REDUCE_LOAD",
        "LIMIT_WILL_BE_CROSSED",
        "OPEN",
    )
    why = {each["code"]: each for each in decision["reasons"]}
    assert {"FORECAST_CROSSES_LIMIT", "TREND_UNLIKE_BEFORE", "COOLING_IS_ON", "PROPOSED_VALUE"} <= why.keys()
    assert why["TREND_UNLIKE_BEFORE"]["value"] < why["TREND_UNLIKE_BEFORE"]["threshold"] <= 300.0
    proposal = decision["proposal"]
    assert decision["set_key"] == "spindle_speed_setpoint"
    assert 1000.0 <= proposal["desired"] <= 6000.0
    expect = proposal["expect"]
    assert (expect["channel_id"], expect["direction"]) == (str(decision["channel_id"]), "FALLS")
    assert 0.3 < expect["by"] < 2.0
    impact = decision["expected_impact"]
    assert 60.0 < impact["time_to_threshold_s"] <= 300.0
    # Power goes with the speed of a spindle; the demo's factory has no tariff.
    assert 2.0 < impact["peak_kw"] < 10.0
    assert impact["energy_kwh"] == pytest.approx(impact["peak_kw"] / 4.0)
    assert (impact["cost"], impact["currency"]) == (None, None)
    (forecast,) = await running.sql("select * from forecasts where id = $1", decision["forecast_id"])
    assert (forecast["model"], forecast["step_seconds"], len(forecast["p50"])) == ("LOCAL_TREND", 10, 30)
    assert max(forecast["p50"]) > 65.0


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        noise = 0.03 * np.random.default_rng(4).standard_normal(720)
        await plant.record("temperature", 40.0 + noise, step_s=10)
        plant.url = database_url
        yield plant


async def rise(plant, catch_up, steps, *, value, by=0.2):
    for _ in range(steps):
        plant.wait(seconds=STEP_S)
        value += by
        await plant.record("temperature", [value], step_s=STEP_S)
        await catch_up()
    return value


async def test_a_decision_by_a_trend_is_made_once_and_let_go_of_when_the_trend_is_gone(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        value = await rise(plant, catch_up, 25, value=40.0)
        (made,) = await plant.sql(MADE)
        assert (made["action"], made["status"], made["urgency"]) == ("REDUCE_LOAD", "OPEN", "HIGH")
        await rise(plant, catch_up, 15, value=value, by=-0.1)
    (made,) = await plant.sql(MADE)
    assert made["status"] == "EXPIRED"


async def test_what_was_just_commanded_is_given_time_to_show(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        value = await rise(plant, catch_up, 25, value=40.0)
        (made,) = await plant.sql(MADE)
        issued = await plant.issue(decision_id=made["id"], desired=2000.0)
        assert issued.command_id is not None
        # It rises on: nearer to the limit there would be more haste, and the same once more.
        value = await rise(plant, catch_up, 50, value=value)
        assert len(await plant.sql(MADE)) == 1
        await rise(plant, catch_up, 15, value=value)
    *_, superseded, newest = await plant.sql(MADE)
    assert (superseded["status"], newest["status"], newest["urgency"]) == ("SUPERSEDED", "OPEN", "IMMEDIATE")


async def test_what_came_of_a_decision_is_measured_once_when_its_time_has_come(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        value = await rise(plant, catch_up, 25, value=40.0)
        await plant.sql("update decisions set status = 'ACCEPTED', settled_at = $1, settled_by = 'somebody'", plant.now)
        value = await rise(plant, catch_up, 5, value=value)
        await rise(plant, catch_up, 40, value=value, by=0.0)
        assert await realise(plant.database, plant.now) == 0
        plant.wait(minutes=5)
        assert await realise(plant.database, plant.now) == 1
        assert await realise(plant.database, plant.now) == 0
    (measured,) = await plant.sql(MADE)
    found = measured["realised_impact"]
    assert (found["limit_crossed"], found["extreme_value"]) == (False, pytest.approx(value))
    assert found["avoided"] > 10.0
    assert (found["energy_kwh"], found["cost"]) == (None, None)
    assert measured["realised_at"] == plant.now


async def test_spikes_and_steps_and_a_single_reading_beyond_make_no_decision(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        for value in (40.0, 64.0, 40.1, 40.0, 90.0, 40.0, *[48.0] * 20, *[40.0] * 20):
            await rise(plant, catch_up, 1, value=value, by=0.0)
    assert await plant.sql(MADE) == []


async def test_of_two_processes_one_advises_and_the_other_takes_over(plant, workshop):
    async with listening(plant.url, lambda: None) as second:
        async with advising(plant, workshop) as catch_up:
            assert not await take_turn(second, Duty.ADVISING)
            value = await rise(plant, catch_up, 25, value=40.0)
        await second.execute("select pg_advisory_lock(7205013)")  # Postgres takes a moment to end the other session
        assert len(await plant.sql(MADE)) == 1
        successor = Advisor(plant.database, workshop, plant.clock)
        await successor.begin(second)

        async def catch_up():
            while not await successor.read_on(second):
                pass

        # It knows the readings before its turn, and the decision that is open.
        await rise(plant, catch_up, 2, value=value)
        assert len(await plant.sql(MADE)) == 1
        await rise(plant, catch_up, 15, value=value, by=-0.2)
    (made,) = await plant.sql(MADE)
    assert made["status"] == "EXPIRED"
