"""Measures from issuing a command, by broker and device, to its acknowledgement on the feed.

Run: python benchmarks/bench_mqtt_commands.py [--commands 500] [--every 0.05] [--folder /dev/shm]. It needs mosquitto,
starts a Postgres of its own, and as the device agents/mqtt_device.py in a process of its own, which writes each command
into its journal on the disk. The clock runs from before the command is issued until a subscription tells that it is
acknowledged; a device that does it at once says both in one.
"""

import argparse
import asyncio
import os
import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.brokers import BrokerProcess
from tests.world import World, make_world
from twinql.devices.dispatcher import dispatching
from twinql.devices.mqtt import Broker, speaking_mqtt
from twinql.devices.mqtt.topics import Kind, Topic
from twinql.domain.events import EventKind, Following
from twinql.domain.orders import Order
from twinql.live import Feed, open_feed
from twinql.storage.commands import issue
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

ROOT = Path(__file__).parents[1]
PATIENCE_S = 10.0
_KEY = """
with k as (
    insert into api_keys (organisation_id, name, hash, prefix, created_by) values ($1, 'Device', $2, 'bench', 'bench')
    returning id
)
insert into api_key_channels (api_key_id, channel_id, organisation_id) select k.id, $3, $1 from k
returning api_key_id
"""
_READ = """
insert into readings (observed_at, value, channel_number, organisation_number)
select now(), 0, number, organisation_number from channels where id = $1
"""
_ANSWERED = "select id from commands where id = any($1::uuid[]) and status not in ('REQUESTED', 'QUEUED', 'SENT')"


def be_a_device(topic: str, journal: str, port: int) -> None:
    """Be the device of agents/mqtt_device.py, which does nothing but keep its journal."""
    device = runpy.run_path(str(ROOT / "agents" / "mqtt_device.py"))["Device"](topic, journal, lambda *_: None)
    device.connect("127.0.0.1", port)
    device.client.loop_forever(retry_first_connection=True)


def disk_s(folder: Path) -> float:
    """Return how many seconds it takes until a page is safely on the disk."""
    took_s = []
    with (folder / "page").open("wb", buffering=0) as file:
        for _ in range(100):
            file.write(bytes(8192))
            began_s = perf_counter()
            os.fdatasync(file.fileno())
            took_s.append(perf_counter() - began_s)
    return float(np.median(took_s))


async def follow(feed: Feed, database: Database, world: World, answered: dict[UUID, "asyncio.Future[float]"]) -> None:
    """Note when the feed tells that a command is answered, as the subscription would."""
    with feed.follow(Following(world.number, kind=EventKind.COMMANDS, everything=True)) as batches:
        async for batch in batches:
            async with database.transaction(world.operator, readonly=True) as connection:
                for row in await connection.fetch(_ANSWERED, list(batch.ids)):
                    if (told := answered.get(row["id"])) is not None and not told.done():
                        told.set_result(perf_counter())


async def measure(url: str, folder: Path, given: argparse.Namespace) -> None:
    """Issue commands one after the other, and note how long each takes to come back."""
    await migrate(url)
    world = await make_world(url)
    connection = await asyncpg.connect(url)
    channel = world.channels["setpoint"]
    key = await connection.fetchval(_KEY, world.organisation, token_bytes(32), channel)
    await connection.execute("select twinql.prepare_readings(now(), now())")
    await connection.execute(_READ, channel)
    await connection.close()
    broker = BrokerProcess(folder / "broker")
    broker.start()
    topic = str(Topic(world.organisation, key, Kind.READINGS)).rsplit("/", 1)[0]
    device = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "--device", topic, str(folder / "journal"), str(broker.port)
    )
    where = Broker("127.0.0.1", broker.port, tls=False, client_id="twinql")
    async with (
        Database.open(url) as database,
        open_feed(database, url, retention=timedelta(hours=1)) as feed,
        dispatching(database) as dispatcher,
        speaking_mqtt(where, database, dispatcher) as mqtt,
    ):
        feed.hint(EventKind.COMMANDS, dispatcher.nudge)
        while not mqtt.presence.channels():  # noqa: ASYNC110 - the device says so when it is there
            await asyncio.sleep(0.05)
        answered: dict[UUID, asyncio.Future[float]] = {}
        following = asyncio.create_task(follow(feed, database, world, answered))
        took_s = []
        for number in range(given.commands):
            order = Order(channel, str(uuid4()), desired=float(number))
            began_s = perf_counter()
            issued = await issue(database, world.operator, order, now=datetime.now(UTC))
            told = answered[issued.command_id] = asyncio.get_running_loop().create_future()
            took_s.append(await asyncio.wait_for(told, PATIENCE_S) - began_s)
            await asyncio.sleep(given.every)
        following.cancel()
    device.terminate()
    await device.wait()
    broker.stop()
    took_ms = 1000 * np.array(took_s[given.commands // 20 :])  # the first ones prepare statements
    print(f"commands                        {len(took_ms):8,}")
    for share in (50, 90, 99):
        print(f"answered on the feed, p{share}       {np.percentile(took_ms, share):8.1f} ms")
    print(f"slowest                         {took_ms.max():8.1f} ms")
    print(f"one write to that disk, median  {1000 * disk_s(folder):8.1f} ms")


def main() -> None:
    """Measure and print, or be the device."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commands", type=int, default=500)
    parser.add_argument("--every", type=float, default=0.05)
    parser.add_argument(
        "--folder", help="where Postgres and the device keep what they write; each command waits for it 4 times"
    )
    parser.add_argument("--device", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.device:
        be_a_device(given.device[0], given.device[1], int(given.device[2]))
        return
    with (
        TemporaryDirectory(dir=given.folder) as folder,
        EmbeddedPostgres.start(Path(folder) / "data") as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,  # as the server's
    ):
        runner.run(measure(server.url, Path(folder), given))


if __name__ == "__main__":
    main()
