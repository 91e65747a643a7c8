"""The servers of a feed: how each is followed, and how each is made to tell something."""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import httpx
import psutil

from benchmarks.against.contenders import Place, settings, started, token_of, twinql
from benchmarks.feed.audience import Audience, Seat, hello
from benchmarks.feed.world import DOCUMENT, ORGANISATION, World

TWINQL, STRAWBERRY, BARE = "TwinQL", "Strawberry", "bare websockets"
_CALM_SHARE, _CALM_S, _CALMS_WITHIN_S = 0.1, 0.5, 60.0


@dataclass(slots=True)
class Server:
    """A server that runs.

    Attributes:
        name: What it is called.
        port: Where it listens.
        process: Its process.
        world: What is followed there.
        size: The bytes of an event of the dashboard, which the bare server sends; learned from TwinQL's.
    """

    name: str
    port: int
    process: psutil.Process
    world: World
    size: int = 1_000
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=300))

    def seat(self, variables: dict[str, Any]) -> Seat:
        """Return how to follow with these variables."""
        if self.name == BARE:
            return Seat(self.port)
        token = {"Authorization": f"Bearer {token_of(ORGANISATION)}"} if self.name == TWINQL else {}
        return Seat(self.port, "/graphql", hello(DOCUMENT, variables, **token), hears_first=1)

    async def publish(self, events: int, *, each: int = 1, channels: Sequence[int] | None = None) -> float:
        """Make it tell so many events, and return the moment from which on it could know of them."""
        if self.name == TWINQL:
            return await self.world.write(events, each=each, channels=channels)
        asked: dict[str, str | int] = {"events": events, "size": self.size}
        if self.name == STRAWBERRY:
            ids = ",".join(self.world.ids[number] for number in channels or self.world.sensors)
            asked |= {"each": each, "ids": ids}
        at = perf_counter()
        (await self.client.get(f"http://127.0.0.1:{self.port}/publish", params=asked)).raise_for_status()
        return at

    async def follow(self, audience: Audience, variables: Sequence[dict[str, Any]], **how: Any) -> None:
        """Let followers join, and wait until each of them has heard something, and all have heard the same last."""
        first = len(audience.followers)
        await audience.join([self.seat(each) for each in variables], **how)
        mine = audience.followers[first:]
        former, audience.hear = audience.hear, _heard
        channels = self.world.sensors if "siteIds" in variables[0]["filter"] else self.world.many
        deadline = perf_counter() + 60
        while not all(each.events for each in mine):
            if perf_counter() > deadline:
                raise RuntimeError(f"{self.name}: not all followers hear: {audience.ended[:3]}")
            await self.publish(1, channels=channels)
            await self.calm(least_s=0.3)
        audience.hear = former

    def cpu_s(self) -> float:
        """Return how many seconds of its core it has used, with its children."""
        times = [each.cpu_times() for each in (self.process, *self.process.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    def memory(self) -> int:
        """Return how many bytes it has resident."""
        return int(self.process.memory_info().rss)

    async def calm(self, *, least_s: float = _CALM_S) -> None:
        """Wait until it has nothing left to do."""
        deadline = perf_counter() + _CALMS_WITHIN_S
        share = 1.0
        while share > _CALM_SHARE and perf_counter() < deadline:
            before, at = self.cpu_s(), perf_counter()
            await asyncio.sleep(least_s)
            share = (self.cpu_s() - before) / (perf_counter() - at)


def _heard(_: int, text: bytes) -> None:
    if b'"type":"error"' in text or b'"type": "error"' in text:
        raise RuntimeError(f"A subscription was refused: {text[:600]!r}")


@contextmanager
def serving(place: Place, world: World, *names: str) -> Iterator[list[Server]]:
    """Start servers, all on the first core; whoever asks, and Postgres, have the other one."""
    commands = {
        TWINQL: twinql(identity=True),
        STRAWBERRY: [sys.executable, "-m", "benchmarks.feed.strawberry_server"],
        BARE: [sys.executable, "-m", "benchmarks.feed.bare_server"],
    }
    # Hundreds come at once, to a server that has one core: here that is no overload.
    mine = settings(place) | {"TWINQL_QUEUE_WAIT_S": "60"}
    with ExitStack() as running:
        servers = []
        for name in names:
            with on_core(0):
                port, process = running.enter_context(
                    started(place, f"feed {name}", *commands[name], **(mine if name == TWINQL else {}))
                )
            servers.append(Server(name, port, process, world))
        yield servers


@contextmanager
def on_core(number: int, *, pid: int = 0) -> Iterator[None]:
    """Keep a process, this one by default, and what it starts, to one core, where there are several."""
    former = os.sched_getaffinity(pid)
    try:
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(pid, {number})
        yield
    finally:
        os.sched_setaffinity(pid, former)
