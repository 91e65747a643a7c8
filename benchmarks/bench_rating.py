"""Measures what meters cost by a time-of-use tariff: a year of half hours of one, and a month of many.

Run: python -m benchmarks.bench_rating [--rounds 30] [--meters 1000]. It starts a Postgres of its own and removes it.
The rival makes the same bill as one would by hand with pandas: local time, a band for each row, groupby, sum; it must
come to the same total. The limit is the sum of the column alone, by numpy in memory and by Postgres from the tables.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np
import orjson
import pandas as pd

from twinql.domain.channels import FlowDirection
from twinql.domain.identity import User
from twinql.domain.metering.intervals import Fill, Intervals
from twinql.domain.tariffs.cost import Cost
from twinql.domain.tariffs.rating import Metered, rate
from twinql.domain.tariffs.terms import (
    Agreement,
    Band,
    ChargePeriod,
    Revision,
    StandingCharge,
    Tariff,
    Terms,
    VatRate,
    Window,
)
from twinql.domain.tariffs.wire import to_json
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Unit
from twinql.storage.costs import Costed, costs_of
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.metering import intervals_of, meters_to_bill
from twinql.storage.migrations import migrate

YEAR = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
MONTH = (datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
OWNER = User("bench", "owner")
ZONE, NIGHT = ZoneInfo("Europe/Lisbon"), (22, 8)
TERMS = Terms(
    bands=(
        Band("off-peak", (Window(first_minute=NIGHT[0] * 60, last_minute=NIGHT[1] * 60),), price=Decimal("0.0945")),
        Band("peak", price=Decimal("0.2013")),
    ),
    standing_charge=StandingCharge(Decimal("0.3512"), ChargePeriod.DAY),
    vat=(VatRate(None, Decimal("0.23")),),
)
WARM_UP = 3

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
ROWS = """
select r.observed_at, r.value from readings as r join channels as c on c.number = r.channel_number
where c.asset_id = $1 and r.observed_at > $2 and r.observed_at <= $3 order by r.observed_at
"""

Work = Callable[[], Awaitable[object]]


async def _make(url: str, count: int) -> list[UUID]:
    """Make meters with a month of half hours each, the first with a year."""
    await migrate(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("select twinql.prepare_readings($1, $2)", *YEAR)
        world = await connection.fetchrow(WORLD, count, date(2020, 1, 1), orjson.dumps(to_json(TERMS)).decode())
        assert world is not None
        meters = world["meters"]
        await connection.execute(METERS, world["organisation"], world["number"], world["site"], meters, world["tariff"])
        await connection.execute(READINGS, *YEAR, meters[:1])
        await connection.execute(READINGS, *MONTH, meters[1:])
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
    return list(meters)


def _rated(intervals: Intervals, agreement: Agreement) -> Cost:
    metered = Metered(FlowDirection.IMPORT, None, 1, intervals, len(intervals), len(intervals))
    return rate(
        [metered],
        [agreement],
        zone=ZONE,
        first=YEAR[0],
        last=YEAR[1],
        now=YEAR[1],
        billing_day=1,
        to_unit=lambda _: Fraction(1),
        prices={},
        fill=Fill.NONE,
    )


def _agreement() -> Agreement:
    revision = Revision(uuid4(), date(2020, 1, 1), YEAR[0], TERMS)
    tariff = Tariff(uuid4(), "Bi-hourly", FlowDirection.IMPORT, "EUR", Unit.KILOWATT_HOUR, (revision,))
    return Agreement(uuid4(), uuid4(), tariff)


def _by_pandas(ends: pd.DatetimeIndex, kwh: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the total with VAT, in floats."""
    begins = (ends - pd.Timedelta(minutes=30)).tz_convert(ZONE)
    frame = pd.DataFrame({"kwh": kwh, "off_peak": (begins.hour >= NIGHT[0]) | (begins.hour < NIGHT[1])}, index=begins)
    sums = frame.groupby("off_peak")["kwh"].sum()
    days = len(pd.date_range(*YEAR, freq="D", inclusive="left"))
    return float((sums[True] * 0.0945 + sums[False] * 0.2013 + days * 0.3512) * 1.23)


async def _alternately(rounds: int, works: dict[str, Work]) -> dict[str, list[float]]:
    """Do all works in turn, so that what else the machine does falls on all alike; in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for each in range(rounds + WARM_UP):
        for name, work in works.items():
            began = perf_counter_ns()
            await work()
            if each >= WARM_UP:
                taken[name].append((perf_counter_ns() - began) / 1e6)
    return taken


def _print(title: str, taken: dict[str, list[float]]) -> None:
    print(f"\n{title}")
    for name, times in taken.items():
        low, _, high = quantiles(times)
        print(f"  {name:<52} {median(times):8.3f} ms  ({low:.3f} to {high:.3f}), best {min(times):.3f}")


async def _in_memory(intervals: Intervals, rounds: int) -> None:
    agreement = _agreement()
    ends = pd.DatetimeIndex(intervals.ends.view("datetime64[us]"), tz="UTC")
    kwh = intervals.amounts / 1e9

    async def rating() -> Cost:
        return _rated(intervals, agreement)

    async def rival() -> float:
        return _by_pandas(ends, kwh)

    async def limit() -> int:
        return int(intervals.amounts.sum())

    _check(await rating(), await rival())
    works: dict[str, Work] = {"rated, exactly and with evidence": rating, "pandas": rival, "numpy's sum": limit}
    _print(f"A year of {len(intervals):,} half hours, in memory", await _alternately(rounds, works))


def _check(cost: Cost, by_pandas: float) -> None:
    assert abs(cost.total - Decimal(by_pandas)) < Decimal("0.00001"), (cost.total, by_pandas)


async def _from_database(database: Database, owner: asyncpg.Connection, meter: UUID, rounds: int) -> None:
    async def rating() -> Cost:
        wish = CostWish(*YEAR, now=YEAR[1])
        found = (await costs_of(lambda: database.transaction(OWNER, readonly=True), wish, [meter]))[0]
        assert isinstance(found, Costed)
        return found.cost

    async def rival() -> float:
        rows = await owner.fetch(ROWS, meter, *YEAR)
        frame = pd.DataFrame.from_records(rows, columns=["at", "kwh"])
        return _by_pandas(pd.DatetimeIndex(frame["at"]), frame["kwh"].to_numpy())

    async def limit() -> object:
        of_meter = "select sum(r.value) from readings as r join channels as c on c.number = r.channel_number"
        return await owner.fetchval(f"{of_meter} where c.asset_id = $1", meter)

    _check(await rating(), await rival())
    works: dict[str, Work] = {
        "rated, as somebody, agreement and terms included": rating,
        "pandas, the same rows, terms in the code": rival,
        "sum(value) in Postgres": limit,
    }
    _print("The same from the database", await _alternately(rounds, works))


async def _of_many(database: Database, owner: asyncpg.Connection, meters: list[UUID], rounds: int) -> None:
    async def rating() -> None:
        wish = CostWish(*MONTH, now=YEAR[1])
        found = await costs_of(lambda: database.transaction(OWNER, readonly=True), wish, meters)
        assert all(isinstance(each, Costed) and each.cost.lines for each in found)

    async def limit() -> object:
        within = "where observed_at > $1 and observed_at <= $2"
        return await owner.fetch(f"select sum(value) from readings {within} group by channel_number", *MONTH)

    works: dict[str, Work] = {"rated, each with lines and evidence": rating, "sum(value) of each in Postgres": limit}
    _print(f"A month of half hours of {len(meters):,} meters, from the database", await _alternately(rounds, works))


async def _measure(server: EmbeddedPostgres, rounds: int, count: int) -> None:
    meters = await _make(server.url, count)
    owner = await asyncpg.connect(server.url)
    try:
        async with Database.open(server.url, pool_size=2) as database:
            async with database.transaction(OWNER, readonly=True) as connection:
                meter = (await meters_to_bill(connection, meters))[0]
                assert meter is not None
                intervals = (await intervals_of(connection, meter.channels, *YEAR, as_of=None))[0]
            await _in_memory(intervals, rounds)
            await _from_database(database, owner, meters[0], rounds)
            await _of_many(database, owner, meters, max(2, rounds // 10))
    finally:
        await owner.close()


def main() -> None:
    """Start a Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="how often each work is done (default: 30)")
    parser.add_argument("--meters", type=int, default=1_000, help="how many meters (default: 1,000)")
    chosen = parser.parse_args()
    with (
        TemporaryDirectory(prefix="twinql-bench-") as folder,
        EmbeddedPostgres.start(Path(folder), fast=True) as server,
    ):
        asyncio.run(_measure(server, chosen.rounds, chosen.meters))


if __name__ == "__main__":
    main()
