"""Whether a thousand followers with a filter each keep up with a thousand readings a second."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from benchmarks.feed.audience import Audience
from benchmarks.feed.contenders import Server
from benchmarks.feed.world import MANY

EVENTS_A_SECOND = 10
BEHIND_MS = 1_000.0
"""Whoever hears a reading later than the next one of its channel was written has fallen behind."""


async def measure(servers: Sequence[Server], *, seconds: int) -> None:
    """Let every channel of the plant say something every second, and print the lags."""
    print(f"\n{MANY:,} followers, each of a channel of its own, {MANY:,} readings a second for {seconds} s:\n")
    print("| server | p50 [ms] | p99 [ms] | the slowest [ms] | at the end [ms] | behind | its core [%] |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for server in servers:
        audience = Audience()
        await server.follow(audience, [server.world.one_of_many(place) for place in range(MANY)])
        await server.calm()
        print(await _paced(server, audience, seconds), flush=True)
        audience.leave()
        await server.calm()


async def _paced(server: Server, audience: Audience, seconds: int) -> str:
    size, committed, goal = MANY // EVENTS_A_SECOND, [], audience.total + MANY * seconds
    gaps = 0

    def hear(_: int, text: bytes) -> None:
        nonlocal gaps
        gaps += b"SLOW_FOLLOWER" in text

    audience.hear, audience.timed = hear, True
    began, used = perf_counter(), server.cpu_s()
    for turn in range(seconds * EVENTS_A_SECOND):
        await asyncio.sleep(max(0.0, began + turn / EVENTS_A_SECOND - perf_counter()))
        first = turn % EVENTS_A_SECOND * size
        committed.append(await server.publish(1, channels=server.world.many[first : first + size]))
    written, used = perf_counter() - began, server.cpu_s() - used
    await asyncio.sleep(BEHIND_MS / 1000)
    behind = goal - audience.total
    audience.timed = False
    if not audience.arrivals:
        return f"| {server.name} | | | | | none of {MANY * seconds:,} events came: {audience.ended[:1]} | |"
    turns, lags = [0] * MANY, []
    for follower, at in audience.arrivals:
        told = turns[follower] * EVENTS_A_SECOND + follower // size
        lags.append(1000 * (at - committed[told]))
        turns[follower] += 1
    last = max((lag for lag in lags[-MANY:]), default=np.nan)
    half, latest = np.percentile(lags, 50), np.percentile(lags, 99)
    told = f"{behind:,} events, {gaps:,} gaps (asked 0)"
    share = 100 * used / written
    return f"| {server.name} | {half:.0f} | {latest:.0f} | {max(lags):.0f} | {last:.0f} | {told} | {share:.0f} |"
