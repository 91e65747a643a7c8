"""Measures how soon a TOTAL moves after a reading is committed, and how soon a form knows what one would add.

Run: python -m benchmarks.bench_total [--rounds 20] [--dense]. It starts a Postgres of its own and removes it.
A register holds a month of readings, each half hour, each minute, or with --dense each second, and is charged by a flat
tariff. The worst delay is how long anything else of the process had to wait while one followed.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from twinql.api import Engine, make_schema
from twinql.api.operation import Asked
from twinql.context import Context
from twinql.domain import global_id
from twinql.domain.identity import User
from twinql.live import Feed, open_feed
from twinql.storage.database import Connection, Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

OWNER = User("https://issuer.test", "owner")
DAYS = 27
_FOLLOW = "subscription($id: ID!) { costUpdated(filter: { meterIds: [$id] }) { costs { cost { total } refusal } } }"
_TYPE = """
mutation($id: ID!, $at: DateTime!) {
  recordReadings(input: { readings: [{ channelId: $id, observedAt: $at, value: 1000 }], dryRun: true }) {
    effects { costAdded }
  }
}
"""
_WORLD = """
with o as (insert into organisations (name) values ('Bench') returning id, number),
m as (
    insert into memberships (organisation_id, issuer, subject, role)
    select id, 'https://issuer.test', 'owner', 'OWNER' from o
),
s as (insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'UTC' from o returning id),
a as (
    insert into assets (organisation_id, site_id, kind, name)
    select o.id, s.id, 'METER', 'Meter ' || i from o, s, generate_series(1, 3) as i returning id, name
),
x as (
    insert into meters (id, organisation_id, serial_number, commodity, billing_day)
    select a.id, o.id, a.name, 'ELECTRICITY', least(28, extract(day from $1::timestamptz at time zone 'UTC'))
    from a, o
),
t as (
    insert into tariffs (organisation_id, name, direction, currency, unit)
    select id, 'Flat', 'IMPORT', 'EUR', 'KILOWATT_HOUR' from o returning id
),
r as (
    insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms)
    select o.id, t.id, '2020-01-01', 'bench', '{"bands": [{"name": "all", "price": "0.25"}]}' from o, t
),
g as (insert into agreements (organisation_id, meter_id, tariff_id) select o.id, a.id, t.id from o, a, t)
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds
)
select o.id, o.number, s.id, a.id, 'energy', 'Energy', 'ENERGY', 'KILOWATT_HOUR', 'CUMULATIVE',
    (array[1800, 60, 1])[right(a.name, 1)::int]
from o, s, a
returning asset_id, id, number, resolution_seconds
"""
_FILL = """
insert into readings (observed_at, value, channel_number, organisation_number)
select at, extract(epoch from at - $1::timestamptz) / 3600, c.number, c.organisation_number
from channels as c, generate_series($1::timestamptz, $2::timestamptz, make_interval(secs => $4::int)) as at
where c.number = $3
"""
_WRITE = """
insert into readings (observed_at, value, channel_number, organisation_number)
select $1, 1000 + $2::int, number, organisation_number from channels where number = $3
"""
_FORGET = "delete from readings where channel_number = $1 and observed_at > $2"


class Bench:
    """The graph over a database, with its feed."""

    def __init__(self, database: Database, feed: Feed, owner: Connection) -> None:
        """Ask as the owner of the organisation."""
        self.database, self.feed, self.owner = database, feed, owner
        self.engine = Engine(make_schema())
        self.delays: list[float] = []

    def context(self) -> Context:
        """Return the context of an operation."""
        return Context(self.database, OWNER, datetime.now(UTC), self.feed)

    @asynccontextmanager
    async def following(self, row: Any) -> AsyncIterator[Any]:
        """Follow what a meter costs, from after its first event on."""
        context = self.context()
        asked = Asked(_FOLLOW, variables={"id": global_id.encode("Meter", row["asset_id"])})
        operation = await self.engine.prepare(asked, context)
        async with aclosing(await self.engine.subscribe(operation, context)) as events:
            await anext(events)
            yield events

    async def beat(self) -> None:
        """Notice how long anything had to wait."""
        last = perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = perf_counter()
            self.delays.append(now - last)
            last = now

    async def moved(self, row: Any, latest: datetime, followers: int, rounds: int) -> float:
        """Return how long after a commit all followers know the TOTAL, in ms."""
        found = [0.0]
        async with AsyncExitStack() as open_streams:
            streams = [await open_streams.enter_async_context(self.following(row)) for _ in range(followers)]
            for place in range(rounds):
                waiting = [asyncio.ensure_future(anext(each)) for each in streams]
                await asyncio.sleep(0.05 + found[-1] / 1000)  # followers rest for as long as they worked
                await self.owner.execute(_WRITE, latest + timedelta(milliseconds=place + 1), place, row["number"])
                began = perf_counter()
                for answer in await asyncio.gather(*waiting):
                    assert not answer.errors, answer.errors
                found.append((perf_counter() - began) * 1000)
        await self.owner.execute(_FORGET, row["number"], latest)
        return median(found[1:])

    async def typed(self, row: Any, latest: datetime, rounds: int) -> float:
        """Return how long a dry run with its effects takes, in ms."""
        found = []
        variables = {
            "id": global_id.encode("Channel", row["id"]),
            "at": (latest + timedelta(milliseconds=1)).isoformat(),
        }
        for _ in range(rounds):
            began = perf_counter()
            context = self.context()
            operation = await self.engine.prepare(Asked(_TYPE, variables=variables), context)
            answer = await self.engine.execute(operation, context)
            found.append((perf_counter() - began) * 1000)
            assert not answer.errors, answer.errors
        return median(found)


async def _measure(server: EmbeddedPostgres, rounds: int, *, dense: bool) -> None:
    await migrate(server.url)
    latest = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    first = latest - timedelta(days=DAYS)
    async with (
        Database.open(server.server_url, own_url=server.url, pool_size=8) as database,
        open_feed(database, server.url, retention=timedelta(hours=1)) as feed,
        database.pool.acquire() as owner,
    ):
        rows = await owner.fetch(_WORLD, first)
        await owner.execute("select twinql.prepare_readings($1, $2)", first, latest)
        bench = Bench(database, feed, owner)
        await feed.now()
        print(f"{'[ms]':<24}{'one follower':>14}{'worst delay':>13}{'100 followers':>15}{'dry run':>9}")
        for row in sorted(rows, key=lambda row: -row["resolution_seconds"])[: 3 if dense else 2]:
            await owner.execute("set twinql.announce = 'ranges'")
            await owner.execute(_FILL, first, latest, row["number"], row["resolution_seconds"])
            await owner.execute("reset twinql.announce")
            await owner.execute("vacuum analyze readings")
            many = row["resolution_seconds"] > 1
            await bench.moved(row, latest, 1, 1)  # what is loaded once is loaded
            bench.delays.clear()
            beating = asyncio.create_task(bench.beat())
            one = await bench.moved(row, latest, 1, rounds if many else 3)
            worst = max(bench.delays) * 1000
            beating.cancel()
            hundred = await bench.moved(row, latest, 100, max(rounds // 4, 1)) if many else float("nan")
            typed = await bench.typed(row, latest, rounds if many else 3)
            title = f"a month, each {row['resolution_seconds']} s"
            print(f"{title:<24}{one:>14.0f}{worst:>13.0f}{hundred:>15.0f}{typed:>9.0f}")


def main() -> None:
    """Start a Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often each is measured (default: 20)")
    parser.add_argument("--dense", action="store_true", help="also a register that is read each second")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="twinql-bench-") as folder, EmbeddedPostgres.start(Path(folder)) as server:
        asyncio.run(_measure(server, arguments.rounds, dense=arguments.dense))


if __name__ == "__main__":
    main()
