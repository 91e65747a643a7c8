"""A limit that will be crossed is an alarm while there is time, and ends when the channel turns back."""

from datetime import timedelta

import numpy as np
import pytest

from tests.db.test_advising_as_readings_come import advising, rise
from tests.plant import Plant
from twinql.domain.identity import Worker
from twinql.live.foreseen import let_go

ALARMS = """
select
    a.cause::text, a.severity::text, a.state::text, a.condition_holds, a.message, a.raised_at, a.evidence,
    d.status::text as decision
from alarms as a join decisions as d on d.channel_id = a.channel_id
"""
UNWANTED = """
insert into alarm_rules (
    organisation_id, name, cause, enabled, severity, on_delay_seconds, off_delay_seconds, sensitivity
)
values ($1, 'Nothing of the future', 'LIMIT_FORESEEN', false, 'LOW', 0, 0, 1)
"""


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        noise = 0.03 * np.random.default_rng(4).standard_normal(720)
        await plant.record("temperature", 40.0 + noise, step_s=10)
        yield plant


async def test_an_alarm_comes_with_the_decision_before_the_limit_and_returns_when_the_trend_does(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        value = await rise(plant, catch_up, 25, value=40.0)
        (alarm,) = await plant.sql(ALARMS)
        assert (alarm["cause"], alarm["severity"], alarm["condition_holds"]) == ("LIMIT_FORESEEN", "MEDIUM", True)
        assert alarm["message"].startswith("temperature will be above its limit of 65 °C in about ")
        assert alarm["evidence"][0]["value"] > 65.0 > value
        assert alarm["raised_at"] <= plant.now
        await rise(plant, catch_up, 15, value=value, by=-0.1)
    (alarm,) = await plant.sql(ALARMS)
    assert (alarm["state"], alarm["condition_holds"], alarm["decision"]) == (
        "RETURNED_UNACKNOWLEDGED",
        False,
        "EXPIRED",
    )


async def test_whoever_accepts_the_decision_has_not_ended_what_is_foreseen(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        value = await rise(plant, catch_up, 25, value=40.0)
        await plant.sql("update decisions set status = 'ACCEPTED', settled_at = $1", plant.now)
        value = await rise(plant, catch_up, 5, value=value)
        assert [each["condition_holds"] for each in await plant.sql(ALARMS)] == [True]
        await rise(plant, catch_up, 15, value=value, by=-0.1)
    assert [each["condition_holds"] for each in await plant.sql(ALARMS)] == [False]


async def test_a_rule_of_people_may_want_no_such_alarm_and_the_decision_is_made_all_the_same(plant, workshop):
    await plant.sql(UNWANTED, plant.world.organisation)
    async with advising(plant, workshop) as catch_up:
        await rise(plant, catch_up, 25, value=40.0)
    assert await plant.sql("select from alarms") == []
    assert len(await plant.sql("select from decisions")) == 1


async def test_an_alarm_of_which_nobody_hears_any_more_returns(plant, workshop):
    async with advising(plant, workshop) as catch_up:
        await rise(plant, catch_up, 25, value=40.0)
    await plant.sql("update decisions set status = 'EXPIRED', settled_at = $1", plant.now)
    for waited, holds in ((timedelta(minutes=9), True), (timedelta(minutes=2), False)):
        plant.now += waited
        async with plant.database.transaction(Worker("foresight")) as connection:
            await let_go(connection, plant.now)
        assert [each["condition_holds"] for each in await plant.sql(ALARMS)] == [holds]
