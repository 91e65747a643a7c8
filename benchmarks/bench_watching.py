"""Measures whether watching keeps up: a thousand channels, a thousand readings a second, from the outbox to the tables.

Run: python benchmarks/bench_watching.py [--channels 1000] [--seconds 60]. It starts an embedded Postgres of its own.
Each channel remembers 25 days, so that every detector judges; then every channel says something every second, and the
watcher reads it from the outbox, keeps what detectors remember every ten seconds and raises alarms on one channel in a
hundred. The time is that of the watcher's process alone.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from math import sin
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import asyncpg
import numpy as np
import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.world import make_world
from twinql.domain.alarms.followed import Followed, Row
from twinql.domain.alarms.policy import STANDARD
from twinql.domain.readings import StoredQuality
from twinql.live.shift import Shift
from twinql.storage import watching
from twinql.storage.database import Connection
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.locks import Duty, take_turn
from twinql.storage.migrations import migrate
from twinql.storage.outbox import feed_state
from twinql.storage.watching import Kept, session, subject_of

PAST_DAYS = 25
PAST_STEP_S = 600
LIMIT = 60.0
KEEPS_EVERY = 10
_CHANNELS = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds,
    limit_high
)
select $1, $2, $3, $4, 'c' || n, 'Sensor ' || n, 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS', 1, 60
from generate_series(1, $5::int) as n
"""
_SAY = """
insert into readings (observed_at, recorded_at, value, channel_number, organisation_number)
select at, at, 40 + 5 * sin(extract(epoch from at)::float8 / 13751) + random()
    + case when $4 and c.number % 100 = 0 then 30 else 0 end, c.number, c.organisation_number
from channels as c, generate_series($1::timestamptz, $2::timestamptz, interval '1 second') as at
where c.organisation_number = $3 and c.limit_high = 60
order by at
"""


async def measure(url: str, channels: int, seconds: int) -> None:
    """Make the channels and their memories, and let them speak second by second."""
    await migrate(url)
    world = await make_world(url)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=seconds)
    writer = await asyncpg.connect(url)
    await writer.execute("select twinql.prepare_readings($1, $2)", now, now + timedelta(days=1))
    await writer.execute(_CHANNELS, world.organisation, world.number, world.site, world.machine, channels)
    async with session(url, lambda: None) as connection:
        assert await take_turn(connection, Duty.WATCHING)
        await remember_past(connection, now)
        shift = Shift(connection, lambda: now)
        began_s = perf_counter()
        await shift.begin()
        print(f"taking over                     {perf_counter() - began_s:10.1f} s")
        used_s = elapsed_s = 0.0
        for second in range(1, seconds + 1):
            now += timedelta(seconds=1)
            await writer.execute(_SAY, now, now, world.number, second > seconds // 2)
            began_s, looked_s = process_time(), perf_counter()
            while not await shift.read_on():
                pass
            if second % 2 == 0:
                await shift.look()
            if second % KEEPS_EVERY == 0:
                await shift.keep()
            used_s += process_time() - began_s
            elapsed_s += perf_counter() - looked_s
        raised = await writer.fetchval("select count(*) from alarms where cause = 'LIMIT_HIGH'")
        size = await writer.fetchval("select avg(length(memory::text)) from twinql_private.watch_memories")
    await writer.close()
    print(f"channels                        {channels:10,}")
    print(f"readings                        {channels * seconds:10,}")
    print(f"processor time a reading        {1e6 * used_s / (channels * seconds):10.1f} µs, storage included")
    print(f"share of a core at 1,000/s      {0.1 * 1e6 * used_s / (channels * seconds):10.1f} %")
    print(f"elapsed of each second          {100 * elapsed_s / seconds:10.1f} %, waiting for Postgres included")
    print(f"memory a channel as JSON        {size:10,.0f} bytes")
    print(f"alarms of limits                {raised:10,}")


async def remember_past(connection: Connection, now: datetime) -> None:
    """Let every channel remember the same past, up to now."""
    subjects = [subject_of(row) for row in await watching.subjects(connection)]
    sample = next(each for each in subjects if each.watched.bounds.high == LIMIT)
    followed = Followed(sample.watched, STANDARD)
    rng = np.random.default_rng(1)
    for step in range(PAST_DAYS * 86_400 // PAST_STEP_S, 0, -1):
        at_s = now.timestamp() - PAST_STEP_S * step
        value = 40.0 + 5.0 * sin(at_s / 13_751.0) + rng.random()
        followed.learn(Row(at_s, value, StoredQuality.GOOD, at_s), now_s=now.timestamp())
    memory = orjson.dumps(followed.memory()).decode()
    state = await feed_state(connection)
    kept = [Kept(each.number, state.newest, now, memory) for each in subjects]
    await watching.remember(connection, kept, now=now)
    await watching.go_to(connection, state.newest, state.epoch)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--channels", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder)) as server:
        asyncio.run(measure(server.url, given.channels, given.seconds))


if __name__ == "__main__":
    main()
