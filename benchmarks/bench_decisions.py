"""Measures how soon decisions are made after new readings: a thousand machines, each with a spindle that gets too warm.

Run: python benchmarks/bench_decisions.py [--assets 1000] [--rounds 5]. It starts an embedded Postgres of its own. Each
machine has a temperature with limits, a speed that commands may set and a pump that runs. Every two seconds all of them
say something; in a quiet round no spindle warms, then ten do, and at last all, which is the most that can be decided at
once. The time is from the commit of the readings until every decision that follows from them is committed.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import asyncpg
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.world import make_world
from twinql.live.advisor import Advisor
from twinql.live.workshop import open_workshop
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.locks import Duty, take_turn
from twinql.storage.migrations import migrate
from twinql.storage.outbox import listening

STEP = timedelta(seconds=2)
FIRST = 10
"""So many fail before the others."""
WARMS_K = 0.2
"""A step: 1 K in 10 s, as a spindle without coolant does. [K]"""
_MACHINES = """
with made as (
    insert into assets (organisation_id, site_id, kind, name)
    select $1, $3, 'MACHINE', 'Mill ' || n from generate_series(1, $4::int) as n
    returning id, organisation_id, kind
),
machines as (insert into machines (id, organisation_id, kind) select id, organisation_id, kind from made)
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds,
    limit_high, writable, plausible_minimum, plausible_maximum, states
)
select $1, $2, $3, made.id, c.key, c.name, (c.quantity)::quantity, (c.unit)::unit, (c.kind)::reading_kind, 60, c.high,
    c.writable, c.low, c.most, (c.states)::jsonb
from made, (values
    ('bench_temperature', 'Spindle', 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS', 65, false, -10, 150, null),
    ('bench_speed', 'Speed', 'ROTATIONAL_SPEED', 'REVOLUTION_PER_MINUTE', 'INSTANTANEOUS', null, true, 0, 12000, null),
    ('bench_pump', 'Coolant pump', 'SWITCH', 'ONE', 'STATE', null, true, null, null, '[{"code": 1, "label": "ON"}]')
) as c (key, name, quantity, unit, kind, high, writable, low, most, states)
"""
_FIRST = """
update channels set name = 'First' where id in (select id from channels where key = 'bench_temperature' limit $1)
"""
_SAY = """
insert into readings (observed_at, recorded_at, value, channel_number, organisation_number)
select
    $1, $1, (case when name = 'First' then $4::float8 else $2::float8 end) + 0.05 * random(), number,
    organisation_number
from channels
where key = $3
"""


async def measure(url: str, assets: int, rounds: int) -> None:
    """Make the machines, and let them speak."""
    await migrate(url)
    world = await make_world(url)
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)
    writer = await asyncpg.connect(url)
    await writer.execute("select twinql.prepare_readings($1, $2)", now, now + timedelta(days=1))
    await writer.execute(_MACHINES, world.organisation, world.number, world.site, assets)
    await writer.execute(_FIRST, FIRST)
    await writer.execute(_SAY, now, 12000.0, "bench_speed", 12000.0)
    await writer.execute(_SAY, now, 1.0, "bench_pump", 1.0)
    value, used = 45.0, list[float]()
    for _ in range(12):
        now += STEP
        await writer.execute(_SAY, now, value, "bench_temperature", value)
    await writer.execute("analyze")
    async with (
        Database.open(url, pool_size=4) as database,
        open_workshop() as workshop,
        listening(url, lambda: None) as own,
    ):
        assert await take_turn(own, Duty.ADVISING)
        advisor = Advisor(database, workshop, lambda: now)
        began_s = perf_counter()
        await advisor.begin(own)
        print(f"taking over            {1e3 * (perf_counter() - began_s):8.0f} ms")

        async def say(value: float, first: float) -> float:
            await writer.execute(_SAY, now, value, "bench_temperature", first)
            began_s, used_s = perf_counter(), process_time()
            while not await advisor.read_on(own):
                pass
            used.append(1e3 * (process_time() - used_s))
            return 1e3 * (perf_counter() - began_s)

        quiet = []
        for _ in range(rounds):
            now += STEP
            quiet.append(await say(value, value))
        print(
            f"nothing to decide      {np.median(quiet):8.0f} ms in the median, {max(quiet):.0f} ms at most, of {rounds}"
        )
        for number in advisor.lookout.subjects:
            advisor.lookout.leads[number, True] = 300.0
        decided, began_with, first = 0, list[tuple[int, float, float]](), value
        while decided < assets:
            now += STEP
            first += WARMS_K
            value += WARMS_K if decided >= FIRST else 0.0
            took = await say(value, first)
            before, decided = decided, await writer.fetchval("select count(*) from decisions")
            if decided > before:
                began_with.append((decided - before, took, used[-1]))
        for count, took_ms, used_ms in began_with:
            print(f"{count:5} decisions made    {took_ms:8.0f} ms, of which this process worked {used_ms:.0f} ms")
        proposals = await writer.fetchval("select count(*) from decisions where proposal is not null")
        renewed = []
        for _ in range(rounds):
            now += STEP
            value, first = value + WARMS_K, first + WARMS_K
            renewed.append(await say(value, first))
        print(
            f"{decided:5} open, all looked at {np.median(renewed):5.0f} ms in the median, {max(renewed):.0f} ms at most"
        )
        print(f"{proposals:5} of them propose a command")
    await writer.close()


def main() -> None:
    """Measure on a database of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder)) as server:
        asyncio.run(measure(server.url, given.assets, given.rounds))


if __name__ == "__main__":
    main()
