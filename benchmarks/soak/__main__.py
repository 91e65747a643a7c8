"""Breaks the live feed for minutes in all ways we know, and counts what followers were not told, or told wrongly.

Run: make soak, or python -m benchmarks.soak [--minutes 1] [--followers 50]. Status 1 where anything went wrong.
"""

import argparse
import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import asyncpg
import uvloop

from benchmarks.feed.world import World
from benchmarks.soak.cycles import subscribe_and_close
from benchmarks.soak.faults import Faults
from benchmarks.soak.followers import Follower
from benchmarks.soak.judgement import Judgement
from benchmarks.soak.machinery import Postgres, Server
from benchmarks.soak.writers import Plant, write_floods, write_graph, write_imports, write_sql
from twinql.storage.migrations import migrate

_OUTBOX = "select payload::text from twinql_private.outbox where kind = 'READINGS' order by position"
_OPEN_FILES = 4_096
_BEGINS_S = 30.0
_CATCHES_UP_S = 90.0
"""How long nobody may be told anything at the end before those who lack something are given up."""
_FAULTS, _CUTS = 100, 10
"""How many faults there are of the server's side, and how often each follower is cut, where there is time."""
_FAULT_S, _FLOOD_S, _IMPORT_S = 2.0, 50.0, 40.0
"""The least between two faults, and how long after each other floods and imports come."""


def main() -> int:
    """Break, judge, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--followers", type=int, default=60)
    parser.add_argument(
        "--cycles", type=int, default=10_000, help="subscriptions that are opened and closed afterwards"
    )
    parser.add_argument("--data", type=Path, help="where the database and logs are kept (default: nowhere)")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_OPEN_FILES, most), most))
    with TemporaryDirectory(prefix="twinql-soak-") as folder:
        place = (options.data or Path(folder)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        return 0 if uvloop.run(Soak(place, options.followers).run(60 * options.minutes, options.cycles)) else 1


class Soak:
    """One run."""

    def __init__(self, folder: Path, followers: int) -> None:
        """Do nothing yet."""
        self._folder, self._count = folder, followers
        self._followers: list[Follower] = []
        self._numbers: list[Sequence[int]] = []

    async def run(self, seconds: float, cycles: int) -> bool:
        """Run for so long, and say whether all went well."""
        postgres = await asyncio.to_thread(Postgres, self._folder / "database")
        try:
            await postgres.start()
            await migrate(postgres.url)
            async with Server(postgres, self._folder / "serve.log") as server:
                plant = await self._meet(postgres, server)
                faults = Faults(postgres, server)
                await self._break(plant, postgres, server, faults, seconds)
                good = await self._judged(plant, faults)
                return (not cycles or await subscribe_and_close(server, cycles)) and good
        finally:
            await postgres.stop()

    async def _meet(self, postgres: Postgres, server: Server) -> Plant:
        """Make the channels, and followers of all of them and of some."""
        owner = await asyncpg.connect(postgres.url)
        world = await World.make(owner)
        organisation = await owner.fetchval("select organisation_number from channels limit 1")
        await owner.close()
        numbers = world.sensors
        filters: list[tuple[dict[str, Any], Sequence[int]]] = [
            ({}, numbers),
            (world.dashboard()["filter"], numbers),
            ({"channelIds": [world.ids[each] for each in numbers[:3]]}, numbers[:3]),
            ({"channelIds": [world.ids[numbers[-1]]]}, numbers[-1:]),
        ]
        for place in range(self._count):
            filter_, followed = filters[place % len(filters)]
            ids = frozenset(world.ids[each] for each in followed)
            # A fifth over event streams, half of all patient, so that every kind meets every filter.
            way = {"streams": place % 5 == 0, "patient": place // len(filters) % 2 == 0}
            self._followers.append(Follower(server.port, filter_, ids, **way))
            self._numbers.append(followed)
        return Plant(numbers, world.ids, organisation)

    async def _break(self, plant: Plant, postgres: Postgres, server: Server, faults: Faults, seconds: float) -> None:
        stop, cutting = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as following:
            tasks = [
                following.create_task(each.follow(cut_every_s=seconds / _CUTS, faults=cutting))
                for each in self._followers
            ]
            await self._begun()
            cutting.set()
            async with asyncio.TaskGroup() as writing:
                for place in range(8):
                    writing.create_task(write_sql(plant, postgres.url, long=place % 2 == 1, stop=stop))
                for _ in range(2):
                    writing.create_task(write_graph(plant, server, stop=stop))
                writing.create_task(write_floods(plant, postgres.url, every_s=_FLOOD_S, stop=stop))
                writing.create_task(write_imports(plant, server, self._folder, every_s=_IMPORT_S, stop=stop))
                writing.create_task(faults.happen(every_s=max(_FAULT_S, seconds / _FAULTS), stop=stop))
                await asyncio.sleep(seconds)
                stop.set()
            cutting.clear()
            self._truth = await self._told(postgres)
            await self._caught_up()
            for each in tasks:
                each.cancel()

    async def _begun(self) -> None:
        try:
            async with asyncio.timeout(_BEGINS_S):
                await asyncio.gather(*(each.begun.wait() for each in self._followers))
        except TimeoutError:
            reasons = _listed(sum((each.ended for each in self._followers), Counter[str]()))
            raise RuntimeError(f"Not all followers were let in: {reasons}") from None

    async def _told(self, postgres: Postgres) -> list[tuple[int, int]]:
        """Return every serial of the outbox with its channel's number, in commit order."""
        owner = await asyncpg.connect(postgres.url)
        self._stored = [int(row["value"]) for row in await owner.fetch("select value from readings")]
        payloads = [json.loads(row["payload"]) for row in await owner.fetch(_OUTBOX)]
        await owner.close()
        return [
            (int(value), number)
            for payload in payloads
            for value, number in zip(payload["value"], payload["channel_number"], strict=True)
        ]

    async def _caught_up(self) -> None:
        """Wait until everybody was told the last that concerns them, or nobody was told anything for long."""
        lasts = [self._of(numbers)[-1] for numbers in self._numbers]
        heard, since = -1, monotonic()
        while monotonic() - since < _CATCHES_UP_S:
            if all(each.heard and each.heard[-1] == last for each, last in zip(self._followers, lasts, strict=True)):
                return
            if (now := sum(len(each.heard) for each in self._followers)) != heard:
                heard, since = now, monotonic()
            await asyncio.sleep(0.2)

    def _of(self, numbers: Sequence[int]) -> list[int]:
        wanted = set(numbers)
        return [serial for serial, number in self._truth if number in wanted]

    async def _judged(self, plant: Plant, faults: Faults) -> bool:
        judgement = Judgement()
        serials = [serial for serial, _ in self._truth]
        spans = {serial: (each.begun, each.ended) for each in plant.commits for serial in each.serials}
        judgement.keep(self._stored, serials, spans)
        judgement.order(serials, spans)
        truths = {tuple(numbers): self._of(numbers) for numbers in self._numbers}
        for follower, numbers in zip(self._followers, self._numbers, strict=True):
            judgement.hear(follower.heard, truths[tuple(numbers)])
            judgement.untrue += len(follower.wrong)
        self._print(judgement, faults)
        return judgement.good

    def _print(self, judgement: Judgement, faults: Faults) -> None:
        cuts, gaps, ended = Counter[str](), Counter[str](), Counter[str]()
        for each in self._followers:
            cuts += each.cuts
            gaps += each.gaps
            ended += each.ended
        told = sum(len(each.heard) for each in self._followers)
        print(f"{len(self._truth):,} readings, {len(self._followers)} followers, told {told:,} times")
        print(f"{faults.done.total()} faults of the server's side: {_listed(faults.done)}")
        print(f"{cuts.total():,} cuts of followers: {_listed(cuts)}")
        print(f"{gaps.total():,} gaps announced: {_listed(gaps)}")
        print(
            "How connections ended that their followers did not end: " + _listed(Counter(dict(ended.most_common(12))))
        )
        for each in self._followers:
            for wrong in each.wrong[:1]:
                print(f"Not asked for: {wrong}")
        print(
            f"lost {judgement.lost}, missed {judgement.missed}, doubled {judgement.doubled}, "
            f"out of order {judgement.out_of_order}, untrue {judgement.untrue}"
        )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} times {name}" for name, count in counts.most_common()) or "none"


if __name__ == "__main__":
    sys.exit(main())
