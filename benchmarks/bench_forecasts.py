"""Measures what it takes to foresee a day of every channel of a site afresh, and to be told it again.

Run: python -m benchmarks.bench_forecasts [--channels 1000] [--rounds 200]. It starts a Postgres
of its own and removes it. The channels are half-hourly loads with a day, a week and noise of their own; one worker
process works out the models, on one core, and what the event loop does meanwhile is watched.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from uuid import UUID

import numpy as np
import psutil

from twinql.api import Engine, make_schema
from twinql.api.operation import Asked
from twinql.context import Context
from twinql.domain.global_id import encode
from twinql.domain.identity import User
from twinql.live import open_feed
from twinql.live.foresight import Question, Wanted, foresee
from twinql.live.workshop import Workshop, open_workshop
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

ISSUER, SUBJECT = "https://issuer.test", "bench"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP, PAST_DAYS = timedelta(minutes=30), 60
DAY = Wanted(timedelta(days=1))
LOOKS_EVERY_S = 0.002

_WORLD = """
with o as (insert into organisations (name) values ('Bench') returning id, number),
m as (insert into memberships (organisation_id, issuer, subject, role) select id, $1, $2, 'OWNER' from o),
s as (
    insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'Europe/Berlin' from o
    returning id, organisation_id
)
insert into channels (
    organisation_id, organisation_number, site_id, key, name, quantity, unit, kind, resolution_seconds
)
select o.id, o.number, s.id, 'c' || i, 'c', 'ENERGY', 'KILOWATT_HOUR', 'INTERVAL', 1800
from o join s on s.organisation_id = o.id cross join generate_series(1, $3::int4) as i
returning id, number, organisation_number
"""
_FORECAST = 'query ($id: ID!) { channel(id: $id) { forecast(horizon: "P1D") { model p10 p50 p90 } } }'
_STORED = "query ($id: ID!) { channel(id: $id) { forecasts(first: 1) { nodes { model p10 p50 p90 } } } }"
_READ = "query ($id: ID!) { channel(id: $id) { readings(first: 48) { nodes { value observedAt } } } }"


@dataclass(frozen=True, slots=True)
class Bench:
    """A filled database, who asks of it, and what of."""

    database: Database
    workshop: Workshop
    user: User
    channels: list[UUID]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--channels", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    asyncio.run(_run(given.channels, given.rounds))


async def _run(channels: int, rounds: int) -> None:
    async with _filled(channels) as bench:
        await _afresh(bench)
        await _again(bench, rounds)


async def _afresh(bench: Bench) -> None:
    questions = [Question(each, DAY) for each in bench.channels]
    await bench.workshop.run(abs, 1)  # the worker starts once in the life of a server
    (worker,) = [each for each in psutil.Process().children() if "spawn_main" in " ".join(each.cmdline())]
    before, own, began = worker.cpu_times(), process_time(), perf_counter()
    async with _watched_loop() as waits:
        found = await foresee(bench.database, bench.workshop, bench.user, questions, now=NOW)
    elapsed, own, after = perf_counter() - began, process_time() - own, worker.cpu_times()
    assert all(isinstance(each, UUID) for each in found.values()), found
    print(f"channels                             {len(questions):10,}")
    print(f"foreseen afresh, elapsed             {elapsed:10.1f} s")
    print(f"  processor time of the worker       {after.user + after.system - before.user - before.system:10.1f} s")
    print(f"  processor time of the server       {own:10.1f} s")
    print(f"  longest wait of the event loop     {1e3 * max(waits):10.0f} ms, median {1e3 * median(waits):.1f} ms")


async def _again(bench: Bench, rounds: int) -> None:
    engine = Engine.of(make_schema(), Settings(), introspection=True)
    async with open_feed(bench.database, bench.database.url, retention=timedelta(hours=1)) as feed:
        context = Context(bench.database, bench.user, NOW, feed, workshop=bench.workshop)
        for name, document in (
            ("a forecast that is fresh", _FORECAST),
            ("a stored one", _STORED),
            ("48 readings", _READ),
        ):
            taken = []
            for each in range(rounds):
                variables = {"id": encode("Channel", bench.channels[each % len(bench.channels)])}
                began = perf_counter()
                operation = await engine.prepare(Asked(document, variables=variables), context)
                answer = await engine.execute(operation, context)
                taken.append(perf_counter() - began)
                assert not answer.errors, answer.errors
            print(f"{name:<36} {1e3 * median(taken):10.2f} ms")


@asynccontextmanager
async def _watched_loop() -> AsyncIterator[list[float]]:
    """Collect how much longer than it asked for somebody sleeps meanwhile, in seconds."""
    waits: list[float] = []

    async def look() -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(LOOKS_EVERY_S)
            waits.append(perf_counter() - began - LOOKS_EVERY_S)

    task = asyncio.create_task(look())
    try:
        yield waits
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _filled(channels: int) -> AsyncIterator[Bench]:
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder), fast=True) as server:
        await migrate(server.url)
        async with Database.open(server.url) as database, open_workshop() as workshop:
            async with database.pool.acquire() as connection:
                rows = await connection.fetch(_WORLD, ISSUER, SUBJECT, channels)
                first = NOW - timedelta(days=PAST_DAYS)
                await connection.execute("select twinql.prepare_readings($1::timestamptz, $2)", first, NOW)
                instants = [first + (each + 1) * STEP for each in range(PAST_DAYS * 48)]
                rng = np.random.default_rng(1)
                for row in rows:
                    columns = ("observed_at", "value", "channel_number", "organisation_number")
                    values = _load(rng).tolist()
                    records = [
                        (at, value, row["number"], row["organisation_number"])
                        for at, value in zip(instants, values, strict=True)
                    ]
                    await connection.copy_records_to_table("readings", records=records, columns=columns)
                await connection.execute("analyze")
            yield Bench(database, workshop, User(ISSUER, SUBJECT), [row["id"] for row in rows])


def _load(rng: np.random.Generator) -> np.ndarray:
    """Return a load with a day, a week and noise of its own."""
    place = np.arange(PAST_DAYS * 48)
    day = 1.0 + np.sin(2.0 * np.pi * (place / 48.0 - rng.random()))
    week = np.where(place // 48 % 7 < 5, 1.0, 0.5 + rng.random())  # noqa: PLR2004 - a working week
    return np.asarray(0.2 + day * week * rng.lognormal(0.0, 0.4, place.size))


if __name__ == "__main__":
    main()
