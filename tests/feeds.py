"""What tests of the live feed share: channels to write to with plain SQL, and patient readers."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from tests.world import make_world
from twinql.domain.events import EventKind, Following
from twinql.live.tail import Tail

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
PATIENCE_S = 20.0

_INSERT = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $1::timestamptz + n * interval '1 second', n, $2, $3 from generate_series($4::int, $5::int) as n
"""


class Site:
    """One organisation's channels, written to with plain SQL."""

    NOWHERE = UUID("00000000-0000-4000-8000-000000000000")

    def __init__(self, url, world, numbers, connection):
        self.url, self.world, self.numbers, self.connection = url, world, numbers, connection

    def following(self, *keys, **others):
        return Following(self.world.number, channels=frozenset(self.numbers[key] for key in keys), **others)

    async def insert(self, first, last=None, *, key="temperature", connection=None):
        await (connection or self.connection).execute(
            _INSERT, NOON, self.numbers[key], self.world.number, first, first if last is None else last
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, url, name="Acme", *, world=None):
        world = world or await make_world(url, name)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("select twinql.prepare_readings($1, $1)", NOON)
            rows = await connection.fetch(
                "select key, number from channels where organisation_id = $1", world.organisation
            )
            yield cls(url, world, {row["key"]: row["number"] for row in rows}, connection)
        finally:
            await connection.close()


@asynccontextmanager
async def tailed(feed, url, **how):
    """Run a tail for a feed, without the service around it."""
    task = asyncio.create_task(Tail(url, feed, **how).follow())
    try:
        await begun(feed)
        yield feed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def begun(feed):
    """Wait until the tail has begun."""
    async with asyncio.timeout(PATIENCE_S):
        await feed.begun.wait()


async def caught_up(feed, database, organisation_number):
    """Wait until the tail of a feed has read what was committed so far: whoever comes back finds it in the past."""
    async with database.pool.acquire() as connection:
        newest = await connection.fetchval("select max(position) from twinql_private.outbox")
    beside = frozenset(set(EventKind) - {EventKind.READINGS, EventKind.RANGES, EventKind.UNKNOWN})
    with feed.follow(Following(organisation_number, everything=True, beside=beside)) as witness:
        while newest is not None and feed.at.position < newest:
            await following_batch(witness)


async def following_batch(follower):
    async with asyncio.timeout(PATIENCE_S):
        return await anext(follower)


async def values_of(follower, count):
    """Read until so many readings have come, and return their values with the last cursor."""
    values, cursor = [], None
    while len(values) < count:
        batch = await following_batch(follower)
        assert batch.gap is None, batch
        values += [reading.value for reading in batch.readings]
        cursor = batch.cursor
    return values, cursor
