"""However much one operation asks for at once, connections are left for others."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.feeds import A_DAY
from tests.world import make_world
from twinql.context import MOST_CONNECTIONS, Context
from twinql.live import open_feed
from twinql.storage.database import Database


@pytest.fixture
async def context(database_url):
    world = await make_world(database_url)
    async with (
        Database.open(database_url, pool_size=MOST_CONNECTIONS + 1) as database,
        open_feed(database, database_url, retention=A_DAY) as feed,
    ):
        yield Context(database=database, actor=world.owner, now=datetime.now(UTC), feed=feed)


async def test_one_operation_holds_few_connections_and_another_is_not_kept_waiting(context):
    held, most, enough = 0, 0, asyncio.Event()

    async def ask():
        nonlocal held, most
        async with context.reading() as connection:
            held += 1
            most = max(most, held)
            if held == MOST_CONNECTIONS:
                enough.set()
            await released.wait()
            await connection.fetchval("select 1")
            held -= 1

    released = asyncio.Event()
    async with asyncio.timeout(timedelta(seconds=20).total_seconds()), asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(ask())
        await enough.wait()
        async with context.fresh().reading() as connection:  # while the other one holds all that it may
            assert await connection.fetchval("select 1") == 1
        released.set()
    assert most == MOST_CONNECTIONS
