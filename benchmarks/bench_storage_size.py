"""Measures what a reading costs on disk, index included, loaded in order and interleaved over 200 channels.

Run: python -m benchmarks.bench_storage_size [--rows 2000000]. It starts a Postgres of its own and removes it.
The physical limit is what the same rows take in a plain table without any index, and as bare 8-byte numbers.
"""

import argparse
import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg

from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

CHANNELS = 200
START = "2026-01-01 00:00:00+00"

WORLD = """
with o as (insert into organisations (name) values ('Bench') returning id, number),
s as (insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'UTC' from o returning id)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'c' || i, 'c', 'POWER', 'KILOWATT', 'INSTANTANEOUS'
from o, s, generate_series(1, $1::int) as i
"""

# One channel after the other, as imports of files do; or instant by instant over all channels, as live recording does.
ROWS = """
select timestamptz '{start}' + step * interval '1 minute' as observed_at, now() as recorded_at, random() * 100 as value,
    c.number as channel_number, c.organisation_number, 'GOOD'::reading_quality as quality,
    'SIMULATION'::reading_source as source
from {order}
"""
ORDERS = {
    "in order": "channels as c cross join generate_series(0, $1::int - 1) as step order by c.number, step",
    "interleaved": "generate_series(0, $1::int - 1) as step cross join channels as c order by step, c.number",
}
COLUMNS = "observed_at, recorded_at, value, channel_number, organisation_number, quality, source"
SIZES = """
select sum(pg_relation_size(t.relid)) as heap, sum(pg_indexes_size(t.relid)) as index
from pg_partition_tree('readings') as t where t.isleaf
"""


async def _measure(url: str, order: str, rows: int) -> dict[str, float]:
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(WORLD, CHANNELS)
        steps = rows // CHANNELS
        await connection.execute("select twinql.prepare_readings($1::text::timestamptz, now())", START)
        source = ROWS.format(start=START, order=ORDERS[order])
        batch = 10_000  # as recording does, so that the outbox is what recording makes of it
        cursor_sql = f"declare source no scroll cursor with hold for {source.replace('$1', str(steps))}"
        await connection.execute(cursor_sql)
        began = perf_counter()
        while True:
            fetched = await connection.fetch(f"fetch {batch} from source")
            if not fetched:
                break
            await connection.execute(
                "create temp table if not exists incoming (like readings) on commit preserve rows; truncate incoming"
            )
            await connection.copy_records_to_table("incoming", records=fetched, columns=COLUMNS.split(", "))
            await connection.execute(f"insert into readings ({COLUMNS}) select {COLUMNS} from incoming")
        elapsed = perf_counter() - began
        heap, index = await connection.fetchrow(SIZES)
        outbox = await connection.fetchval("select pg_total_relation_size('twinql_private.outbox')")
        await connection.execute(f"create table bare as select {COLUMNS} from readings")
        bare = await connection.fetchval("select pg_relation_size('bare')")
    finally:
        await connection.close()
    count = steps * CHANNELS
    sizes = {"heap": heap, "index": index, "both": heap + index, "outbox": outbox, "bare heap": bare}
    return {name: size / count for name, size in sizes.items()} | {"rows/s": count / elapsed}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    print(f"{'bytes a reading':<14}{'heap':>8}{'index':>8}{'both':>8}{'outbox':>8}{'bare heap':>11}{'numbers':>9}")
    for order in ORDERS:
        with (
            TemporaryDirectory(prefix="twinql-bench-") as folder,
            EmbeddedPostgres.start(Path(folder), fast=True) as server,
        ):
            found = asyncio.run(_measure(server.url, order, rows))
        figures = "".join(
            f"{found[name]:>{width}.1f}"
            for name, width in (("heap", 8), ("index", 8), ("both", 8), ("outbox", 8), ("bare heap", 11))
        )
        print(f"{order:<14}{figures}{16:>9}   ({found['rows/s']:,.0f} rows/s)")


if __name__ == "__main__":
    main()
