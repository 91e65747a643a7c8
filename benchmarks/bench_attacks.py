"""Measures how long others wait while somebody attacks the graph, or asks honestly for as much as is allowed.

Run: python benchmarks/bench_attacks.py [--rounds 5]. It starts a Postgres of its own and removes it. Beside each
operation a pinger sleeps for a millisecond again and again; its worst delay is what any other caller could feel
(bound: 100 ms). Beside it stands the most processor time that the loop's thread took between two of its turns, which
other programs on the machine do not lengthen. The least of several rounds is shown.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

import uvloop
from graphql import get_introspection_query

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.document_attacks import ATTACKS
from tests.world import World, make_world
from twinql.api import Engine, make_schema
from twinql.api.operation import Asked, RequestError
from twinql.context import Context
from twinql.domain import global_id
from twinql.live import open_feed
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.embedded import EmbeddedPostgres
from twinql.storage.migrations import migrate

SLEEP_S = 0.001
ALL_OF_A_READING = "id value unit label status quality source observedAt intervalStart recordedAt"
READINGS = f"query ($id: ID!) {{ channel(id: $id) {{ readings(first: 2000) {{ nodes {{ {ALL_OF_A_READING} }} }} }} }}"
SERIES = """
query ($id: ID!) {
  channel(id: $id) {
    series(during: {from: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z"}, maxPoints: 10000) {
      starts values quality
    }
  }
}
"""
RECORD = """
mutation ($readings: [ReadingInput!]!) {
  recordReadings(input: {readings: $readings}) {
    summary { recorded } outcomes { index outcome readingId value storedValue code message }
  }
}
"""


class Bench:
    """One engine over one database, and a pinger."""

    def __init__(self, engine: Engine, context: Context, world: World, rounds: int) -> None:
        """Measure so many rounds."""
        self.engine, self.context, self.world, self.rounds = engine, context, world, rounds

    async def measure(self, name: str, work: Callable[[int], Awaitable[str]]) -> None:
        """Print the worst delay of the pinger beside a piece of work, how long the work took, and what became of it."""
        found = []
        for number in range(self.rounds):
            worst = busiest = 0.0
            done = asyncio.Event()

            async def ping(done: asyncio.Event = done) -> None:
                nonlocal worst, busiest
                while not done.is_set():
                    began, used = perf_counter(), thread_time()
                    await asyncio.sleep(SLEEP_S)
                    worst = max(worst, perf_counter() - began - SLEEP_S)
                    busiest = max(busiest, thread_time() - used)

            pinger = asyncio.create_task(ping())
            await asyncio.sleep(5 * SLEEP_S)
            began = perf_counter()
            outcome = await work(number)
            took = perf_counter() - began
            await asyncio.sleep(2 * SLEEP_S)
            done.set()
            await pinger
            found.append((worst, busiest, took, outcome))
        worst, busiest, took, outcome = min(found)
        figures = f"{worst * 1000:8.1f} {busiest * 1000:8.1f} {took * 1000:10.1f}"
        print(f"{name:32} {figures}  {outcome[:66]}", flush=True)

    async def ask(self, document: str, variables: dict[str, Any]) -> str:
        """Ask once, to the last byte of the answer."""
        try:
            operation = await self.engine.prepare(Asked(document, variables=variables), self.context)
        except RequestError as error:
            return str(error.errors[0]["extensions"]["code"]) + ": " + str(error.errors[0]["message"])
        answer = await self.engine.execute(operation, self.context)
        return f"{len(answer.body()):,} bytes" + (f", {answer.errors[0]['message']}" if answer.errors else "")


def _rows(world: World, count: int, day: int) -> list[dict[str, Any]]:
    channel = global_id.encode("Channel", world.channels["temperature"])
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=10 * day)
    return [
        {"channelId": channel, "observedAt": (began + timedelta(minutes=n)).isoformat(), "value": 20.0 + n % 7}
        for n in range(count)
    ]


async def _run(url: str, rounds: int) -> None:
    await migrate(url)
    world = await make_world(url)
    engine = Engine.of(make_schema(), Settings(cost_budget=10**9), introspection=True)
    async with Database.open(url) as database, open_feed(database, url, retention=timedelta(hours=1)) as feed:
        context = Context(database=database, actor=world.owner, now=datetime.now(UTC), feed=feed)
        bench = Bench(engine, context, world, rounds)
        channel = {"id": global_id.encode("Channel", world.channels["temperature"])}
        print(f"{'beside this':32} {'worst ms':>8} {'busy ms':>8} {'it took ms':>10}  what became of it")
        await bench.measure("nothing", lambda _: asyncio.sleep(0.1, ""))
        for name, (document, _) in ATTACKS.items():
            # A comment makes each one new, so that none is known already.
            await bench.measure(name, lambda n, text=document: bench.ask(f"{text} # {n}", {}))
        name = "ten attacks at once"
        await bench.measure(name, lambda n: _all(bench, [f"{text} # {n}+" for text, _ in [*ATTACKS.values()][:10]]))
        tools = get_introspection_query(input_value_deprecation=True)
        await bench.measure("introspection", lambda n: bench.ask(f"{tools} # {n}", {}))
        await bench.measure(
            "recordReadings, 10,000 rows", lambda n: bench.ask(RECORD, {"readings": _rows(world, 10_000, n)})
        )
        await bench.measure("the same again", lambda n: bench.ask(RECORD, {"readings": _rows(world, 10_000, n)}))
        await bench.measure("readings(first: 2000)", lambda _: bench.ask(READINGS, channel))
        await bench.measure("a series of 10,000 points", lambda _: bench.ask(SERIES, channel))
        await bench.measure("ten times both", lambda _: _all(bench, [READINGS, SERIES] * 10, channel))


async def _all(bench: Bench, documents: list[str], variables: dict[str, Any] | None = None) -> str:
    return (await asyncio.gather(*(bench.ask(each, variables or {}) for each in documents)))[-1]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (%(default)s)")
    options = parser.parse_args()
    with (
        TemporaryDirectory(prefix="twinql-bench-") as folder,
        EmbeddedPostgres.start(Path(folder)) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_run(server.url, options.rounds))


if __name__ == "__main__":
    main()
