"""Measures what meters cost, from the tables to the sums: a month of many meters, and a year of one.

Run: python -m benchmarks.bench_costs [--meters 1000]. It starts a Postgres of its own and removes it.
Each figure is the best of several runs, as the bytes of all readings have to be read and added up at the least: the
time in which Postgres packs them is told beside it.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from twinql.domain.identity import User
from twinql.domain.tariffs.terms import Band, ChargePeriod, StandingCharge, Terms, VatRate, Window
from twinql.domain.tariffs.wire import to_json
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import TwinError
from twinql.storage.costs import costs_of
from twinql.storage.database import Connection, Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.metering import intervals_of, meters_to_bill
from twinql.storage.migrations import migrate

YEAR = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
MONTH = (datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
OWNER = User("bench", "owner")

WORLD = """
with o as (insert into organisations (name) values ('Bench') returning id, number),
s as (insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'Europe/Lisbon' from o returning id),
u as (insert into memberships (organisation_id, issuer, subject, role) select id, 'bench', 'owner', 'OWNER' from o),
t as (
    insert into tariffs (organisation_id, name, direction, currency, unit)
    select id, 'Bi-hourly', 'IMPORT', 'EUR', 'KILOWATT_HOUR' from o returning id
),
r as (
    insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms)
    select o.id, t.id, $2, 'bench', $3::text::jsonb from o, t
),
a as (
    insert into assets (organisation_id, site_id, kind, name)
    select o.id, s.id, 'METER', 'Meter ' || i from o, s, generate_series(1, $1::int) as i returning id, name
)
select o.id as organisation, o.number, s.id as site, t.id as tariff, array_agg(a.id order by a.name) as meters
from o, s, t, a
group by 1, 2, 3, 4
"""
METERS = """
with m as (
    insert into meters (id, organisation_id, serial_number, commodity)
    select id, $1, id::text, 'ELECTRICITY' from unnest($4::uuid[]) as id
    returning id
),
g as (insert into agreements (organisation_id, meter_id, tariff_id) select $1, id, $5 from m)
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, direction,
    resolution_seconds
)
select $1, $2, $3, id, 'energy', 'Energy', 'ENERGY', 'KILOWATT_HOUR', 'INTERVAL', 'IMPORT', 1800 from m
"""
READINGS = """
insert into readings (observed_at, value, channel_number, organisation_number, source)
select at, (random() * 1000)::int / 1000.0, c.number, c.organisation_number, 'IMPORT'
from channels as c, generate_series($1::timestamptz + interval '30 minutes', $2, interval '30 minutes') as at
where c.asset_id = any($3)
"""


def _terms() -> str:
    off_peak = Window(first_minute=22 * 60, last_minute=8 * 60)
    terms = Terms(
        bands=[Band("off-peak", [off_peak], price=Decimal("0.0945")), Band("peak", price=Decimal("0.2013"))],
        standing_charge=StandingCharge(Decimal("0.3512"), ChargePeriod.DAY),
        vat=[VatRate(None, Decimal("0.23"))],
    )
    return orjson.dumps(to_json(terms)).decode()


async def _make(url: str, count: int) -> list[UUID]:
    """Make meters with a month of half hours each, the first with a year."""
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select twinql.prepare_readings($1, $2)", *YEAR)
        world = await connection.fetchrow(WORLD, count, date(2020, 1, 1), _terms())
        assert world is not None
        meters = world["meters"]
        await connection.execute(METERS, world["organisation"], world["number"], world["site"], meters, world["tariff"])
        await connection.execute(READINGS, *YEAR, meters[:1])
        await connection.execute(READINGS, *MONTH, meters[1:])
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
    return list(meters)


async def _best(work: Callable[[], Awaitable[Any]], runs: int = 5) -> float:
    found = []
    for _ in range(runs):
        began = perf_counter()
        await work()
        found.append(perf_counter() - began)
    return min(found)


async def _measure(url: str, count: int) -> None:
    meters = await _make(url, count)
    async with Database.open(url, pool_size=2) as database:

        def reading() -> AbstractAsyncContextManager[Connection]:
            return database.transaction(OWNER, readonly=True)

        async def rate(period: tuple[datetime, datetime], ids: list[UUID]) -> None:
            found = await costs_of(reading, CostWish(*period, now=YEAR[1]), ids)
            assert all(each is not None and not isinstance(each, TwinError) and each.cost.lines for each in found)

        async def read(period: tuple[datetime, datetime], ids: list[UUID]) -> None:
            async with reading() as connection:
                channels = [each for meter in await meters_to_bill(connection, ids) if meter for each in meter.channels]
                await intervals_of(connection, channels, *period, as_of=None)

        for title, period, ids in (
            (f"a month of {count:,} meters", MONTH, meters),
            ("a year of one meter", YEAR, meters[:1]),
            ("a month of one meter", MONTH, meters[:1]),
        ):
            whole, without = await _best(lambda: rate(period, ids)), await _best(lambda: read(period, ids))  # noqa: B023
            print(f"{title:<28} {whole * 1e3:8.1f} ms, of which reading intervals {without * 1e3:8.1f} ms")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000, help="how many meters (default 1,000)")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder), fast=True) as server:
        asyncio.run(_measure(server.url, arguments.meters))


if __name__ == "__main__":
    main()
