"""The database itself refuses what cannot happen to a command, whoever writes."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import asyncpg
import pytest

from tests.plant import NOON, Plant
from twinql.domain.commands import CommandStatus, may_follow
from twinql.domain.identity import Worker

MINUTE = timedelta(minutes=1)
STEP = """
insert into command_transitions (command_id, organisation_id, status, at, actor)
select $1, organisation_id, $2::text::command_status, $3, 'worker:test' from commands limit 1
returning sequence
"""


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        yield plant


async def step(plant, command_id, status, at=NOON):
    return (await plant.sql(STEP, command_id, status, at))[0]["sequence"]


async def as_the_worker(plant, statement, *values):
    async with plant.database.transaction(Worker("test")) as connection:
        return await connection.execute(statement, *values)


async def test_the_database_and_the_domain_hold_the_same_table_of_what_may_follow(plant):
    pairs = list(product((None, *CommandStatus), CommandStatus))
    rows = await plant.sql(
        "select twinql.command_may_follow(b::text::command_status, a::text::command_status) as may"
        " from unnest($1::text[], $2::text[]) with ordinality as pair (b, a, place) order by place",
        [before and before.value for before, _ in pairs],
        [after.value for _, after in pairs],
    )
    assert [row["may"] for row in rows] == [may_follow(before, after) for before, after in pairs]
    assert sum(row["may"] for row in rows) == 31


async def test_steps_are_counted_by_the_database_and_shown_in_the_commands_row(plant):
    issued = await plant.issue()
    assert await step(plant, issued.command_id, "SENT") == 3
    assert [row["status"] for row in await plant.sql("select status from commands")] == ["SENT"]


@pytest.mark.parametrize("desired", [-1.7976931348623157e308, 1.01e100, float("nan")])
async def test_what_no_reading_can_show_is_no_command(plant, desired):
    issued = await plant.issue()
    with pytest.raises(asyncpg.CheckViolationError, match="commands_desired_check"):
        await plant.sql("update commands set desired = $2 where id = $1", issued.command_id, desired)


@pytest.mark.parametrize("status", ["VERIFIED", "ACKNOWLEDGED", "REQUESTED", "QUEUED"])
async def test_an_impossible_step_is_refused(plant, status):
    issued = await plant.issue()
    with pytest.raises(asyncpg.CheckViolationError, match=f"{status} cannot follow QUEUED"):
        await step(plant, issued.command_id, status)
    with pytest.raises(asyncpg.CheckViolationError, match="SENT cannot follow nothing"):
        await step(plant, uuid4(), "SENT")
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED"]


async def test_nothing_is_sent_too_early_or_too_late(plant):
    issued = await plant.issue(not_before=NOON + MINUTE, expires_in=MINUTE)
    for at in (NOON, NOON + 2 * MINUTE, NOON + timedelta(days=2)):
        with pytest.raises(asyncpg.CheckViolationError, match="may be sent from"):
            await step(plant, issued.command_id, "SENT", at)
    assert await step(plant, issued.command_id, "SENT", NOON + MINUTE) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "update commands set expires_at = expires_at + interval '1 year'",
        "update commands set desired = 0",
        "delete from commands",
        "update command_transitions set detail = 'else'",
        "delete from command_transitions",
    ],
)
async def test_what_was_asked_and_what_happened_stay_as_they_are(plant, statement):
    await plant.issue()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_the_worker(plant, statement)


async def test_no_status_is_written_past_the_transitions(plant):
    await plant.issue()
    with pytest.raises(asyncpg.CheckViolationError, match="newest transition"):
        await as_the_worker(plant, "update commands set status = 'VERIFIED'")
    with pytest.raises(asyncpg.CheckViolationError, match="newest transition"):
        await plant.sql(
            "insert into commands (organisation_id, channel_id, desired, idempotency_key, requested_by,"
            " expires_at, status)"
            " select organisation_id, channel_id, 1, 'by hand', 'me', expires_at, 'QUEUED' from commands"
        )
