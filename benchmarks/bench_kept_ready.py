"""Measures what days that are kept ready cost whoever writes, in building and on disk, and what they save in SQL.

Run: python -m benchmarks.bench_kept_ready [--rounds 40]. It starts a Postgres of its own and removes it. A year through
the server is measured by `make bench`. 200 channels hold a month, written instant by instant over all channels, as live
recording does; what is written to be measured is undone.
"""

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from zoneinfo import ZoneInfo

import asyncpg

from twinql.domain.calendar import edges
from twinql.domain.series import Bucket
from twinql.storage.database import Connection
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate
from twinql.storage.rollups import rebuild
from twinql.storage.statements import load

CHANNELS, DAYS = 200, 30
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LAST = FIRST + timedelta(days=DAYS)
_WORLD = """
with o as (insert into organisations (name) values ('Bench') returning id, number),
s as (insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'UTC' from o returning id)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'c' || i, 'c', 'POWER', 'KILOWATT', 'INSTANTANEOUS'
from o, s, generate_series(1, 1000) as i
"""
_MONTH = """
insert into readings (observed_at, value, channel_number, organisation_number)
select at, random(), number, organisation_number
from generate_series($1::timestamptz, $2::timestamptz - $3::interval, $3::interval) as at, channels
where number <= 200
order by at, number
"""
_WRITE = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $1::timestamptz + (i / $3) * interval '1 minute', i, 1 + i % $3, 1 from generate_series(0, $2::int - 1) as i
"""
_SIZES = """
select pg_total_relation_size('twinql.rollups') as kept, (select count(*) from readings) as readings,
    (select sum(pg_total_relation_size(t.relid)) from pg_partition_tree('readings') as t where t.isleaf) as whole
"""
WRITES = ((1_000, 1), (1_000, 200), (1_000, 1_000), (100_000, 200))


async def _writing(connection: Connection, rounds: int) -> None:
    for rows, channels in WRITES:
        took: dict[str, list[float]] = {"enable": [], "disable": []}
        for turn in range(max(10, min(rounds, rounds * 5_000 // rows))):
            for marks in ("enable", "disable") if turn % 2 else ("disable", "enable"):
                transaction = connection.transaction()
                await transaction.start()
                await connection.execute(f"alter table readings {marks} trigger readings_mark_inserted")
                began = perf_counter()
                await connection.execute(_WRITE, LAST + timedelta(days=1), rows, channels)
                took[marks].append(1e3 * (perf_counter() - began))
                await transaction.rollback()
        marked, bare = (median(took[each]) for each in ("enable", "disable"))
        print(
            f"{rows:,} readings of {channels:,} channels: {marked:.2f} ms, {bare:.2f} ms unmarked: {marked / bare:.2f}"
        )


async def _reading(connection: Connection, name: str, bounds: list[int]) -> float:
    took = []
    for number in range(1, CHANNELS + 1):
        began = perf_counter()
        await connection.fetch(load("series")[name], [number], bounds, FIRST, LAST)
        took.append(1e3 * (perf_counter() - began))
    return median(took)


async def _building(connection: Connection, step: timedelta) -> None:
    await connection.execute("truncate readings")
    await connection.execute("truncate twinql.rollups, twinql.rollup_marks")
    await connection.execute("set session_replication_role = replica")
    await connection.execute(_MONTH, FIRST, LAST, step)
    await connection.execute("set session_replication_role = origin")
    await connection.execute("vacuum analyze readings")
    await connection.execute("select twinql_private.mark_channels(array_agg(number)) from channels")
    bounds = edges(Bucket.DAY, FIRST, LAST, ZoneInfo("UTC")).tolist()
    raw = await _reading(connection, "buckets", bounds)
    began = perf_counter()
    for number in range(1, CHANNELS + 1):
        await rebuild(connection, number, bounds)
    took = perf_counter() - began
    await connection.execute("vacuum analyze twinql.rollups")
    ready = await _reading(connection, "bucketed", bounds)
    [(kept, readings, whole)] = await connection.fetch(_SIZES)
    print(
        f"a reading every {step}: a month by DAY {ready:.2f} ms, of readings alone {raw:.2f} ms; "
        f"{readings / took:,.0f} readings built a second; "
        f"{kept / readings:.1f} bytes kept a reading, of which each has {whole / readings:.0f}"
    )


async def _measure(url: str, rounds: int) -> None:
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set timezone = 'UTC'")
        await connection.execute(_WORLD)
        await connection.execute("select twinql.prepare_readings($1, $2)", FIRST, LAST + timedelta(days=3))
        await _writing(connection, rounds)
        for step in (timedelta(minutes=10), timedelta(minutes=1)):
            await _building(connection, step)
    finally:
        await connection.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder)) as server:
        asyncio.run(_measure(server.url, rounds))


if __name__ == "__main__":
    main()
