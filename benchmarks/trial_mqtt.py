"""Kills the server, the broker and the devices in any order while a thousand commands are under way, and counts.

Run: python benchmarks/trial_mqtt.py [--commands 1000] [--seconds 120] [--seed 1]. It needs mosquitto, starts a Postgres
of its own and `twinql serve` beside it, and ends with exit code 1 where a command was lost, executed twice or executed
after it had expired. Every tenth command lives for one to three seconds, so that some expire while whoever it needs is
dead.

Lost is a command that never ended, or that TwinQL and the journal of its device tell differently: EXECUTED and not
done, or done and told as anything else.
"""

import argparse
import asyncio
import json
import random
import runpy
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes, token_hex
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import UUID

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.brokers import BrokerProcess
from tests.served import ENV
from tests.world import World, make_world
from twinql.devices.mqtt.topics import Kind, Topic
from twinql.domain import global_id
from twinql.domain.orders import Order
from twinql.storage.commands import issue
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

ROOT = Path(__file__).parents[1]
DEVICES = 4
CHANNELS = 5
CALM_S = 20.0
LONG = timedelta(minutes=10)
DONE = ("EXECUTED", "VERIFIED", "NOT_OBSERVED")
OPEN = ("QUEUED", "SENT", "ACKNOWLEDGED", "EXECUTING")
_CHANNELS = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, writable
)
select $1, $2, $3, $4, 'c' || n, 'Setpoint ' || n, 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS', true
from generate_series(1, $5::int) as n
returning id
"""
_READ = """
insert into readings (observed_at, value, channel_number, organisation_number)
select now(), 0, number, organisation_number from channels where key like 'c%' and writable
"""
_KEY = """
with k as (
    insert into api_keys (organisation_id, name, hash, prefix, created_by) values ($1, 'Device', $2, 'trial', 'trial')
    returning id
)
insert into api_key_channels (api_key_id, channel_id, organisation_id) select k.id, unnest($3::uuid[]), $1 from k
returning api_key_id
"""


_ONLINE = "select count(*) from api_keys where availability = 'ONLINE'"


def be_a_device(topic: str, journal: str, port: int) -> None:
    """Be the device of agents/mqtt_device.py; what it does is a row beside its journal, of which there may be two."""

    def act(db: sqlite3.Connection, command: dict[str, object]) -> None:
        row = (command["commandId"], command["expiresAt"], datetime.now(UTC).isoformat())
        db.execute("insert into done values (?, ?, ?)", row)

    device = runpy.run_path(str(ROOT / "agents" / "mqtt_device.py"))["Device"](topic, journal, act)
    device.db.execute("create table if not exists done (id text, expires_at text, at text)")
    device.client.reconnect_delay_set(1, 2)
    device.connect("127.0.0.1", port)
    device.client.loop_forever(retry_first_connection=True)


class Killable:
    """A program that is killed and started again."""

    def __init__(self, command: list[str], log: Path, **env: str) -> None:
        """Start it."""
        self.command, self.log, self.env = command, log, env
        self.start()

    def start(self) -> None:
        """Start it."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, cwd=self.log.parent, env={**ENV, **self.env}
            )

    def kill(self) -> None:
        """Kill it without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class KillableBroker(Killable):
    """The broker, on the port that it had."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self.broker = BrokerProcess(folder)
        self.start()

    def start(self) -> None:
        """Start it."""
        self.broker.start()

    def kill(self) -> None:
        """Kill it without a word."""
        self.broker.stop(signal.SIGKILL)


async def make(url: str) -> tuple[World, dict[UUID, list[UUID]]]:
    """Make devices with their channels."""
    await migrate(url)
    world = await make_world(url)
    connection = await asyncpg.connect(url)
    here = (world.organisation, world.number, world.site, world.machine)
    channels = [row[0] for row in await connection.fetch(_CHANNELS, *here, DEVICES * CHANNELS)]
    await connection.execute("select twinql.prepare_readings(now(), now())")
    await connection.execute(_READ)
    devices = {}
    for first in range(0, len(channels), CHANNELS):
        mine = channels[first : first + CHANNELS]
        devices[await connection.fetchval(_KEY, world.organisation, token_bytes(32), mine)] = mine
    await connection.close()
    return world, devices


async def order_all(database: Database, world: World, channels: list[UUID], given: argparse.Namespace) -> None:
    """Issue the commands, evenly over the time."""
    rng = random.Random(given.seed)
    began_s = monotonic()
    for number in range(given.commands):
        life = timedelta(seconds=rng.uniform(1, 3)) if number % 10 == 0 else LONG
        order = Order(rng.choice(channels), f"trial {number}", desired=float(number), expires_in=life)
        issued = await issue(database, world.operator, order, now=datetime.now(UTC))
        assert issued.obstacles == (), issued
        await asyncio.sleep(max(0.0, began_s + (number + 1) * given.seconds / given.commands - monotonic()))


async def disturb(victims: dict[str, Killable], rng: random.Random, killed: Counter[str]) -> None:
    """Kill one after the other, in any order, sometimes two at once, until cancelled."""
    while True:
        await asyncio.sleep(rng.uniform(0.5, 4))
        names = rng.sample(sorted(victims), rng.choice((1, 1, 2)))
        for name in names:
            victims[name].kill()
            killed[name.split()[0]] += 1
            await asyncio.sleep(rng.uniform(0, 0.3))
        await asyncio.sleep(rng.uniform(0, 2))
        for name in names:
            await asyncio.to_thread(victims[name].start)


async def ended(connection: asyncpg.Connection) -> dict[str, str]:
    """Wait until every command has ended, and return how each did, by the id that devices know.

    One that is TIMED_OUT may still be told of, by a device that did it; after a while it is taken as it is.
    """
    calm_s = monotonic()
    while True:
        rows = await connection.fetch("select id, status::text from commands")
        told = {global_id.encode("Command", row["id"]): row["status"] for row in rows}
        if set(OPEN) & set(told.values()):
            calm_s = monotonic()
        elif "TIMED_OUT" not in told.values() or monotonic() > calm_s + CALM_S:
            return told
        await asyncio.sleep(1)


def judge(told: dict[str, str], journals: list[Path], killed: Counter[str]) -> bool:
    """Hold what TwinQL tells against what devices did, print it, and say whether it is as it should be."""
    done: list[tuple[str, str, str]] = []
    for journal in journals:
        with sqlite3.connect(journal) as db:
            done += db.execute("select id, expires_at, at from done").fetchall()
    times = Counter(each[0] for each in done)
    twice = sum(count > 1 for count in times.values())
    late = sum(datetime.fromisoformat(at) > datetime.fromisoformat(expires) for _, expires, at in done)
    lost = [each for each, status in told.items() if (status in DONE) != (each in times)]
    unfinished = [status for status in told.values() if status in OPEN]
    print(f"killed                   {json.dumps(killed)}")
    print(f"commands                 {len(told):6,} {json.dumps(Counter(told.values()))}")
    print(f"done by devices          {len(times):6,}")
    print(f"lost                     {len(lost) + len(unfinished):6,} {[told[each] for each in lost][:10] or ''}")
    print(f"executed twice           {twice:6,}")
    print(f"executed after expiry    {late:6,}")
    return not (lost or unfinished or twice or late)


async def attempt(url: str, folder: Path, given: argparse.Namespace) -> bool:
    """Start everything, run the trial, end everything, and judge."""
    world, devices = await make(url)
    broker = KillableBroker(folder / "broker")
    port = broker.broker.port
    server = {
        "DATABASE_URL": url,
        "MQTT_URL": f"mqtt://127.0.0.1:{port}",
        "SUPABASE_URL": "https://nobody.supabase.co",
        "SUPABASE_JWT_SECRET": token_hex(32),
    }
    serve = [sys.executable, "-m", "twinql", "serve", "--port", "0"]
    victims: dict[str, Killable] = {"broker": broker, "server": Killable(serve, folder / "server.log", **server)}
    journals = [folder / f"journal-{number}" for number in range(len(devices))]
    for journal, key in zip(journals, devices, strict=True):
        topic = str(Topic(world.organisation, key, Kind.READINGS)).rsplit("/", 1)[0]
        program = [sys.executable, __file__, "--device", topic, str(journal), str(port)]
        victims[f"device {journal.name}"] = Killable(program, journal.with_suffix(".log"))
    killed: Counter[str] = Counter()
    try:
        told = await through(url, world, devices, victims, killed=killed, given=given)
    finally:
        for each in victims.values():
            each.kill()
    fine = judge(told, journals, killed)
    if not fine:
        print((folder / "server.log").read_text()[-5000:])
    return fine


async def through(
    url: str,
    world: World,
    devices: dict[UUID, list[UUID]],
    victims: dict[str, Killable],
    *,
    killed: Counter[str],
    given: argparse.Namespace,
) -> dict[str, str]:
    """Issue the commands while everything is killed and started again, and return how each ended."""
    connection = await asyncpg.connect(url)
    async with Database.open(url) as database:
        while await connection.fetchval(_ONLINE) < len(devices):  # noqa: ASYNC110 - they say so when they are there
            await asyncio.sleep(0.1)
        disturbing = asyncio.create_task(disturb(victims, random.Random(given.seed), killed))
        await order_all(database, world, [each for mine in devices.values() for each in mine], given)
        disturbing.cancel()
        await asyncio.gather(disturbing, return_exceptions=True)
        for each in victims.values():
            each.kill()
            each.start()
        told = await ended(connection)
    await connection.close()
    return told


def main() -> None:
    """Run the trial, or be a device of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.device:
        be_a_device(given.device[0], given.device[1], int(given.device[2]))
        return
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "data") as postgres:
        sys.exit(0 if asyncio.run(attempt(postgres.url, Path(folder), given)) else 1)


if __name__ == "__main__":
    main()
