"""Whether anybody notices 20 followers that stopped reading, while 1,000 readings a second are recorded."""

import asyncio
import json
from collections.abc import Sequence
from time import perf_counter

import numpy as np

from benchmarks.against.contenders import forget_peak, peak_mb, token_of
from benchmarks.feed.audience import Audience
from benchmarks.feed.contenders import STRAWBERRY, TWINQL, Server
from benchmarks.feed.world import ORGANISATION
from twinql.domain.instants import format_instant

FOLLOWERS, A_SECOND, OF_EACH = 20, 10, 10
"""Followers, requests a second, and how many readings of each of the ten channels each records."""
LATEST_MS, MOST_MB = 250.0, 50.0
_SETTLING_S = 2.0
_DOCUMENT = """
mutation($readings: [ReadingInput!]!) {
    recordReadings(input: { readings: $readings }) { summary { recorded } userErrors { message } }
}
"""


async def measure(servers: Sequence[Server], *, seconds: float, briefly: float) -> None:
    """Record at a steady pace with nobody and with stopped followers, and print what recording took and memory rose by.

    Args:
        servers: Who is measured; only TwinQL records in earnest, Strawberry's broadcast takes what is published.
        seconds: How long TwinQL records with stopped followers.
        briefly: How long everything else takes.
    """
    print(f"\n1,000 readings a second, {FOLLOWERS} followers that stopped reading:\n")
    print(
        "| server | followers | seconds | recording p50 / p99 [ms] | memory rose by [MB] | told of a gap, or let go |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for server in servers:
        for followers, lasting in ((0, briefly), (FOLLOWERS, seconds if server.name == TWINQL else briefly)):
            await _one(server, followers, lasting)


async def _one(server: Server, followers: int, seconds: float) -> None:
    stopped, one = Audience(), Audience()
    if followers:
        site = server.world.dashboard(most=200)
        await server.follow(stopped, [site] * followers, small=True)
        await server.follow(one, [site])
        for each in stopped.followers:
            each.stop_reading()
    readings = 0

    def hear(_: int, text: bytes) -> None:
        nonlocal readings
        readings += text.count(b'"value"')

    one.hear = hear
    await server.calm()
    await _record(server, _SETTLING_S)
    forget_peak(server.process)
    before = peak_mb(server.process)
    took = await _record(server, seconds)
    rose = peak_mb(server.process) - before
    await server.calm()
    recorded = 1000 * round(seconds + _SETTLING_S)
    if followers and readings != recorded:
        print(f"The one who reads heard {readings:,} of {recorded:,} readings: {one.ended[:1]}")
    told = await _told(stopped)
    half, latest = np.percentile(took, 50), np.percentile(took, 99)
    asked = (
        (f" (asked ≤ {LATEST_MS:g})", f" (asked ≤ {MOST_MB:g})") if server.name == TWINQL and followers else ("", "")
    )
    print(
        f"| {server.name} | {followers} | {seconds:g} | {half:.0f} / {latest:.0f}{asked[0]} | {rose:.0f}{asked[1]} "
        f"| {told} |",
        flush=True,
    )
    for each in (stopped, one):
        each.leave()


async def _told(stopped: Audience) -> int:
    """Let them read what is still there, and return how many were told that they missed something."""
    told = set()

    def hear(follower: int, text: bytes) -> None:
        if b"SLOW_FOLLOWER" in text:
            told.add(follower)

    stopped.hear = hear
    for each in stopped.followers:
        each.transport.resume_reading()
    await asyncio.sleep(_SETTLING_S)
    return len(told | {each for each, follower in enumerate(stopped.followers) if follower.ended})


async def _record(server: Server, seconds: float) -> list[float]:
    """Return how long each request took, in ms."""
    began, under_way = perf_counter(), []
    for turn in range(round(seconds * A_SECOND)):
        await asyncio.sleep(max(0.0, began + turn / A_SECOND - perf_counter()))
        under_way.append(asyncio.create_task(_request(server)))
    return list(await asyncio.gather(*under_way))


async def _request(server: Server) -> float:
    if server.name == STRAWBERRY:
        began = await server.publish(1, each=OF_EACH)
        return 1000 * (perf_counter() - began)
    world = server.world
    at = [format_instant(world.instant()) for _ in range(OF_EACH)]
    rows = [
        {"channelId": world.ids[number], "observedAt": each, "value": 20.5} for number in world.sensors for each in at
    ]
    body = json.dumps({"query": _DOCUMENT, "variables": {"readings": rows}})
    headers = {"authorization": f"Bearer {token_of(ORGANISATION)}", "content-type": "application/json"}
    began = perf_counter()
    answer = await server.client.post(f"http://127.0.0.1:{server.port}/graphql", content=body, headers=headers)
    took = 1000 * (perf_counter() - began)
    told = answer.json()["data"]["recordReadings"]
    assert told["summary"] == {"recorded": len(rows)}, told
    return took
