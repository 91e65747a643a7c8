"""An emergency stop: whoever commands triggers it, nothing is sent while it holds, an owner alone releases it."""

import asyncio

import asyncpg
import pytest

from tests.db.test_dispatching import Device
from tests.plant import Plant
from twinql.devices.dispatcher import Dispatcher
from twinql.domain.identity import Worker
from twinql.domain.interlocks.verdict import InterlockKind, refusals
from twinql.errors import ConflictError, ForbiddenError
from twinql.storage.emergency_stops import release, trigger
from twinql.storage.interlocks import take_turn

WAITS_FOR_ME = "select exists (select from pg_locks where pg_backend_pid() = any(pg_blocking_pids(pid)))"
WAITS = "select from pg_locks where locktype = 'advisory' and not granted"


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        (row,) = await plant.sql("select number from channels where key = 'setpoint'")
        plant.device = Device([row["number"]])
        plant.dispatcher = Dispatcher(plant.database, [plant.device], plant.clock)
        yield plant


async def stop(plant, actor=None, reason="Smoke"):
    return await trigger(plant.database, actor or plant.world.operator, plant.world.site, reason, now=plant.now)


async def test_it_cancels_what_waits_and_refuses_what_comes_until_an_owner_releases_it(plant):
    waiting = await plant.issue()
    later = await plant.issue(idempotency_key="later", not_before=plant.now.replace(hour=18))
    stopped = await stop(plant)
    assert (stopped.cancelled, stopped.on_their_way) == (2, 0)
    assert await plant.life(waiting.command_id) == ["REQUESTED", "QUEUED", "CANCELLED"]
    assert (await plant.life(later.command_id))[-1] == "CANCELLED"
    (row,) = await plant.sql(
        "select actor, detail from command_transitions where status = 'CANCELLED' and command_id = $1", later.command_id
    )
    assert (row["actor"], row["detail"]) == ("user:acme-operator", "An emergency stop was triggered: Smoke")
    refused = await plant.issue(idempotency_key="second")
    (verdict,) = refusals(refused.verdicts)
    assert verdict.kind is InterlockKind.EMERGENCY_STOP
    assert "Smoke" in verdict.message
    again = await stop(plant, reason="Fire")
    assert (stopped.held_before, again.held_before, again.stop_id) == (False, True, stopped.stop_id)
    with pytest.raises(ForbiddenError, match="OWNER"):
        await release(plant.database, plant.world.operator, plant.world.site, "All clear")
    assert await release(plant.database, plant.world.owner, plant.world.site, "All clear") == stopped.stop_id
    assert (await plant.issue(idempotency_key="third")).obstacles == ()
    with pytest.raises(ConflictError, match="No emergency stop"):
        await release(plant.database, plant.world.owner, plant.world.site, "All clear")


async def test_of_two_owners_at_once_one_releases_it_and_the_other_is_told_that_none_holds(plant):
    stopped = await stop(plant)
    first = await asyncpg.connect(plant.database.url)
    release_row = (
        "update emergency_stops set released_at = now(), released_by = 'a', release_reason = 'b' where id = $1"
    )
    async with first.transaction():
        await first.execute(release_row, stopped.stop_id)
        second = asyncio.create_task(release(plant.database, plant.world.owner, plant.world.site, "All clear"))
        async with asyncio.timeout(10):
            while not await first.fetchval(WAITS_FOR_ME):  # noqa: ASYNC110 - only the database knows
                await asyncio.sleep(0.01)
    with pytest.raises(ConflictError, match="No emergency stop holds"):
        await second
    await first.close()


async def test_what_was_sent_is_counted_since_nobody_can_call_it_back(plant):
    await plant.issue()
    plant.device.answer = TimeoutError()
    await plant.dispatcher.dispatch()
    stopped = await stop(plant)
    assert (stopped.cancelled, stopped.on_their_way) == (0, 1)


async def test_a_viewer_stops_nothing(plant):
    with pytest.raises(ForbiddenError, match="OPERATOR"):
        await stop(plant, plant.world.viewer)


async def test_it_waits_for_what_is_being_judged_so_that_nothing_is_sent_once_it_has_answered(plant):
    issued = await plant.issue()
    async with plant.database.transaction(Worker("dispatcher")) as connection:
        await take_turn(connection, plant.world.channels["setpoint"])
        stopping = asyncio.create_task(stop(plant))
        while not await plant.sql(WAITS):  # noqa: ASYNC110 - the database tells nobody that somebody waits
            await asyncio.sleep(0)
        assert not stopping.done()
    assert (await stopping).cancelled == 1
    await plant.dispatcher.dispatch()
    assert plant.device.heard == []
    assert (await plant.life(issued.command_id))[-1] == "CANCELLED"


async def test_the_database_sends_nothing_while_it_holds_by_whatever_way(plant):
    issued = await plant.issue()
    await plant.sql(
        "insert into emergency_stops (organisation_id, site_id, triggered_by, reason) values ($1, $2, 'me', 'Smoke')",
        plant.world.organisation,
        plant.world.site,
    )
    with pytest.raises(asyncpg.CheckViolationError, match="emergency stop"):
        await plant.sql(
            "insert into command_transitions (command_id, sequence, organisation_id, status, at, actor)"
            " values ($1, 3, $2, 'SENT', $3, 'worker:dispatcher')",
            issued.command_id,
            plant.world.organisation,
            plant.now,
        )
    await plant.dispatcher.dispatch()
    assert plant.device.heard == []
    assert await plant.life(issued.command_id) == ["REQUESTED", "QUEUED", "REJECTED"]


async def test_a_stop_that_was_released_stays_as_it_is(plant):
    await stop(plant)
    await release(plant.database, plant.world.owner, plant.world.site, "All clear")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="stays as it is"):
        await plant.sql("update emergency_stops set reason = 'Other'")
