"""Measures TwinQL beside the same graph in Strawberry, PostGraphile 5 and the database itself, and prints one table.

Run: make bench, or python -m benchmarks.against [--short]. Everything runs on this machine and on loopback: a Postgres
of its own, whose data are made once and kept in the folder, and a server of each contender, which take turns.
"""

import argparse
import asyncio
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import asyncpg
import psutil
import uvloop

from benchmarks.against import data, memory, tools, writes
from benchmarks.against.compared import Meters, Pace, compare, peaks
from benchmarks.against.contenders import Place, running
from benchmarks.against.reads import READS
from benchmarks.against.table import latency_line, lines_of, memory_line, year_line
from benchmarks.feed import measures as feed
from twinql.storage.embedded import EmbeddedPostgres

LONG, SHORT = Pace(rounds=5, seconds=0.8, warm_s=1.5), Pace(rounds=2, seconds=0.3, warm_s=0.3)
_MORE = ("writes", "memory", "feed")
_METERS = "select id from assets where name like $1 || ' %' order by name"


async def _meters(url: str) -> Meters:
    owner = await asyncpg.connect(url)
    try:
        return {
            each: [row["id"] for row in await owner.fetch(_METERS, each)] for each in (data.HOURLY, data.TEN_MINUTES)
        }
    finally:
        await owner.close()


async def _reads(place: Place, pace: Pace, only: list[str]) -> None:
    meters = await _meters(place.url)
    for identity, title, rounds in (
        (True, "Under identity and row-level security: role and claims in a transaction for each request", pace.rounds),
        (
            False,
            "Without identity: each as the owner of the tables, without a transaction",
            pace.rounds - pace.rounds // 3,
        ),
    ):
        with running(place, identity=identity) as contenders:
            outcomes = await compare(
                place, contenders, meters, replace(pace, rounds=rounds), identity=identity, only=only
            )
            print("\n".join(lines_of(title, outcomes) + latency_line(outcomes)))
            if "year" in outcomes:
                print(year_line(outcomes["year"]))
            print(memory_line(peaks(contenders)), flush=True)


def _told(place: Place) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in tools.versions(place.tools, place.node).items())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} cores ({platform.machine()}), "
        f"load {psutil.getloadavg()[0]:.1f}; Python {platform.python_version()}, {versions}"
    )


def main() -> None:
    """Bring up what is needed, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(".bench"), help="where data and tools are kept (default: .bench)"
    )
    parser.add_argument("--short", action="store_true", help="a quick look, whose figures say little")
    parser.add_argument("--only", nargs="*", default=[], choices=[*(each.key for each in READS), *_MORE])
    options = parser.parse_args()
    began = perf_counter()
    folder = options.data.resolve()
    node = tools.bring(folder / "tools")
    (folder / "database").mkdir(parents=True, exist_ok=True)
    wanted = set(options.only) or {*(each.key for each in READS), *_MORE}
    with EmbeddedPostgres.start(folder / "database") as server:
        place = Place(server.url, server.server_url, folder / "tools", node, folder)
        asyncio.run(data.bring_up(server.url))
        print(_told(place), flush=True)
        if reads := [each.key for each in READS if each.key in wanted]:
            uvloop.run(_reads(place, SHORT if options.short else LONG, reads))
        if "memory" in wanted:
            memory.measure(place)
        if "writes" in wanted:
            uvloop.run(writes.measure(place, short=options.short))
        if "feed" in wanted:
            uvloop.run(feed.measure(place, short=options.short))
    print(f"\nTook {perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
