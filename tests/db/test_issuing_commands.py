"""Commands are taken on once, judged by every interlock, and kept with what was said."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.plant import Plant
from tests.world import make_world
from twinql.domain.identity import Worker
from twinql.domain.interlocks.verdict import InterlockKind, refusals
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        yield plant


async def stored(plant):
    return await plant.sql("select * from commands order by requested_at")


def refused(issued):
    return [verdict.kind for verdict in refusals(issued.verdicts)]


async def test_a_command_that_passes_is_queued_with_all_that_was_asked(plant):
    issued = await plant.issue(desired=6000.0, reason="quieter")
    (row,) = await stored(plant)
    assert (row["id"], row["status"], row["desired"]) == (issued.command_id, "QUEUED", 6000.0)
    assert (row["requested_by"], row["reason"]) == ("acme-operator", "quieter")
    assert row["expires_at"] - row["requested_at"] == timedelta(minutes=5)
    assert issued.obstacles == ()
    assert not issued.replayed
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED"]
    who = await plant.sql("select actor from command_transitions order by sequence")
    assert [row["actor"] for row in who] == ["user:acme-operator", "worker:interlocks"]


async def test_the_same_key_and_input_give_the_same_command(plant):
    first = await plant.issue(desired=6000.0)
    plant.wait(minutes=3)
    again = await plant.issue(desired=6000.0)
    assert again.replayed
    assert (again.command_id, again.verdicts) == (first.command_id, first.verdicts)
    assert len(await stored(plant)) == 1


@pytest.mark.parametrize(
    "other",
    [{"desired": 6001.0}, {"reason": "other"}, {"expires_in": timedelta(minutes=6)}, {"key": "execution"}],
)
async def test_the_same_key_for_another_order_is_a_conflict(plant, other):
    await plant.record("execution", [1.0])
    await plant.issue(desired=6000.0)
    with pytest.raises(ConflictError, match="another command"):
        await plant.issue(**({"desired": 6000.0} | other))
    assert len(await stored(plant)) == 1


async def test_two_callers_with_one_key_at_once_make_one_command(plant):
    both = await asyncio.gather(*(plant.issue(desired=6000.0) for _ in range(4)))
    assert len({issued.command_id for issued in both}) == 1
    assert sorted(issued.replayed for issued in both) == [False, True, True, True]
    assert len(await stored(plant)) == 1


async def test_a_key_belongs_to_one_organisation(plant):
    mine = await plant.issue(desired=6000.0)
    other = await make_world(plant.url, "Other")
    plant.world, mine_world = other, plant.world
    await plant.record("setpoint", [9000.0])
    theirs = await plant.issue(desired=6000.0)
    assert mine.command_id != theirs.command_id
    plant.world = mine_world
    assert (await plant.issue(desired=6000.0)).command_id == mine.command_id


@pytest.mark.parametrize("desired", [-1.0, 12_001.0])
async def test_a_value_out_of_range_is_kept_as_rejected_with_the_reason(plant, desired):
    issued = await plant.issue(desired=desired)
    assert refused(issued) == [InterlockKind.RANGE]
    assert "0 to 12000" in issued.obstacles[0]
    assert await plant.life(issued.command_id) == ["REQUESTED", "REJECTED"]
    (row,) = await plant.sql("select detail from command_transitions where status = 'REJECTED'")
    assert row["detail"] == issued.obstacles[0]


async def test_a_measured_channel_takes_no_command(plant):
    await plant.record("temperature", [40.0])
    issued = await plant.issue("temperature", desired=20.0)
    assert refused(issued) == [InterlockKind.WRITABLE]
    assert await plant.life(issued.command_id) == ["REQUESTED", "REJECTED"]


async def test_an_archived_channel_takes_no_command(plant):
    await plant.sql("update channels set archived_at = now() where key = 'setpoint'")
    assert refused(await plant.issue()) == [InterlockKind.WRITABLE]


@pytest.mark.parametrize("desired", [float("nan"), float("inf"), float("-inf"), -1.7976931348623157e308, 1.01e100])
async def test_what_no_reading_can_show_is_answered_and_not_kept(plant, desired):
    await plant.sql("update channels set plausible_minimum = null, plausible_maximum = null where key = 'setpoint'")
    issued = await plant.issue(desired=desired)
    assert InterlockKind.RANGE in refused(issued)
    assert issued.command_id is None
    assert await stored(plant) == []


@pytest.mark.parametrize("days", [-1, 0, 365])
async def test_a_life_that_is_past_or_endless_is_answered_and_not_kept(plant, days):
    issued = await plant.issue(expires_in=timedelta(days=days))
    assert refused(issued) == [InterlockKind.EXPIRY]
    assert "24 hours" in issued.obstacles[0]
    assert issued.command_id is None
    assert await stored(plant) == []


async def test_a_dry_run_says_everything_and_changes_nothing(plant):
    good = await plant.issue(dry_run=True)
    bad = await plant.issue(dry_run=True, desired=1e9, expires_in=timedelta(days=365))
    assert good.obstacles == ()
    assert len(good.verdicts) == 5
    assert refused(bad) == [InterlockKind.RANGE, InterlockKind.EXPIRY]
    assert await stored(plant) == []


async def test_a_state_can_be_asked_for_by_its_label(plant):
    await plant.sql("update channels set writable = true where key = 'execution'")
    await plant.record("execution", [0.0])
    issued = await plant.issue("execution", action="running")
    (row,) = await stored(plant)
    assert (row["id"], row["desired"], row["action"]) == (issued.command_id, 1.0, "running")
    with pytest.raises(InvalidInputError, match="IDLE, RUNNING"):
        await plant.issue("execution", action="FLYING", idempotency_key="other")
    with pytest.raises(InvalidInputError, match="has no states"):
        await plant.issue(action="RUNNING", idempotency_key="other")


@pytest.mark.parametrize(
    "order",
    [
        {"idempotency_key": ""},
        {"idempotency_key": "k" * 201},
        {"desired": None},
        {"desired": 1.0, "action": "RUNNING"},
        {"reason": "r" * 1001},
    ],
)
async def test_an_order_that_contradicts_itself_is_refused(plant, order):
    with pytest.raises(InvalidInputError):
        await plant.issue(**order)
    assert await stored(plant) == []


async def test_an_unknown_and_a_foreign_channel_answer_alike(plant):
    other = await make_world(plant.url, "Other")
    said = []
    for channel_id in (uuid4(), other.channels["setpoint"]):
        plant.world.channels["nowhere"] = channel_id
        with pytest.raises(NotFoundError) as refusal:
            await plant.issue("nowhere")
        said.append(refusal.value.message)
    assert said[0] == said[1]


async def test_an_unknown_decision_is_not_found(plant):
    with pytest.raises(NotFoundError, match="decision"):
        await plant.issue(decision_id=uuid4())


async def test_a_viewer_may_ask_but_not_command(plant):
    assert (await plant.issue(actor=plant.world.viewer, dry_run=True)).obstacles == ()
    with pytest.raises(ForbiddenError, match="OPERATOR"):
        await plant.issue(actor=plant.world.viewer)
    assert await stored(plant) == []


async def test_background_work_may_command_under_its_name(plant):
    issued = await plant.issue(actor=Worker("autonomy"))
    (row,) = await plant.sql(
        "select actor from command_transitions where command_id = $1 and sequence = 1", issued.command_id
    )
    assert row["actor"] == "worker:autonomy"


async def test_the_life_of_a_command_is_only_ever_added_to(plant):
    issued = await plant.issue()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="only ever added to"):
        await plant.sql("update command_transitions set status = 'EXECUTED' where command_id = $1", issued.command_id)


async def test_followers_are_told_of_a_command(plant):
    issued = await plant.issue()
    rows = await plant.sql("select payload from twinql_private.outbox where kind = 'COMMANDS'")
    assert {row["payload"]["id"][0] for row in rows} == {str(issued.command_id)}


async def told_of(plant, kind="COMMANDS"):
    rows = await plant.sql("select payload from twinql_private.outbox where kind = $1 order by position", kind)
    return [row["payload"]["id"] for row in rows]


async def test_followers_are_told_once_of_all_that_became_of_commands_in_one_commit(plant):
    first, second = await plant.issue(), await plant.issue(idempotency_key="second")
    assert await plant.life(first.command_id) == ["REQUESTED", "QUEUED"]
    each = [[str(first.command_id)], [str(second.command_id)]]
    assert await told_of(plant) == each
    touch = "update commands set status = status where id = $1"
    ids = [first.command_id, second.command_id]
    async with plant.database.pool.acquire() as connection:
        await connection.execute(touch, ids[0])
        await connection.execute(touch, ids[0])
        assert await told_of(plant) == [*each, each[0], each[0]]
        async with connection.transaction():
            for one in (*ids, *ids):
                await connection.execute(touch, one)
            await connection.execute("update commands set status = status")
        assert (await told_of(plant))[4:] == each
        # What was told within a savepoint that is gone is told after it; and nobody hides a change by a setting.
        async with connection.transaction():
            savepoint = connection.transaction()
            await savepoint.start()
            await connection.execute(touch, ids[0])
            await savepoint.rollback()
            newest = "(select string_agg(id::text, ',') from twinql_private.outbox)"
            await connection.execute(f"select set_config('twinql.announced_commands', {newest}, true)")
            await connection.execute(touch, ids[0])
    assert (await told_of(plant))[6:] == [each[0]]
