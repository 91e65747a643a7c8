"""Measures readings by MQTT to committed rows: 1,000 devices, 20 readings a message, each on a connection of its own.

Run: python benchmarks/bench_mqtt_readings.py [--devices 1000] [--seconds 20] [--rate 25000] [--restarts]. It needs
mosquitto and starts a Postgres of its own. TwinQL's process is bound to one core; devices, the broker and Postgres have
what is left. With --restarts the broker is stopped and started again in the middle, and then Postgres is made to crash:
devices send again what the broker has not acknowledged, and nothing may be missing in the end.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from time import process_time, time
from uuid import UUID

import asyncpg
import orjson
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.brokers import BrokerProcess
from tests.world import make_world
from twinql.devices.dispatcher import Dispatcher
from twinql.devices.mqtt import Broker, speaking_mqtt
from twinql.devices.mqtt.topics import Kind, Topic
from twinql.domain import global_id
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

PER_MESSAGE = 20
AT_ONCE = 20
PUBACK = 0x40
_CHANNELS = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds
)
select $1, $2, $3, $4, 'c' || n, 'Sensor ' || n, 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS', 1
from generate_series(1, $5::int) as n
returning id
"""
_KEYS = """
insert into api_keys (organisation_id, name, hash, prefix, created_by)
select $1, 'Device', hash, 'bench', 'bench' from unnest($2::bytea[]) as hash
returning id
"""
_OPEN = """
insert into api_key_channels (api_key_id, channel_id, organisation_id)
select key, channel, $1 from unnest($2::uuid[], $3::uuid[]) as t (key, channel)
"""
_COUNT = "select count(*) from readings where source = 'DEVICE'"


class Device(asyncio.Protocol):
    """A device on a connection of its own that speaks just enough of MQTT 5, and keeps what is not acknowledged."""

    def __init__(self, name: str, topic: str) -> None:
        """Nothing is kept yet."""
        self.name, self.topic = name.encode(), topic.encode()
        self.unsaid: dict[int, bytes] = {}
        self.under_way: set[int] = set()
        self.transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()
        self.mid = 0
        self.is_there = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect, and say again what nobody acknowledged."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self._read = transport, b""
        self.lost.clear()
        self.under_way.clear()
        transport.write(_packet(0x10, b"\x00\x04MQTT\x05\x02\x00\x3c\x00" + _text(self.name)))
        self.go_on()

    def say(self, body: bytes) -> None:
        """Publish with QoS 1."""
        self.mid = self.mid % 65_535 + 1
        self.unsaid[self.mid] = body
        self.go_on()

    def go_on(self) -> None:
        """Send what waits, no more at once than mosquitto takes."""
        if self.lost.is_set() or self.transport is None or len(self.under_way) >= AT_ONCE:
            return
        for mid, body in self.unsaid.items():
            if mid not in self.under_way:
                self.under_way.add(mid)
                self.transport.write(_packet(0x32, _text(self.topic) + mid.to_bytes(2) + b"\x00" + body))
                if len(self.under_way) >= AT_ONCE:
                    return

    def data_received(self, data: bytes) -> None:
        """Forget what was acknowledged; what nobody listened to is said again later."""
        self._read += data
        while len(self._read) >= 2 and len(self._read) >= 2 + self._read[1]:  # noqa: PLR2004 - every answer is short
            kind, rest = self._read[0], self._read[2 : 2 + self._read[1]]
            self._read = self._read[2 + self._read[1] :]
            self.is_there = True
            if kind != PUBACK:
                continue
            mid, nobody_listened = int.from_bytes(rest[:2]), len(rest) > 2 and rest[2] != 0  # noqa: PLR2004
            self.under_way.discard(mid)
            if not nobody_listened:
                self.unsaid.pop(mid, None)
                self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Note it."""
        self.lost.set()

    async def live(self, port: int) -> None:
        """Be connected, again and again."""
        while True:
            with suppress(OSError):
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
                await self.lost.wait()
            await asyncio.sleep(0.2)


def _packet(kind: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([kind]) + length + body


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2) + text


async def speak(port: int, seconds: float, rate: float) -> None:
    """Be the devices that standard input names, each with its channels, until all is acknowledged."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # and not TwinQL's core alone
    named = orjson.loads(sys.stdin.buffer.read())
    devices = [(Device(f"device-{n}", each["topic"]), each["channels"]) for n, each in enumerate(named)]
    living = [asyncio.create_task(device.live(port)) for device, _ in devices]
    while not all(device.is_there for device, _ in devices):  # noqa: ASYNC110 - they all connect first
        await asyncio.sleep(0.05)
    began, said = time(), 0
    messages = int(seconds * rate / PER_MESSAGE)
    while said < messages:
        due = min(messages, int((time() - began) * rate / PER_MESSAGE))
        for count in range(said, due):
            device, channels = devices[count % len(devices)]
            at = datetime.fromtimestamp(began - 600 + count // len(devices), UTC).isoformat()
            rows = [{"channelId": each, "observedAt": at, "value": count % 977 / 10} for each in channels]
            device.say(orjson.dumps({"readings": rows}))
        said = due
        await asyncio.sleep(0.01)
    while any(device.unsaid for device, _ in devices):
        for device, _ in devices:
            device.go_on()
        await asyncio.sleep(0.05)
    for each in living:
        each.cancel()
    print(orjson.dumps([messages, began]).decode())


async def world_of(url: str, devices: int) -> list[dict[str, object]]:
    """Make the devices, each with twenty channels, and return what each is told of itself."""
    await migrate(url)
    world = await make_world(url)
    connection = await asyncpg.connect(url)
    here = (world.organisation, world.number, world.site, world.machine)
    channels: list[UUID] = [row[0] for row in await connection.fetch(_CHANNELS, *here, devices * PER_MESSAGE)]
    keys = [
        row[0] for row in await connection.fetch(_KEYS, world.organisation, [token_bytes(32) for _ in range(devices)])
    ]
    of = [key for key in keys for _ in range(PER_MESSAGE)]
    await connection.execute(_OPEN, world.organisation, of, channels)
    await connection.execute("select twinql.prepare_readings(now(), now())")
    await connection.close()
    return [
        {
            "topic": str(Topic(world.organisation, key, Kind.READINGS)),
            "channels": [
                global_id.encode("Channel", each) for each in channels[n * PER_MESSAGE : (n + 1) * PER_MESSAGE]
            ],
        }
        for n, key in enumerate(keys)
    ]


async def disturb(broker: BrokerProcess, url: str, seconds: float) -> None:
    """Stop and start the broker; then kill a process of Postgres, so that all of it starts anew."""
    await asyncio.sleep(seconds / 3)
    await asyncio.to_thread(broker.stop)
    await asyncio.sleep(1)
    await asyncio.to_thread(broker.start)
    await asyncio.sleep(seconds / 3)
    connection = await asyncpg.connect(url)
    os.kill(await connection.fetchval("select pg_backend_pid()"), signal.SIGKILL)


def used(process: psutil.Process) -> float:
    """Return the seconds of a processor that a process and all that it started have used."""
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


async def measure(server: EmbeddedPostgres, folder: Path, given: argparse.Namespace) -> None:
    """Let them speak, and count what is committed."""
    told = await world_of(server.url, given.devices)
    broker = BrokerProcess(folder / "broker")
    broker.start()
    where = Broker("127.0.0.1", broker.port, tls=False, client_id="twinql")
    async with Database.open(server.url) as database, speaking_mqtt(where, database, Dispatcher(database)) as mqtt:
        await mqtt.standing.wait()
        os.sched_setaffinity(0, {0})
        others = {"Postgres": psutil.Process(server.pid), "mosquitto": psutil.Process(broker.process.pid)}
        before_s = {name: used(process) for name, process in others.items()}
        spent_s = process_time()
        speaking = asyncio.create_task(let_speak(told, broker.port, given))
        if given.restarts:
            await disturb(broker, server.url, given.seconds)
        messages, began = await speaking
        rows = PER_MESSAGE * messages
        await committed(server.url, rows)
        elapsed_s, spent_s = time() - began, process_time() - spent_s
        print(f"devices, readings a message     {given.devices:8,}, {PER_MESSAGE}")
        print(f"readings sent and committed     {rows:8,}")
        print(f"readings a second               {rows / elapsed_s:8,.0f}, of {given.rate:,.0f} offered")
        print(f"TwinQL, on one core             {1e6 * spent_s / rows:8.1f} µs a reading")
        print(f"share of that core              {100 * spent_s / elapsed_s:8.0f} %")
        for name, process in others.items() if not given.restarts else ():
            print(f"{name:32}{1e6 * (used(process) - before_s[name]) / rows:8.1f} µs a reading")
        print(f"refused                         {mqtt.refusals.counts.total():8,}")
    broker.stop()


async def let_speak(told: list[dict[str, object]], port: int, given: argparse.Namespace) -> tuple[int, float]:
    """Run the devices in a process of their own, and return how many messages they sent, and since when."""
    how = ("--port", str(port), "--seconds", str(given.seconds), "--rate", str(given.rate))
    speaking = await asyncio.create_subprocess_exec(
        sys.executable, __file__, *how, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said, _ = await speaking.communicate(orjson.dumps(told))
    messages, began = orjson.loads(said)
    return messages, began


async def committed(url: str, rows: int) -> None:
    """Wait until so many rows are there, and no more."""
    connection = await asyncpg.connect(url)
    while (found := await connection.fetchval(_COUNT)) < rows:  # noqa: ASYNC110 - nothing tells of it but the table
        await asyncio.sleep(0.2)
    assert found == rows
    await connection.close()


def main() -> None:
    """Measure and print, or be the devices of such a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=25_000)
    parser.add_argument("--restarts", action="store_true")
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.port is not None:
        asyncio.run(speak(given.port, given.seconds, given.rate))
        return
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "data") as server:
        asyncio.run(measure(server, Path(folder), given))


if __name__ == "__main__":
    main()
