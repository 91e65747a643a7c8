"""Alarms are raised once, and moved by people along the steps that ISA-18.2 knows, each in their own name."""

import asyncio
from datetime import timedelta

import pytest

from tests.plant import NOON, Plant
from tests.world import make_world
from twinql.domain.alarms.vocabulary import BY_PEOPLE, AlarmAction, AlarmState, Severity
from twinql.domain.detection.finding import Cause
from twinql.domain.identity import Worker
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.alarms import open_alarms, step
from twinql.storage.raising import Raised, close, keep_time, let_return, raise_alarm

EVIDENCE = [{"code": "LIMIT", "value": 71.2, "threshold": 70.0}]


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        # The database says when people act.
        (row,) = await plant.sql("select now()")
        plant.now = row["now"]
        yield plant


async def raised(plant, cause=Cause.LIMIT_HIGH, **others):
    """Raise one on the temperature, or raise it again; say whether anything happened."""
    due = {"severity": Severity.HIGH, "message": "Too hot.", "evidence": EVIDENCE, "score": 1.5, "raised_at": plant.now}
    due |= {"channel_id": plant.world.channels["temperature"], "cause": cause} | others
    async with plant.database.transaction(Worker("watcher")) as connection:
        return await raise_alarm(connection, Raised(**due), now=plant.now)


async def returned(plant, cause=Cause.LIMIT_HIGH):
    async with plant.database.transaction(Worker("watcher")) as connection:
        channel = plant.world.channels["temperature"]
        return await let_return(connection, channel, cause, observed_at=plant.now, now=plant.now)


async def only(plant):
    (row,) = await plant.sql("select * from alarms")
    return row


async def moved(plant, action, *, actor=None, **how):
    alarm = await only(plant)
    await step(plant.database, actor or plant.world.operator, alarm["id"], action, now=plant.now, **how)
    return AlarmState((await only(plant))["state"])


def shelf(plant, **span):
    return {"until": plant.now + timedelta(**span)}


async def life(plant):
    rows = await plant.sql("select action::text, state::text, actor from alarm_transitions order by at, sequence")
    return [tuple(row) for row in rows]


async def test_an_alarm_is_raised_with_what_shows_it(plant):
    assert await raised(plant, raised_at=NOON)
    row = await only(plant)
    assert (row["state"], row["condition_holds"], row["severity"]) == ("ACTIVE_UNACKNOWLEDGED", True, "HIGH")
    assert (row["site_id"], row["asset_id"]) == (plant.world.site, plant.world.machine)
    assert (row["message"], row["score"], row["raised_at"]) == ("Too hot.", 1.5, NOON)
    (first,) = await plant.sql("select evidence, observed_at, actor from alarm_transitions")
    assert (first["evidence"], first["observed_at"], first["actor"]) == (EVIDENCE, NOON, "watcher")
    async with plant.database.transaction(plant.world.viewer) as connection:
        (open_one,) = await open_alarms(connection, [plant.world.channels["temperature"]])
    assert (open_one.cause, open_one.state) == (Cause.LIMIT_HIGH, AlarmState.ACTIVE_UNACKNOWLEDGED)


async def test_many_at_once_raise_one_alarm_for_each_cause(plant):
    said = await asyncio.gather(*(raised(plant, cause) for cause in (Cause.LIMIT_HIGH, Cause.STALE) * 4))
    assert said.count(True) == 2
    assert len(await plant.sql("select from alarms")) == 2


async def test_it_is_acknowledged_and_closes_when_it_returns(plant):
    await raised(plant)
    assert await moved(plant, AlarmAction.ACKNOWLEDGED, comment=" seen ") is AlarmState.ACTIVE_ACKNOWLEDGED
    assert await returned(plant)
    row = await only(plant)
    assert (row["state"], row["acknowledged_by"]) == ("NORMAL", "acme-operator")
    assert row["closed_at"] is not None
    assert not await returned(plant)
    (said,) = await plant.sql("select comment from alarm_transitions where comment is not null")
    assert said["comment"] == "seen"
    assert await raised(plant)
    assert len(await plant.sql("select from alarms")) == 2


async def test_one_that_returns_unseen_stays_open_until_somebody_has_seen_it(plant):
    await raised(plant)
    await returned(plant)
    assert (await only(plant))["state"] == "RETURNED_UNACKNOWLEDGED"
    assert await moved(plant, AlarmAction.ACKNOWLEDGED) is AlarmState.NORMAL


async def test_one_that_comes_again_is_the_same_and_says_what_is_wrong_now(plant):
    await raised(plant)
    await returned(plant)
    assert await raised(plant, message="Hotter.", score=2.0)
    row = await only(plant)
    assert (row["occurrences"], row["state"], row["returned_at"]) == (2, "ACTIVE_UNACKNOWLEDGED", None)
    assert (row["message"], row["score"]) == ("Hotter.", 2.0)
    assert [action for action, *_ in await life(plant)] == ["RAISED", "RETURNED", "RAISED_AGAIN"]
    assert not await raised(plant)


async def test_on_the_shelf_it_is_silent_until_its_time_is_over(plant):
    await raised(plant)
    assert await moved(plant, AlarmAction.SHELVED, **shelf(plant, hours=1)) is AlarmState.SHELVED
    await returned(plant)
    await raised(plant)
    row = await only(plant)
    assert (row["state"], row["condition_holds"], row["occurrences"]) == ("SHELVED", True, 2)
    async with plant.database.transaction(Worker("watcher")) as connection:
        await keep_time(connection, plant.now + timedelta(minutes=59))
        assert len(await life(plant)) == 4
        await keep_time(connection, plant.now + timedelta(minutes=61))
    row = await only(plant)
    assert (row["state"], row["shelved_until"]) == ("ACTIVE_UNACKNOWLEDGED", None)
    assert (await life(plant))[-1] == ("UNSHELVED", "ACTIVE_UNACKNOWLEDGED", "watcher")


async def test_taken_from_the_shelf_it_is_what_then_holds(plant):
    await raised(plant)
    await moved(plant, AlarmAction.ACKNOWLEDGED)
    await moved(plant, AlarmAction.SHELVED, **shelf(plant, days=7))
    await returned(plant)
    assert await moved(plant, AlarmAction.UNSHELVED) is AlarmState.NORMAL


async def test_out_of_service_it_is_followed_beneath(plant):
    await raised(plant)
    assert await moved(plant, AlarmAction.TAKEN_OUT_OF_SERVICE, comment="Bearing.") is AlarmState.OUT_OF_SERVICE
    await returned(plant)
    assert await moved(plant, AlarmAction.RETURNED_TO_SERVICE) is AlarmState.RETURNED_UNACKNOWLEDGED


async def test_whoever_sees_an_alarm_may_say_something_about_it_and_nothing_moves(plant):
    await raised(plant)
    assert await moved(plant, AlarmAction.COMMENTED, comment="Looks odd.") is AlarmState.ACTIVE_UNACKNOWLEDGED


async def test_a_step_that_the_state_does_not_know_is_refused_with_where_it_stands(plant):
    await raised(plant)
    with pytest.raises(ConflictError, match="is not shelved: it is active and waits to be acknowledged"):
        await moved(plant, AlarmAction.UNSHELVED)
    with pytest.raises(ConflictError, match="is not out of service: it is active"):
        await moved(plant, AlarmAction.RETURNED_TO_SERVICE)
    await moved(plant, AlarmAction.ACKNOWLEDGED)
    with pytest.raises(ConflictError, match=r"This alarm is acknowledged already: it cannot be acknowledged\."):
        await moved(plant, AlarmAction.ACKNOWLEDGED)
    await moved(plant, AlarmAction.TAKEN_OUT_OF_SERVICE, comment="Bearing.")
    with pytest.raises(ConflictError, match="is out of service: it cannot be shelved"):
        await moved(plant, AlarmAction.SHELVED, **shelf(plant, hours=1))
    await moved(plant, AlarmAction.RETURNED_TO_SERVICE)
    await returned(plant)
    with pytest.raises(ConflictError, match="is closed: it cannot be acknowledged"):
        await moved(plant, AlarmAction.ACKNOWLEDGED)
    assert {action for action, *_ in await life(plant)} < {each.value for each in AlarmAction}


async def test_a_shelf_has_an_end_within_a_week_and_where_words_are_needed_they_are_asked_for(plant):
    await raised(plant)
    for span in (timedelta(0), timedelta(days=7, seconds=1), timedelta(days=-1)):
        with pytest.raises(InvalidInputError, match="7 days") as refused:
            await moved(plant, AlarmAction.SHELVED, until=plant.now + span)
        assert refused.value.path == ("until",)
    with pytest.raises(InvalidInputError, match="7 days"):
        await moved(plant, AlarmAction.SHELVED)
    for comment in (None, "  ", "x" * 2001):
        for action in (AlarmAction.COMMENTED, AlarmAction.TAKEN_OUT_OF_SERVICE):
            with pytest.raises(InvalidInputError, match=r"comment|Comment"):
                await moved(plant, action, comment=comment)
    assert len(await life(plant)) == 1


async def test_who_may_not_move_alarms_is_told_and_who_may_not_see_one_is_not(plant, database_url):
    await raised(plant)
    other = await make_world(database_url, "Other")
    how = {"comment": "why"} | shelf(plant, hours=1)
    for action in (AlarmAction.ACKNOWLEDGED, AlarmAction.COMMENTED, AlarmAction.SHELVED):
        with pytest.raises(ForbiddenError, match="OPERATOR"):
            await moved(plant, action, actor=plant.world.viewer, **how)
    for action in BY_PEOPLE:
        with pytest.raises(NotFoundError):
            await moved(plant, action, actor=other.owner, **how)
    assert len(await life(plant)) == 1


async def test_what_nobody_acknowledges_is_escalated_once(plant):
    (rule,) = await plant.sql(
        "insert into alarm_rules (organisation_id, name, cause, severity, escalate_after_seconds, escalate_to)"
        " values ($1, 'Hot', 'LIMIT_HIGH', 'LOW', 600, 'CRITICAL') returning id",
        plant.world.organisation,
    )
    await raised(plant, severity=Severity.LOW, rule_id=rule["id"])
    for minutes, severity in ((9, "LOW"), (10, "CRITICAL"), (20, "CRITICAL")):
        async with plant.database.transaction(Worker("watcher")) as connection:
            await keep_time(connection, plant.now + timedelta(minutes=minutes))
        assert (await only(plant))["severity"] == severity
    assert [action for action, *_ in await life(plant)] == ["RAISED", "ESCALATED"]


async def test_an_alarm_that_nobody_needs_any_more_is_closed_wherever_it_stands(plant):
    steps = (None, AlarmAction.ACKNOWLEDGED, AlarmAction.SHELVED, AlarmAction.TAKEN_OUT_OF_SERVICE)
    channel = plant.world.channels["temperature"]
    for before, cause in zip(steps, Cause, strict=False):
        await raised(plant, cause)
        (alarm,) = await plant.sql("select id from alarms where closed_at is null")
        if before is not None:
            until = plant.now + timedelta(hours=1) if before is AlarmAction.SHELVED else None
            how = {"comment": "why", "until": until, "now": plant.now}
            await step(plant.database, plant.world.operator, alarm["id"], before, **how)
        async with plant.database.transaction(Worker("watcher")) as connection:
            await close(connection, channel, cause, now=plant.now, comment="The channel was archived.")
            await close(connection, channel, cause, now=plant.now, comment="The channel was archived.")
    rows = await plant.sql("select state::text, condition_holds from alarms")
    assert [tuple(row) for row in rows] == [("NORMAL", False)] * 4
