"""Measures what it costs to ask for what was known at a time, beside the same question about what is known now.

Run: python -m benchmarks.bench_as_of [--rounds 20]. It starts a Postgres of its own and removes it.
200 channels hold a year of half hours, each recorded an hour after it ended; one in 24 was corrected later.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from schema.reading import readings_asked
from twinql.domain.channels import ReadingKind
from twinql.domain.identity import User
from twinql.domain.series import Bucket, Subject, Wish
from twinql.domain.units import Quantity, Unit
from twinql.storage.database import Connection, Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate
from twinql.storage.read import PageRequest, counts, pages
from twinql.storage.series import series_of, statistics_of

FIRST, LAST = datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
WINTER = datetime(2026, 2, 1, tzinfo=UTC)
MONTH = (LAST - timedelta(days=31), LAST)
VIEWER = User("https://issuer.test", "viewer")
_WORLD = """
with o as (insert into organisations (name) values ('Bench') returning id, number),
m as (
    insert into memberships (organisation_id, issuer, subject, role)
    select id, 'https://issuer.test', 'viewer', 'VIEWER' from o
),
s as (insert into sites (organisation_id, name, time_zone) select id, 'Bench', 'UTC' from o returning id)
insert into channels (
    organisation_id, organisation_number, site_id, key, name, quantity, unit, kind, resolution_seconds
)
select o.id, o.number, s.id, 'c' || i, 'c', 'ENERGY', 'KILOWATT_HOUR', 'INTERVAL', 1800
from o, s, generate_series(1, 200) as i
"""
_READINGS = """
insert into readings (observed_at, recorded_at, value, channel_number, organisation_number)
select at, at + interval '1 hour', random(), number, organisation_number
from channels, generate_series($1::timestamptz, $2::timestamptz - interval '30 minutes', interval '30 minutes') as at
"""
_CORRECTIONS = """
update readings set value = random(), recorded_at = now() where extract(hour from observed_at) = 3
    and extract(minute from observed_at) = 0
"""
Ask = Callable[[Connection, datetime | None], Awaitable[object]]


async def _fill(owner: Connection) -> datetime:
    """Return a time before the corrections and after everything else."""
    await owner.execute(_WORLD)
    await owner.execute("select twinql.prepare_readings($1, $2)", FIRST, LAST)
    for month in range(12):
        begin = FIRST + timedelta(days=month * 365 / 12)
        await owner.execute(_READINGS, begin, begin + timedelta(days=365 / 12))
    before: datetime = await owner.fetchval("select clock_timestamp()")
    await owner.execute(_CORRECTIONS)
    await owner.execute("vacuum analyze")
    return before


def _questions(numbers: Sequence[int]) -> dict[str, Ask]:
    subjects = [
        Subject(
            number=number,
            kind=ReadingKind.INTERVAL,
            quantity=Quantity.ENERGY,
            unit=Unit.KILOWATT_HOUR,
            time_zone="UTC",
            resolution_s=1800,
            register_maximum=None,
            schedule=False,
        )
        for number in numbers
    ]
    one = subjects[:1]

    def readings(as_of: datetime | None, size: int) -> object:
        return readings_asked(PageRequest(size), as_of=as_of).question

    def series(bucket: Bucket | None, period: tuple[datetime, datetime], asked: Sequence[Subject]) -> Ask:
        return lambda connection, as_of: series_of(connection, Wish(*period, bucket, None, 10_000, as_of), asked)

    return {
        "the newest readings of 200 channels": lambda connection, as_of: pages(connection, readings(as_of, 1), numbers),
        "a page of 100 readings": lambda connection, as_of: pages(connection, readings(as_of, 100), numbers[:1]),
        "how many readings a year has": lambda connection, as_of: counts(connection, readings(as_of, 1), numbers[:1]),
        "a year's 17,520 readings": series(None, (FIRST, LAST), one),
        "a year's days": series(Bucket.DAY, (FIRST, LAST), one),
        "a month's sums of 200 channels": series(Bucket.MONTH, MONTH, subjects),
        "statistics of a year": lambda connection, as_of: statistics_of(connection, FIRST, LAST, one, as_of=as_of),
    }


async def _measure(server: EmbeddedPostgres, rounds: int) -> None:
    await migrate(server.url)
    async with Database.open(server.server_url, own_url=server.url, pool_size=2) as database:
        async with database.pool.acquire() as owner:
            times = {"now": None, "before 1 in 24 was corrected": await _fill(owner), "nine months ago": WINTER}
            numbers = [row["number"] for row in await owner.fetch("select number from channels order by number")]
        print(f"{'[ms]':<38}{''.join(f'{name:>32}' for name in times)}")
        for title, ask in _questions(numbers).items():
            taken: dict[str, list[float]] = {name: [] for name in times}
            for _ in range(rounds):
                for name, as_of in times.items():
                    async with database.transaction(VIEWER, readonly=True) as connection:
                        began = perf_counter()
                        await ask(connection, as_of)
                        taken[name].append((perf_counter() - began) * 1000)
            print(f"{title:<38}{''.join(f'{median(taken[name]):>32.1f}' for name in times)}")


def main() -> None:
    """Start a Postgres, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how often each question is asked (default: 20)")
    rounds = parser.parse_args().rounds
    with TemporaryDirectory(prefix="twinql-bench-") as folder, EmbeddedPostgres.start(Path(folder)) as server:
        asyncio.run(_measure(server, rounds))


if __name__ == "__main__":
    main()
