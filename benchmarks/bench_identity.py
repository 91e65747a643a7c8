"""Measures what it costs that every request runs as whoever asks, and whether an id tells that somebody else has it.

Run: python -m benchmarks.bench_identity [--rounds 400]. It starts a Postgres of its own and removes it.
Beside each figure stands the same work of the owner of the tables, for whom no policy holds. The kinds of callers take
turns, so that what else the machine does falls on all of them alike.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from uuid import UUID, uuid4

from twinql.domain.identity import Actor, Device, User
from twinql.storage.database import Connection, Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

ORGANISATIONS, CHANNELS, STORED, READ = 50, 10, 4000, 1000
START = "2026-01-01 00:00:00+00"
ISSUER = "https://issuer.test"

_WORLD = f"""
with o as (
    insert into organisations (name) select 'Bench ' || i from generate_series(1, {ORGANISATIONS}) as i
    returning id, number
),
m as (
    insert into memberships (organisation_id, issuer, subject, role)
    select id, '{ISSUER}', 'user_' || number || '_' || i, case i when 1 then 'OWNER' else 'VIEWER' end::membership_role
    from o cross join generate_series(1, 20) as i
),
s as (
    insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'UTC' from o returning id, organisation_id
)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'c' || i, 'c', 'POWER', 'KILOWATT', 'INSTANTANEOUS'
from o join s on s.organisation_id = o.id cross join generate_series(1, {CHANNELS}) as i
"""
_READINGS = f"""
insert into readings (observed_at, value, channel_number, organisation_number)
select timestamptz '{START}' + step * interval '1 minute', random() * 100, number, organisation_number
from channels cross join generate_series(1, {STORED}) as step

"""
_KEY = """
with k as (
    insert into api_keys (organisation_id, name, hash, prefix, created_by)
    select organisation_id, 'Bench', sha256('bench'), 'twinql_bench', 'bench' from channels where id = $1
    returning id, organisation_id
)
insert into api_key_channels (api_key_id, channel_id, organisation_id) select id, $1, organisation_id from k
returning api_key_id
"""
_STATEMENT = f"""
select observed_at, value, quality from readings
where channel_number = $1 and observed_at > timestamptz '2026-01-02 00:00:00+00'
order by observed_at limit {READ}
"""
_LOOK_UP = "select id, organisation_id, key, name, unit::text from channels where id = $1"
_BARE = "select 1"

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Bench:
    """A filled database, and who asks of it."""

    database: Database
    user: Actor
    device: Actor
    channel: UUID
    number: int
    foreign: UUID


async def _interleaved(rounds: int, works: dict[str, Work]) -> dict[str, list[float]]:
    """Do all works in turn, and return how long each took every time, in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for each in range(rounds + rounds // 10):
        for name, work in works.items():
            began = perf_counter_ns()
            await work()
            if each >= rounds // 10:  # the first ones warm up
                taken[name].append((perf_counter_ns() - began) / 1e6)
    return taken


def _print(title: str, taken: dict[str, list[float]]) -> None:
    beside = median(next(iter(taken.values())))
    print(f"\n{title}")
    for name, times in taken.items():
        low, _, high = quantiles(times)
        middle = median(times)
        print(f"  {name:<44} {middle:7.3f} ms  ({low:.3f} to {high:.3f})  x {middle / beside:.3f}")


async def _reading(bench: Bench, owner: Connection, rounds: int) -> None:
    """Time one statement that reads 1,000 points, in transactions that are open already."""
    async with AsyncExitStack() as open_ones:
        connections = {"the owner, without policies": owner}
        for name, actor in (("a user, under policies", bench.user), ("a device, under policies", bench.device)):
            transaction = bench.database.transaction(actor, readonly=True)
            connections[name] = await open_ones.enter_async_context(transaction)

        def read(connection: Connection) -> Work:
            return lambda: connection.fetch(_STATEMENT, bench.number)

        taken = await _interleaved(rounds, {name: read(each) for name, each in connections.items()})
        assert len(await read(connections["a user, under policies"])()) == READ  # type: ignore[arg-type]
    _print("1,000 points, the statement alone", taken)


async def _request(bench: Bench, owner: Connection, beside: Database, rounds: int) -> None:
    """Time whole requests: begin, become, statement, commit. A plan is made anew when a connection changes its role."""

    def bare(statement: str, *values: object) -> Work:
        return lambda: owner.fetch(statement, *values)

    def request(database: Database, actor: Actor, statement: str, *values: object) -> Work:
        async def work() -> object:
            async with database.transaction(actor, readonly=True) as connection:
                return await connection.fetch(statement, *values)

        return work

    for title, asked in (("select 1", (_BARE,)), ("1,000 points", (_STATEMENT, bench.number))):
        works = {
            "the bare statement of the owner": bare(*asked),
            "as a user: begin, become, statement, commit": request(bench.database, bench.user, *asked),
            "as a device: begin, become, statement, commit": request(beside, bench.device, *asked),
        }
        _print(f"A request of {title}", await _interleaved(rounds, works))


async def _guessing(bench: Bench, rounds: int) -> None:
    """Time the look-up of an id that nobody has, and of one that somebody else has."""
    async with bench.database.transaction(bench.user, readonly=True) as connection:

        def look_up(channel: UUID) -> Work:
            return lambda: connection.fetch(_LOOK_UP, channel)

        nobodys = uuid4()
        works = {
            "an id that nobody has": look_up(nobodys),
            "an id that another organisation has": look_up(bench.foreign),
            "the first again": look_up(nobodys),
        }
        assert await works["an id that another organisation has"]() == []
        _print("Guessing ids", await _interleaved(rounds * 5, works))


async def _fill(owner: Connection) -> tuple[UUID, int, UUID, UUID]:
    await owner.execute(_WORLD)
    await owner.execute("select twinql.prepare_readings($1::text::timestamptz, $1::text::timestamptz)", START)
    await owner.execute(_READINGS)
    await owner.execute("vacuum analyze")
    mine = await owner.fetchrow("select id, number from channels where organisation_number = 1 order by number limit 1")
    foreign = await owner.fetchval("select id from channels where organisation_number = 2 limit 1")
    assert mine is not None
    return mine["id"], mine["number"], foreign, await owner.fetchval(_KEY, mine["id"])


async def _measure(server: EmbeddedPostgres, rounds: int) -> None:
    await migrate(server.url)
    async with Database.open(server.server_url, own_url=server.url, pool_size=4) as database:
        async with database.pool.acquire() as owner:
            channel, number, foreign, key = await _fill(owner)
            bench = Bench(database, User(ISSUER, "user_1_7"), Device(key), channel, number, foreign)
            await _reading(bench, owner, rounds)
            async with Database.open(server.server_url, own_url=server.url) as beside:
                await _request(bench, owner, beside, rounds)
        await _guessing(bench, rounds)


def main() -> None:
    """Start a Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=400, help="how often each work is done (default: 400)")
    rounds = parser.parse_args().rounds
    with TemporaryDirectory(prefix="twinql-bench-") as folder, EmbeddedPostgres.start(Path(folder)) as server:
        asyncio.run(_measure(server, rounds))


if __name__ == "__main__":
    main()
