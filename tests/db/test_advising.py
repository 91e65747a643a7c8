"""The advisor looks ahead by itself, decides once, keeps to it while it holds, and lets go of it when it does not."""

from datetime import timedelta

import numpy as np
import pytest

from tests.plant import NOON, Plant
from twinql.live import advice
from twinql.live.advisor import Advisor

STEP_S = 10


@pytest.fixture
async def plant(database_url, workshop):
    async with Plant.open(database_url) as plant:
        noise = 0.03 * np.random.default_rng(4).standard_normal(720)
        await plant.record("temperature", 40.0 + noise, step_s=STEP_S)
        plant.advisor = Advisor(plant.database, workshop)
        yield plant


async def rise(plant, steps, *, by=1.0):
    """Let the spindle warm by so much each step, and look ahead after each one."""
    (row,) = await plant.sql(
        "select value from readings where channel_number = (select number from channels where id = $1)"
        " order by observed_at desc limit 1",
        plant.world.channels["temperature"],
    )
    value = row["value"]
    for _ in range(steps):
        plant.wait(seconds=STEP_S)
        value += by
        await plant.record("temperature", [value], step_s=STEP_S)
        await plant.advisor.look(plant.now)
    return value


async def decided(plant):
    return await plant.sql("select * from decisions order by made_at, settled_at nulls last")


async def test_a_calm_machine_gets_a_forecast_and_no_decision(plant):
    assert await plant.advisor.look(plant.now) == 1
    assert await decided(plant) == []
    (row,) = await plant.sql("select * from forecasts")
    assert (row["channel_id"], row["step_seconds"], len(row["p50"])) == (plant.world.channels["temperature"], 10, 90)


async def test_without_new_readings_it_does_not_look_again(plant):
    assert await plant.advisor.look(plant.now) == 1
    assert await plant.advisor.look(plant.now) == 0


async def test_forecasts_are_kept_at_a_bounded_rate(plant):
    await rise(plant, 20, by=0.0)
    assert len(await plant.sql("select from forecasts")) == 1
    plant.wait(minutes=14)
    await rise(plant, 2, by=0.0)
    assert len(await plant.sql("select from forecasts")) == 2


async def test_a_limit_ahead_is_decided_on_before_it_is_reached(plant):
    value = await rise(plant, 12)
    assert value < 55.0
    decision, *_ = await decided(plant)
    assert (decision["status"], decision["action"]) == ("OPEN", "REDUCE_LOAD")
    assert decision["rule"] == "LIMIT_WILL_BE_CROSSED"
    assert (decision["asset_id"], decision["channel_id"]) == (plant.world.machine, plant.world.channels["temperature"])
    assert 0.5 <= decision["confidence"] <= 1.0
    first = decision["reasons"][0]
    assert (first["code"], first["threshold"], first["unit"]) == ("FORECAST_CROSSES_LIMIT", 65.0, "DEGREE_CELSIUS")
    assert first["value"] > 65.0
    assert 0 < decision["expected_impact"]["time_to_threshold_s"] <= 900
    assert {other["action"] for other in decision["alternatives"]} == {
        "RESTORE_COOLING",
        "RAISE_COOLING",
        "INSPECT",
        "CONTINUE_MONITORING",
    }
    (row,) = await plant.sql("select max(p50[90]) as last from forecasts where id = $1", decision["forecast_id"])
    assert row["last"] > 65.0


async def test_a_decision_is_made_once_and_replaced_only_with_more_haste(plant):
    await rise(plant, 30)
    rows = await decided(plant)
    assert [row["status"] for row in rows][:-1] == ["SUPERSEDED"] * (len(rows) - 1)
    assert rows[-1]["status"] == "OPEN"
    order = ["LOW", "MEDIUM", "HIGH", "IMMEDIATE"]
    haste = [order.index(row["urgency"]) for row in rows]
    assert haste == sorted(set(haste))
    assert rows[-1]["urgency"] == "IMMEDIATE"


async def test_a_decision_whose_ground_is_gone_is_let_go_of(plant):
    await rise(plant, 18)
    await rise(plant, 10, by=-1.0)
    await rise(plant, 15, by=0.0)
    assert {row["status"] for row in await decided(plant)} <= {"EXPIRED", "SUPERSEDED"}
    assert "EXPIRED" in {row["status"] for row in await decided(plant)}


async def test_a_decision_that_nobody_renews_expires(plant):
    await rise(plant, 18)
    plant.wait(minutes=6)
    await plant.advisor.look(plant.now)
    assert {row["status"] for row in await decided(plant)} <= {"EXPIRED", "SUPERSEDED"}


async def test_what_a_person_has_just_rejected_is_not_said_again(plant):
    await rise(plant, 18)
    count = len(await decided(plant))
    reject = "update decisions set status = 'REJECTED', urgency = 'IMMEDIATE', settled_at = $1 where status = 'OPEN'"
    await plant.sql(reject, plant.now)
    await rise(plant, 3)
    assert len(await decided(plant)) == count


async def carry_out(plant, desired, **order):
    """Set what the machine may be set to, by a device that does it at once."""
    issued = await plant.issue(desired=desired, **order)
    await plant.sql(
        "insert into command_transitions (command_id, organisation_id, status, at, actor)"
        " select id, organisation_id, 'SENT', $2, 'test' from commands where id = $1",
        issued.command_id,
        plant.now,
    )
    for status in ("ACKNOWLEDGED", "EXECUTED"):
        await plant.report(issued.command_id, status)


async def test_what_was_accepted_is_said_again_as_soon_as_it_was_undone(plant):
    await rise(plant, 18)
    made = await decided(plant)
    accept = "update decisions set status = 'ACCEPTED', urgency = 'IMMEDIATE', settled_at = $1 where status = 'OPEN'"
    await plant.sql(accept, plant.now)
    await carry_out(plant, 30.0, idempotency_key="theirs", decision_id=made[-1]["id"])
    await rise(plant, 18, by=-0.5)
    await rise(plant, 6)
    assert len(await decided(plant)) == len(made)
    await carry_out(plant, 60.0, idempotency_key="mine")
    await rise(plant, 3)
    assert len(await decided(plant)) == len(made) + 1


async def add_pump(plant):
    """Give the machine a coolant pump that is off."""
    await plant.sql(
        """
        with pump as (
            insert into assets (organisation_id, site_id, kind, name, parent_id)
            select organisation_id, site_id, kind, 'Coolant pump', id from assets where id = $1 returning *
        ),
        machine as (insert into machines (id, organisation_id, kind) select id, organisation_id, kind from pump),
        running as (
            insert into channels (
                organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, states,
                writable
            )
            select p.organisation_id, $2, p.site_id, p.id, 'running', 'Running', 'SWITCH', 'ONE', 'STATE', '[]', true
            from pump as p
            returning number, organisation_number
        )
        insert into readings (observed_at, value, channel_number, organisation_number)
        select $3, 0, number, organisation_number from running
        """,
        plant.world.machine,
        plant.world.number,
        NOON,
    )


async def switch_on(plant):
    await plant.sql(
        "insert into readings (observed_at, value, channel_number, organisation_number)"
        " select $1, 1, number, organisation_number from channels where key = 'running'",
        plant.now,
    )


async def test_a_stopped_pump_is_named_as_what_to_restore(plant):
    await add_pump(plant)
    await rise(plant, 18)
    decision = (await decided(plant))[-1]
    assert decision["action"] == "RESTORE_COOLING"
    why = {reason["code"]: reason for reason in decision["reasons"]}
    assert (why["COOLING_IS_OFF"]["value"], why["COOLING_IS_OFF"]["channel_key"]) == (0.0, "running")


async def test_a_pump_that_is_on_again_is_given_time_to_show(plant):
    await add_pump(plant)
    await rise(plant, 18)
    await switch_on(plant)
    await rise(plant, 2)
    await rise(plant, 20, by=-0.5)
    rows = await decided(plant)
    assert {row["action"] for row in rows} == {"RESTORE_COOLING"}
    assert "OPEN" not in {row["status"] for row in rows}


async def test_a_decision_to_restore_cooling_ends_as_soon_as_cooling_is_back(plant):
    await add_pump(plant)
    await rise(plant, 12)
    assert (await decided(plant))[-1]["status"] == "OPEN"
    made = len(await decided(plant))
    await switch_on(plant)
    await rise(plant, 1, by=0.5)
    rows = await decided(plant)
    assert (rows[-1]["status"], len(rows)) == ("EXPIRED", made)
    assert rows[-1]["settled_reason"].startswith("Cooling is back: Coolant pump: Running was switched on at ")
    await rise(plant, 4, by=0.5)
    assert len(await decided(plant)) == made


async def test_a_pump_that_is_on_and_does_not_help_calls_for_another_measure(plant):
    await add_pump(plant)
    await rise(plant, 18)
    await switch_on(plant)
    await rise(plant, 8)
    rows = await decided(plant)
    assert (rows[-1]["action"], rows[-1]["status"]) == ("REDUCE_LOAD", "OPEN")


async def test_a_channel_that_breaks_the_mathematics_does_not_blind_it_to_others(plant, monkeypatch):
    await plant.sql("update channels set limit_high = 9 where key = 'energy'")
    await plant.record("energy", np.ones(200), step_s=1800)
    recommend = advice.recommend

    def breaking(outlook, **given):
        return recommend(outlook, **given) if outlook.quantity == "TEMPERATURE" else 1 / 0

    monkeypatch.setattr(advice, "recommend", breaking)
    assert await plant.advisor.look(plant.now) == 2
    assert [row["channel_id"] for row in await plant.sql("select channel_id from forecasts")] == [
        plant.world.channels["temperature"]
    ]


async def test_too_short_a_past_is_a_decision_until_enough_is_read(plant):
    await plant.sql("update channels set limit_high = 9 where key = 'energy'")
    await plant.record("energy", np.ones(5), step_s=1800)
    assert await plant.advisor.look(plant.now) == 2
    (row,) = await decided(plant)
    assert (row["action"], row["rule"], row["status"]) == ("INSUFFICIENT_HISTORY", "LIMIT_CANNOT_BE_FORESEEN", "OPEN")
    assert (row["channel_id"], row["proposal"]) == (plant.world.channels["energy"], None)
    assert "takes" in row["reasons"][0]["message"]
    # What is not looked at again stays as it is.
    await rise(plant, 1, by=0.0)
    assert [row["status"] for row in await decided(plant)] == ["OPEN"]
    await plant.record("energy", np.ones(200), step_s=1800, until=plant.now - timedelta(hours=3))
    plant.wait(minutes=30)
    await plant.record("energy", [1.0], step_s=1800)
    await plant.advisor.look(plant.now)
    assert [row["status"] for row in await decided(plant)] == ["EXPIRED"]


async def test_an_old_channel_is_not_looked_at(plant):
    plant.wait(hours=1)
    assert await plant.advisor.look(plant.now) == 0


async def test_followers_are_told_of_decisions(plant):
    await rise(plant, 18)
    rows = await plant.sql("select payload from twinql_private.outbox where kind = 'DECISIONS'")
    told = {decision_id for row in rows for decision_id in row["payload"]["id"]}
    assert told == {str(row["id"]) for row in await decided(plant)}
    assert len(rows) <= 3 * len(told)
