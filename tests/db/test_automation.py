"""Rules of people make decisions, and TwinQL acts on them as far as it may: once, within its budget, not blindly."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.plant import Plant
from twinql.domain.automation.autonomy import AutonomyLevel
from twinql.domain.automation.condition import Condition, ConditionComparison, ConditionMeasure
from twinql.domain.automation.definition import RuleDefinition, Setpoint
from twinql.domain.automation.hours import Hours
from twinql.domain.automation.machine import Timing
from twinql.errors import ForbiddenError, InvalidInputError, NotFoundError
from twinql.live.automation import Automation
from twinql.live.autopilot import Autopilot
from twinql.storage import automation_watch, emergency_stops
from twinql.storage.automation_rules import archive_automation_rule, create_automation_rule, update_automation_rule
from twinql.storage.autonomy import pause_autonomy, resume_autonomy, set_autonomy
from twinql.storage.commands import issue
from twinql.storage.decisions import order_of
from twinql.storage.managing import Management
from twinql.storage.site_autonomy import track_records_of

AUTO = AutonomyLevel.AUTO


@pytest.fixture
async def plant(database_url, workshop):
    async with Plant.open(database_url) as plant:
        plant.management = Management(plant.database, plant.world.owner, plant.world.organisation)
        plant.automation = Automation(plant.database, workshop, plant.clock)
        plant.autopilot = Autopilot(plant.database, plant.clock)
        yield plant


def hot(plant, **changes):
    """A rule that lowers the spindle's speed where its temperature is above 60 °C."""
    channels = plant.world.channels
    condition = Condition(
        channel_id=channels["temperature"],
        measure=ConditionMeasure.VALUE,
        comparison=ConditionComparison.ABOVE,
        threshold=60.0,
        hysteresis=5.0,
    )
    setpoint = Setpoint(channel_id=channels["setpoint"], desired=6000.0)
    return replace(RuleDefinition(name="Hot", conditions=(condition,), level=AUTO, setpoint=setpoint), **changes)


async def made(plant, **changes):
    return await create_automation_rule(plant.management, hot(plant, **changes), plant.world.site)


async def trusted(plant, level="AUTO", **changes):
    changes = {"level": AutonomyLevel[level], **changes}
    await set_autonomy(plant.management, plant.world.site, changes, now=plant.now)


async def look(plant, celsius=None, **span):
    """Let time pass, perhaps a reading come, and TwinQL do what that calls for."""
    plant.wait(**(span or {"seconds": 10}))
    if celsius is not None:
        await plant.record("temperature", [celsius], step_s=1)
    await plant.automation.look()
    await plant.autopilot.act()


async def decided(plant):
    return await plant.sql("select * from decisions order by made_at, id")


async def recorded(plant):
    rows = await plant.sql("select level::text, outcome::text from autonomy_records order by recorded_at, decision_id")
    return [tuple(row) for row in rows]


async def commands(plant):
    return await plant.sql("select * from commands order by requested_at, id")


async def moved(plant, command, *statuses):
    """Let a command go through statuses."""
    for status in statuses:
        await plant.sql(
            "insert into command_transitions (command_id, organisation_id, status, at, actor)"
            " values ($1, $2, $3::text::command_status, $4, 'worker:test')",
            command["id"],
            plant.world.organisation,
            status,
            plant.now,
        )


async def alarms(plant):
    rows = await plant.sql(
        "select message, condition_holds from alarms where cause = 'AUTONOMY_FELL_BACK' order by raised_at"
    )
    return [tuple(row) for row in rows]


async def test_a_rule_decides_once_with_its_numbers_and_lets_go_when_it_no_longer_holds(plant):
    rule = await made(plant)
    for celsius in (59.0, 61.0, 62.0, 56.0):
        await look(plant, celsius)
    (decision,) = await decided(plant)
    assert (decision["status"], decision["action"], decision["urgency"]) == ("OPEN", "SET_VALUE", "MEDIUM")
    assert (decision["rule"], decision["automation_rule_id"]) == (f"AUTOMATION_RULE:{rule}", rule)
    assert (decision["asset_id"], decision["channel_id"]) == (plant.world.machine, plant.world.channels["temperature"])
    (reason,) = decision["reasons"]
    assert (reason["code"], reason["value"], reason["threshold"]) == ("CONDITION_HOLDS", 61.0, 60.0)
    assert decision["proposal"]["desired"] == 6000.0
    await look(plant, 54.0)
    (decision,) = await decided(plant)
    assert (decision["status"], decision["settled_reason"]) == (
        "EXPIRED",
        "temperature is 54 °C; asked for: above 60 °C.",
    )


async def test_what_is_stale_or_was_never_read_decides_nothing_and_says_why(plant):
    rule = await made(plant)
    said = "select outcome::text, message from automation_rules where id = $1"
    await look(plant)
    assert tuple((await plant.sql(said, rule))[0]) == (
        "UNKNOWN",
        "temperature has never been read; record a reading.",
    )
    await plant.record("temperature", [90.0], until=plant.now - timedelta(minutes=6))
    await look(plant)
    assert (await plant.sql(said, rule))[0]["outcome"] == "UNKNOWN"
    assert await decided(plant) == []


async def test_a_decision_stands_while_its_rule_holds_and_is_made_anew_after_it_lapsed_unseen(plant):
    await made(plant)
    for _ in range(5):
        await look(plant, 61.0, minutes=2)
    (decision,) = await decided(plant)
    assert decision["valid_until"] > plant.now + timedelta(minutes=3)
    await look(plant, minutes=10)
    await plant.sql("update decisions set status = 'EXPIRED', settled_at = $1", plant.now)
    await look(plant, 61.0)
    assert [each["status"] for each in await decided(plant)] == ["EXPIRED", "OPEN"]


async def test_a_forecast_that_goes_beyond_decides_before_the_value_does(plant):
    (condition,) = hot(plant).conditions
    ahead = replace(condition, measure=ConditionMeasure.FORECAST, within=timedelta(minutes=15))
    await made(plant, conditions=(ahead,))
    noise = 0.03 * np.random.default_rng(4).standard_normal(720)
    await plant.record("temperature", 40.0 + noise, step_s=10)
    await look(plant)
    assert await decided(plant) == []
    plant.wait(minutes=2)
    await plant.record("temperature", 41.0 + np.arange(12.0), step_s=10)
    await look(plant)
    (decision,) = await decided(plant)
    assert decision["reasons"][0]["value"] > 60.0


async def test_the_traits_of_a_channel_are_conditions_too(plant):
    (condition,) = hot(plant).conditions
    drifts = replace(condition, measure=ConditionMeasure.DRIFT, threshold=0.5, hysteresis=0.0)
    well = replace(condition, measure=ConditionMeasure.HEALTH, threshold=1.0, hysteresis=0.0)
    await made(plant, conditions=(drifts, well), setpoint=None)
    await plant.record("temperature", 20.0 + np.arange(40.0), step_s=60)
    await look(plant)
    (decision,) = await decided(plant)
    assert (decision["action"], decision["proposal"]) == ("INSPECT", None)
    assert decision["reasons"][0]["value"] == pytest.approx(1.0, abs=0.01)  # a degree a minute


async def test_each_level_does_what_it_may_and_no_more(plant):
    await made(plant)
    await look(plant, 61.0)
    assert (await recorded(plant), await commands(plant)) == ([("ADVISE", "ADVISED")], [])
    await trusted(plant, "SHADOW")
    await look(plant)
    assert (await recorded(plant), await commands(plant)) == ([("SHADOW", "WOULD_ISSUE")], [])
    await trusted(plant, "APPROVE")
    await look(plant)
    (command,) = await commands(plant)
    assert (await recorded(plant), command["status"]) == ([("APPROVE", "ASKED_FOR_APPROVAL")], "AWAITING_APPROVAL")
    assert (await decided(plant))[0]["status"] == "OPEN"
    await moved(plant, command, "QUEUED", "SENT")
    await look(plant, 61.0)
    assert (await decided(plant))[0]["settled_reason"] == "A person approved the command that TwinQL asked for."


async def test_what_waits_for_a_person_is_taken_back_when_its_ground_is_gone(plant):
    await made(plant)
    await trusted(plant, "APPROVE")
    await look(plant, 61.0)
    await look(plant, 54.0)
    (command,) = await commands(plant)
    assert await plant.life(command["id"]) == ["REQUESTED", "AWAITING_APPROVAL", "CANCELLED"]


async def test_at_auto_a_decision_becomes_one_command_and_is_settled(plant):
    await made(plant)
    await trusted(plant)
    for _ in range(3):
        await look(plant, 61.0)
    (decision,), (command,) = await decided(plant), await commands(plant)
    assert (command["status"], command["desired"], command["decision_id"]) == ("QUEUED", 6000.0, decision["id"])
    assert (command["requested_by"], command["idempotency_key"]) == ("autopilot", f"decision:{decision['id']}")
    assert command["reason"] == "Hot: temperature is 61 °C; asked for: above 60 °C."
    assert (decision["status"], decision["settled_by"]) == ("ACCEPTED", "autopilot")
    assert await recorded(plant) == [("AUTO", "ISSUED")]


async def test_the_lower_level_of_site_and_rule_is_in_effect(plant):
    await made(plant, level=AutonomyLevel.ADVISE)
    await trusted(plant)
    await look(plant, 61.0)
    assert await recorded(plant) == [("ADVISE", "ADVISED")]


async def test_outside_of_its_hours_a_decision_waits(plant):
    await made(plant)
    # It is noon in UTC and 13:00 in Berlin.
    await trusted(plant, hours=Hours(first_minute=8 * 60, last_minute=13 * 60))
    await look(plant, 61.0)
    assert await recorded(plant) == [("AUTO", "WAITS_FOR_HOURS")]
    await trusted(plant, hours=Hours(first_minute=8 * 60, last_minute=14 * 60))
    await look(plant)
    assert await recorded(plant) == [("AUTO", "ISSUED")]


async def test_two_processes_keep_to_one_budget_which_a_restart_does_not_renew(plant):
    setpoint = plant.world.channels["setpoint"]
    for place in range(6):
        await plant.sql(
            "insert into decisions (organisation_id, asset_id, rule, action, urgency, reasons, made_at, proposal)"
            " values ($1, $2, $3, 'REDUCE_LOAD', 'HIGH', '[]', $4, $5)",
            plant.world.organisation,
            plant.world.machine,
            f"r{place}",
            plant.now,
            {"channel_id": str(setpoint), "desired": 5000.0 + place, "action": None, "expires_in_s": 300.0},
        )
    await trusted(plant, commands_per_hour=3)
    other = Autopilot(plant.database, plant.clock)
    await asyncio.gather(plant.autopilot.act(), other.act())
    assert len(await commands(plant)) == 3
    plant.wait(minutes=59)
    await Autopilot(plant.database, plant.clock).act()
    assert len(await commands(plant)) == 3
    assert (await recorded(plant)).count(("AUTO", "WAITS_FOR_BUDGET")) == 3
    plant.wait(minutes=1, seconds=1)
    await plant.autopilot.act()
    assert len(await commands(plant)) == 6


async def test_a_pause_takes_back_what_was_not_sent_and_nothing_comes_after_it(plant):
    await made(plant)
    await trusted(plant)
    await look(plant, 61.0)
    (command,) = await commands(plant)
    world = plant.world
    paused = {"reason": "Smoke", "now": plant.now}
    taken = await pause_autonomy(plant.database, world.operator, world.organisation, world.site, **paused)
    assert (taken, (await plant.life(command["id"]))[-1]) == (1, "CANCELLED")
    for celsius in (50.0, 61.0):
        await look(plant, celsius)
    assert len(await commands(plant)) == 1
    assert (await recorded(plant))[-1] == ("ADVISE", "ADVISED")


async def test_an_operator_stops_it_and_only_an_owner_lets_it_go_on(plant):
    world = plant.world
    with pytest.raises(ForbiddenError):
        await pause_autonomy(plant.database, world.viewer, world.organisation, world.site, reason=None, now=plant.now)
    operating = Management(plant.database, world.operator, world.organisation)
    await pause_autonomy(plant.database, world.operator, world.organisation, world.site, reason=None, now=plant.now)
    with pytest.raises(ForbiddenError):
        await resume_autonomy(operating, world.site, now=plant.now)
    with pytest.raises(ForbiddenError):
        await set_autonomy(operating, world.site, {"level": AUTO}, now=plant.now)
    await resume_autonomy(plant.management, world.site, now=plant.now)
    (row,) = await plant.sql("select paused_at from site_autonomy where site_id = $1", world.site)
    assert row["paused_at"] is None


@pytest.mark.parametrize(
    ("how", "because"),
    [
        (["SENT", "TIMED_OUT"], "the device did not answer in time."),
        (["SENT", "REJECTED"], "the device refused."),
        (["EXPIRED"], "no device fetched the command in time."),
        (["SENT", "ACKNOWLEDGED", "EXECUTED", "NOT_OBSERVED"], "no reading showed its effect in time."),
    ],
)
async def test_a_command_without_effect_makes_it_fall_back_until_a_person_lets_it_go_on(plant, how, because):
    await made(plant)
    await trusted(plant)
    await look(plant, 61.0)
    (command,) = await commands(plant)
    await moved(plant, command, *how)
    for celsius in (50.0, 61.0):
        await look(plant, celsius)
    assert len(await commands(plant)) == 1
    ((message, holds),) = await alarms(plant)
    assert holds
    assert message == f"TwinQL no longer acts by itself here: setpoint was to be set to 6000 rpm, and {because}"
    await resume_autonomy(plant.management, plant.world.site, now=plant.now)
    await look(plant)
    assert [holds for _, holds in await alarms(plant)] == [False]
    assert len(await commands(plant)) == 2
    await look(plant)
    assert [holds for _, holds in await alarms(plant)] == [False]


async def test_that_another_command_came_before_its_effect_could_show_is_not_held_against_it(plant):
    await made(plant)
    await trusted(plant)
    await look(plant, 61.0)
    (command,) = await commands(plant)
    await moved(plant, command, "SENT", "ACKNOWLEDGED", "EXECUTED")
    found = {"status": "NOT_OBSERVED", "superseded_at": plant.now.isoformat()}
    await plant.sql("update commands set verification = $1 where id = $2", found, command["id"])
    await moved(plant, command, "NOT_OBSERVED")
    await look(plant, 62.0)
    assert await alarms(plant) == []


def back_and_forth(plant, name, comparison, desired):
    """A rule that sets the spindle's speed where it is beyond 5 rpm."""
    setpoint = plant.world.channels["setpoint"]
    condition = Condition(
        channel_id=setpoint,
        measure=ConditionMeasure.VALUE,
        comparison=ConditionComparison[comparison],
        threshold=5.0,
    )
    return {
        "name": name,
        "conditions": (condition,),
        "setpoint": Setpoint(channel_id=setpoint, desired=desired),
    }


@pytest.mark.parametrize("pause_s", [10, 240])
async def test_rules_that_undo_each_other_within_minutes_make_it_fall_back(plant, pause_s):
    await made(plant, **back_and_forth(plant, "Up", "BELOW", 10.0))
    await made(plant, **back_and_forth(plant, "Down", "ABOVE", 0.0))
    await trusted(plant)
    for turn in range(8):
        plant.wait(seconds=pause_s)
        await plant.record("setpoint", [10.0 * (turn % 2)], step_s=1)
        await plant.automation.look()
        await plant.autopilot.act()
        for command in await commands(plant):
            if command["status"] == "QUEUED":
                await moved(plant, command, "SENT", "ACKNOWLEDGED", "EXECUTED", "VERIFIED")
    if pause_s > 60:
        assert (len(await commands(plant)), await alarms(plant)) == (8, [])
        return
    assert len(await commands(plant)) == 5
    ((message, _),) = await alarms(plant)
    assert message == (
        "TwinQL no longer acts by itself here: setpoint was set to 0 rpm and 10 rpm by turns, 5 times within 40 s, by"
        " “Down” and “Up”; let them leave room between their conditions."
    )
    await resume_autonomy(plant.management, plant.world.site, now=plant.now)
    await look(plant)
    assert len(await commands(plant)) > 5
    assert len(await alarms(plant)) == 1


async def test_a_lower_level_takes_back_what_it_no_longer_allows_and_nothing_else(plant):
    await made(plant)
    await made(plant, name="Ask", level=AutonomyLevel.APPROVE)
    await trusted(plant)
    await look(plant, 61.0)

    async def statuses():
        rows = await plant.sql(
            "select c.status::text, r.name from commands as c join decisions as d on d.id = c.decision_id"
            " join automation_rules as r on r.id = d.automation_rule_id"
        )
        return {row["name"]: row["status"] for row in rows}

    assert await statuses() == {"Hot": "QUEUED", "Ask": "AWAITING_APPROVAL"}
    await trusted(plant, commands_per_hour=5)
    assert await statuses() == {"Hot": "QUEUED", "Ask": "AWAITING_APPROVAL"}
    await trusted(plant, "APPROVE")
    assert await statuses() == {"Hot": "CANCELLED", "Ask": "AWAITING_APPROVAL"}
    await trusted(plant, "ADVISE")
    assert await statuses() == {"Hot": "CANCELLED", "Ask": "CANCELLED"}
    (row, *_) = await plant.sql(
        "select actor, detail from command_transitions where status = 'CANCELLED' order by at, sequence"
    )
    assert (row["actor"], row["detail"]) == ("user:acme-owner", "What TwinQL does by itself was set to APPROVE.")


async def shadow_of(plant):
    async with plant.database.transaction(plant.world.viewer, readonly=True) as connection:
        (record,) = await track_records_of(connection, [(plant.world.site, plant.now - timedelta(days=1))])
    return record.shadow.decisions, record.shadow.energy_kwh


async def test_the_shadow_counts_one_cause_once_and_keeps_it_when_it_is_trusted(plant):
    await trusted(plant, "SHADOW")
    setpoint = plant.world.channels["setpoint"]

    async def decide(energy_kwh):
        """Say the same again, in the place of what was said before."""
        await plant.sql(
            "update decisions set status = 'SUPERSEDED', settled_at = $1 where rule = 'heat' and status = 'OPEN'",
            plant.now,
        )
        await plant.sql(
            "insert into decisions (organisation_id, asset_id, channel_id, rule, action, urgency, reasons, made_at,"
            " valid_until, proposal, expected_impact) values ($1, $2, $3, 'heat', 'REDUCE_LOAD', 'HIGH', '[]', $4,"
            " $5, $6, $7)",
            plant.world.organisation,
            plant.world.machine,
            plant.world.channels["temperature"],
            plant.now,
            plant.now + timedelta(minutes=5),
            {"channel_id": str(setpoint), "desired": 5000.0, "action": None, "expires_in_s": 300.0},
            {"energy_kwh": energy_kwh},
        )
        await plant.autopilot.act()

    await decide(1.912)
    plant.wait(minutes=2, seconds=20)
    await decide(2.277)
    assert await shadow_of(plant) == (1, 1.912)
    plant.wait(minutes=16)
    await decide(2.0)
    assert await shadow_of(plant) == (1, 1.912)
    await plant.sql("update decisions set status = 'EXPIRED', settled_at = $1 where status = 'OPEN'", plant.now)
    plant.wait(minutes=16)
    await decide(0.5)
    assert await shadow_of(plant) == (2, 2.412)
    await trusted(plant)
    await look(plant, 61.0)
    assert (await recorded(plant))[-1] == ("AUTO", "ISSUED")
    assert await shadow_of(plant) == (2, 2.412)


@pytest.mark.parametrize("how", ["EXPIRED", "REJECTED"])
async def test_that_nobody_approved_is_not_held_against_the_plant(plant, how):
    await made(plant)
    await trusted(plant, "APPROVE")
    await look(plant, 61.0)
    await moved(plant, (await commands(plant))[0], how)
    await look(plant, 62.0)
    assert await alarms(plant) == []


async def test_a_stale_input_makes_its_rule_fall_back_but_not_right_after_a_start(plant):
    await made(plant)
    await trusted(plant)
    await look(plant, 50.0)
    plant.automation._began_at = None
    await look(plant, minutes=6)
    assert await alarms(plant) == []
    await look(plant, minutes=1)
    ((message, holds),) = await alarms(plant)
    assert holds
    assert message == (
        "TwinQL no longer acts by itself here: temperature was last read 7 min ago (allowed: 5 min)."
        " The rule “Hot” rests on it."
    )
    await look(plant, 61.0)
    assert (await recorded(plant), await commands(plant)) == ([("ADVISE", "ADVISED")], [])


async def test_a_rule_does_not_fire_on_a_channel_that_was_archived_and_stops_acting(plant):
    rule = await made(plant, timing=Timing(holds_for=timedelta(seconds=20)))
    await trusted(plant)
    await look(plant, 61.0)
    await plant.sql("update channels set archived_at = now() where key = 'temperature'")
    plant.automation._began_at -= timedelta(minutes=1)
    await look(plant)
    await look(plant, minutes=1)
    assert (await decided(plant), await commands(plant)) == ([], [])
    (row,) = await plant.sql("select outcome::text, message, fell_back_at from automation_rules where id = $1", rule)
    assert (row["outcome"], row["message"]) == (
        "UNKNOWN",
        "temperature is archived and tells nothing of now; unarchive it, or change the rule.",
    )
    assert row["fell_back_at"] is not None


async def test_a_decision_on_a_channel_that_was_archived_is_not_acted_on(plant):
    await trusted(plant)
    await made(plant)
    await plant.automation.look()
    await plant.record("temperature", [61.0], step_s=1)
    await plant.automation.look()
    await plant.sql("update decisions set automation_rule_id = null")
    await plant.sql("update channels set archived_at = now() where key = 'temperature'")
    await plant.autopilot.act()
    assert ([each["status"] for each in await decided(plant)], await commands(plant)) == (["OPEN"], [])
    await plant.sql("update channels set archived_at = null")
    await plant.autopilot.act()
    assert len(await commands(plant)) == 1


async def test_a_decision_on_a_channel_that_went_silent_is_not_acted_on(plant):
    channels = plant.world.channels
    await plant.record("temperature", [60.0], until=plant.now - timedelta(minutes=9))
    await plant.sql(
        "insert into decisions (organisation_id, asset_id, channel_id, rule, action, urgency, reasons, made_at,"
        " proposal) values ($1, $2, $3, 'r', 'REDUCE_LOAD', 'HIGH', '[]', $4, $5)",
        plant.world.organisation,
        plant.world.machine,
        channels["temperature"],
        plant.now,
        {"channel_id": str(channels["setpoint"]), "desired": 5000.0, "action": None, "expires_in_s": 300.0},
    )
    await trusted(plant)
    await look(plant)
    assert (await recorded(plant), await commands(plant)) == ([("ADVISE", "ADVISED")], [])
    assert len(await alarms(plant)) == 1


async def test_what_an_interlock_refuses_is_recorded_with_what_it_said(plant):
    await made(plant)
    await plant.sql("update channels set writable = false where id = $1", plant.world.channels["setpoint"])
    await trusted(plant)
    await look(plant, 61.0)
    (row,) = await plant.sql("select outcome::text, message, interlocks from autonomy_records")
    assert row["outcome"] == "REFUSED"
    assert "only measured" in row["message"]
    assert {each["kind"] for each in row["interlocks"]} >= {"WRITABLE", "RANGE"}


async def test_one_process_at_a_time_looks_at_rules(plant, workshop):
    await made(plant)
    other = Automation(plant.database, workshop, plant.clock)
    assert sorted(await asyncio.gather(plant.automation.look(), other.look())) in ([0, 1], [1, 1])
    async with plant.database.pool.acquire() as held, held.transaction():
        await held.execute("select pg_advisory_xact_lock(7205, 153)")
        assert await plant.automation.look() == 0


async def test_a_rule_that_is_changed_begins_anew_and_an_archived_one_says_nothing(plant):
    rule = await made(plant)
    await look(plant, 61.0)
    (condition,) = hot(plant).conditions
    changes = {"conditions": (replace(condition, threshold=70.0),), "holds_for": timedelta(seconds=10)}
    await update_automation_rule(plant.management, rule, changes, now=plant.now)
    (row,) = await plant.sql("select phase::text, holds_for_seconds from automation_rules where id = $1", rule)
    assert tuple(row) == ("WAITING", 10)
    await archive_automation_rule(plant.management, rule, now=plant.now)
    assert await plant.automation.look() == 0


async def test_a_rule_whose_level_is_raised_acts_once_on_what_is_open(plant):
    rule = await made(plant, level=AutonomyLevel.SHADOW)
    await trusted(plant)
    await look(plant, 61.0)
    assert await recorded(plant) == [("SHADOW", "WOULD_ISSUE")]
    await update_automation_rule(plant.management, rule, {"level": AUTO, "name": "Too hot"}, now=plant.now)
    for _ in range(2):
        await plant.autopilot.act()
        await look(plant, 61.0)
    assert [each["status"] for each in await decided(plant)] == ["ACCEPTED"]
    assert len(await commands(plant)) == 1


@pytest.mark.parametrize("level", ["AUTO", "APPROVE"])
async def test_a_rule_that_is_archived_takes_what_it_decided_and_asked_for_with_it(plant, level):
    rule = await made(plant)
    await trusted(plant, level)
    await look(plant, 61.0)
    (command,) = await commands(plant)
    await archive_automation_rule(plant.management, rule, now=plant.now)
    assert (await plant.life(command["id"]))[-1] == "CANCELLED"
    (decision,) = await decided(plant)
    if level == "APPROVE":
        assert (decision["status"], decision["settled_reason"]) == ("EXPIRED", "The rule “Hot” was archived.")
    await plant.autopilot.act()
    assert len(await commands(plant)) == 1


async def test_what_a_rule_decided_ends_where_it_says_something_else_and_not_where_it_is_only_trusted_less(plant):
    rule = await made(plant)
    await trusted(plant, "APPROVE")
    await look(plant, 61.0)
    (command,) = await commands(plant)
    await update_automation_rule(plant.management, rule, {"level": AutonomyLevel.ADVISE}, now=plant.now)
    assert (await plant.life(command["id"]))[-1] == "CANCELLED"
    await look(plant, 61.0)
    assert (await recorded(plant), (await decided(plant))[0]["status"]) == ([("ADVISE", "ADVISED")], "OPEN")
    (condition,) = hot(plant).conditions
    changes = {"conditions": (replace(condition, threshold=60.5),)}
    await update_automation_rule(plant.management, rule, changes, now=plant.now)
    assert (await decided(plant))[0]["settled_reason"] == "The rule “Hot” was changed."
    await look(plant, 61.0)
    assert [each["status"] for each in await decided(plant)] == ["EXPIRED", "OPEN"]


async def test_a_look_at_a_rule_that_is_archived_meanwhile_decides_nothing(plant, monkeypatch):
    rule = await made(plant)
    await plant.record("temperature", [61.0], step_s=1)
    remember = automation_watch.remember

    async def late(*seen):
        await archive_automation_rule(plant.management, rule, now=plant.now)
        return await remember(*seen)

    monkeypatch.setattr(automation_watch, "remember", late)
    plant.wait(seconds=10)
    await plant.automation.look()
    assert await decided(plant) == []


async def test_what_an_interlock_refused_is_tried_again_each_minute_and_goes_out_once_nothing_refuses_it(plant):
    world = plant.world
    await made(plant)
    await trusted(plant, commands_per_hour=1)
    await emergency_stops.trigger(plant.database, world.operator, world.site, "Smoke", now=plant.now)
    for _ in range(3):
        await look(plant, 61.0, minutes=1)
    assert (await recorded(plant), len(await commands(plant))) == ([("AUTO", "REFUSED")], 1)
    await emergency_stops.release(plant.database, world.owner, world.site, "It is out.")
    await look(plant, 61.0)
    assert await recorded(plant) == [("AUTO", "REFUSED")]
    await look(plant, 61.0, minutes=1)
    assert await recorded(plant) == [("AUTO", "ISSUED")]
    (decision,), (refused, command) = await decided(plant), await commands(plant)
    assert (refused["status"], command["status"]) == ("REJECTED", "QUEUED")
    assert command["idempotency_key"] == f"decision:{decision['id']}:2"


async def test_what_was_refused_or_cancelled_before_it_was_sent_is_another_attempt_and_nothing_else_is(plant):
    await made(plant)
    await trusted(plant, "APPROVE")
    await look(plant, 61.0)
    (decision,) = await decided(plant)
    keys = []
    for statuses in ([], ["CANCELLED"], ["QUEUED"], ["SENT", "REJECTED"]):
        for status in statuses:
            await moved(plant, (await commands(plant))[-1], status)
        order = await order_of(plant.database, plant.world.operator, decision["id"])
        keys.append(order.idempotency_key)
        plant.wait(seconds=1)
        await issue(plant.database, plant.world.operator, replace(order, needs_approval=True), now=plant.now)
    first = f"decision:{decision['id']}"
    assert keys == [first, f"{first}:2", f"{first}:2", f"{first}:2"]
    assert len(await commands(plant)) == 2


@pytest.mark.parametrize(("comparison", "threshold"), [("ABOVE", 100.0), ("ABOVE", 700.0), ("BELOW", 0.0)])
async def test_a_threshold_that_can_never_be_passed_is_refused_by_range_or_quantity(plant, comparison, threshold):
    channel = plant.world.channels["temperature"]
    (condition,) = hot(plant).conditions
    never = replace(condition, comparison=ConditionComparison[comparison], threshold=threshold, hysteresis=0.0)
    for known in (
        "quantity = 'HUMIDITY', unit = 'PERCENT'",
        "quantity = 'TEMPERATURE', unit = 'DEGREE_CELSIUS', plausible_minimum = 0, plausible_maximum = 100",
    ):
        await plant.sql(f"update channels set {known} where id = $1", channel)
        with pytest.raises(InvalidInputError, match="reads 0 to 100, so this would never hold") as raised:
            await made(plant, conditions=(never,))
        assert raised.value.path == ("conditions", "0", "threshold")
        await made(plant, name=known, conditions=(replace(never, threshold=50.0),))


async def test_a_channel_of_another_site_or_organisation_is_not_found(plant, database_url):
    del database_url
    (condition,) = hot(plant).conditions
    with pytest.raises(NotFoundError) as raised:
        await made(plant, conditions=(condition, replace(condition, channel_id=plant.world.site)))
    assert raised.value.path == ("conditions", "1", "channelId")
