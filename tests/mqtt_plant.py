"""TwinQL between a real broker and a real database, with devices to speak for."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_bytes

import asyncpg

from tests.brokers import OPEN, PATIENCE_S, broker
from tests.world import make_world
from twinql.devices.dispatcher import dispatching
from twinql.devices.mqtt.connection import Broker
from twinql.devices.mqtt.service import speaking_mqtt
from twinql.devices.mqtt.topics import Kind, Topic
from twinql.domain import global_id
from twinql.storage.api_keys import create_key, revoke_key
from twinql.storage.database import Database


class Plant:
    """A world, a broker, and TwinQL between them."""

    def __init__(self, database, world, *, broker, mqtt, sql, dispatcher):
        self.database, self.world, self.broker = database, world, broker
        self.mqtt, self.sql, self.dispatcher = mqtt, sql, dispatcher
        self.now = datetime.now(UTC).replace(microsecond=0)

    async def device(self, *keys, world=None):
        world = world or self.world
        async with self.database.transaction(world.owner) as connection:
            return await create_key(
                connection,
                organisation_id=world.organisation,
                name="A device",
                hash=token_bytes(32),
                prefix="twinql_test",
                channels=[world.channels[key] for key in keys],
                expires_at=None,
                created_by=world.owner.subject,
            )

    async def record(self, key, value):
        """Let a channel have been read, a minute ago."""
        statement = """
            insert into readings (observed_at, value, channel_number, organisation_number)
            select $1, $2, number, organisation_number from channels where id = $3
        """
        await self.sql.execute(statement, self.now - timedelta(minutes=1), value, self.world.channels[key])

    async def revoke(self, device):
        async with self.database.transaction(self.world.owner) as connection:
            assert await revoke_key(connection, device)

    def topic(self, device, kind=Kind.READINGS, world=None):
        return Topic((world or self.world).organisation, device, kind)

    def reading(self, seconds, value, key="temperature", **others):
        at = (self.now - timedelta(minutes=1) + timedelta(seconds=seconds)).isoformat()
        return {
            "channelId": global_id.encode("Channel", self.world.channels[key]),
            "observedAt": at,
            "value": value,
            **others,
        }

    async def until(self, statement, expected, *arguments):
        """Wait until a statement says what is expected."""

        async def says():
            return [row[0] for row in await self.sql.fetch(statement, *arguments)] == expected

        await until(says)

    async def refused(self, code, times=1):
        """Wait until so many were refused for this reason."""

        async def were():
            return self.mqtt.refusals.counts[code] >= times

        await until(were)
        assert self.mqtt.refusals.counts[code] == times


async def until(condition):
    """Wait until a condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


@asynccontextmanager
async def plant(database_url, tmp_path, *, lines=OPEN, tls=False, **others):
    with broker(tmp_path / "broker", lines) as running:
        async with Database.open(database_url, pool_size=4) as database:
            sql = await asyncpg.connect(database_url)
            where = Broker("127.0.0.1", running.port, tls=tls, client_id="twinql", **others)
            world = await make_world(database_url)
            async with dispatching(database) as dispatcher, speaking_mqtt(where, database, dispatcher) as mqtt:
                made = Plant(database, world, broker=running, mqtt=mqtt, sql=sql, dispatcher=dispatcher)
                await asyncio.wait_for(mqtt.standing.wait(), PATIENCE_S)
                yield made
            await sql.close()


def said(*readings):
    return json.dumps({"readings": readings})
