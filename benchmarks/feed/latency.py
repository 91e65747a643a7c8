"""How long it takes from a commit to its delivery, where a hundred follow and ten events a second happen."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter

import numpy as np

from benchmarks.feed.audience import Audience
from benchmarks.feed.contenders import TWINQL, Server

FOLLOWERS, EVENTS_A_SECOND = 100, 10
HALF_MS, LATEST_MS = 5.0, 25.0
_WAITS_S = 20.0


async def measure(servers: Sequence[Server], *, seconds: float) -> None:
    """Let each server tell events at a steady pace, and print the latencies of all deliveries."""
    print(f"\nCommit to delivery, {FOLLOWERS} followers, {EVENTS_A_SECOND} events a second:\n")
    print("| server | p50 [ms] | p99 [ms] |\n| --- | --- | --- |")
    for server in servers:
        audience = Audience()
        await server.follow(audience, [server.world.dashboard()] * FOLLOWERS)
        await server.calm()
        events = round(seconds * EVENTS_A_SECOND)
        told = await _paced(server, audience, events)
        asked = (f" (asked ≤ {HALF_MS:g})", f" (asked ≤ {LATEST_MS:g})") if server.name == TWINQL else ("", "")
        half, latest = np.percentile(told, 50), np.percentile(told, 99)
        missing = events * FOLLOWERS - len(told)
        late = f"; {missing:,} came more than {_WAITS_S:g} s later" if missing else ""
        print(f"| {server.name} | {half:.1f}{asked[0]} | {latest:.1f}{asked[1]}{late} |", flush=True)
        audience.leave()


async def _paced(server: Server, audience: Audience, events: int) -> np.ndarray:
    """Return the latency of each delivery in ms."""
    goal, committed = audience.total + events * FOLLOWERS, []
    audience.timed = True
    began = perf_counter()
    for turn in range(events):
        await asyncio.sleep(max(0.0, began + turn / EVENTS_A_SECOND - perf_counter()))
        committed.append(await server.publish(1))
    with suppress(RuntimeError):
        await audience.until(goal, within_s=_WAITS_S)
    audience.timed = False
    turns = [0] * len(audience.followers)
    told = []
    for follower, at in audience.arrivals:
        told.append(1000 * (at - committed[turns[follower]]))
        turns[follower] += 1
    return np.array(told)
