"""How quickly an hour of 360,000 readings is told again to one follower that comes back."""

import asyncio
import json
from collections.abc import Sequence
from time import perf_counter

from benchmarks.feed.audience import Audience
from benchmarks.feed.contenders import TWINQL, Server
from benchmarks.feed.world import SENSORS

EVENTS, OF_EACH, MOST = 3_600, 10, 1_000
"""An event each second, with ten readings of each of the ten channels; so many are asked for at once."""
AT_LEAST = 50_000
_PAGE = "select payload::text from twinql_private.outbox where position > $1 order by position limit 100"


async def measure(servers: Sequence[Server], *, share: float) -> None:
    """Write the hour, or a share of it, and print how quickly it is told."""
    events = round(EVENTS * share)
    readings = events * OF_EACH * SENSORS
    print(f"\n{readings:,} readings of the past told to one follower, maxBatch {MOST:,}:\n")
    print("| server | readings/s of its core | by the clock |\n| --- | --- | --- |")
    for server in servers:
        by_cpu, by_clock = await _told(server, events, readings)
        asked = f" (asked ≥ {AT_LEAST:,})" if server.name == TWINQL else ""
        print(f"| {server.name} | {by_cpu:,.0f} | {by_clock:,.0f}{asked} |", flush=True)


async def _told(server: Server, events: int, readings: int) -> tuple[float, float]:
    audience, heard, cursor, ended = Audience(), 0, "", asyncio.Event()

    def hear(_: int, text: bytes) -> None:
        nonlocal heard, cursor
        heard += text.count(b'"value"')
        if not cursor:
            cursor = json.loads(text)["payload"]["data"]["readingsRecorded"]["cursor"]
        if heard >= readings:
            ended.set()

    world = server.world
    await server.follow(audience, [world.dashboard(most=MOST)])
    audience.hear = hear
    await server.publish(1)
    await audience.until(audience.total + 1)
    if server.name == TWINQL:
        audience.leave()
        for _ in range(0, events, 100):
            await server.publish(100, each=OF_EACH)
        await server.calm(least_s=1.0)
    heard, used, began = 0, server.cpu_s(), perf_counter()
    if server.name == TWINQL:
        await audience.join([server.seat(world.dashboard(after=cursor, most=MOST))])
    else:
        # From its memory, in events as large as TwinQL's.
        await server.publish(readings // MOST, each=MOST // SENSORS)
    async with asyncio.timeout(300):
        await ended.wait()
    elapsed, used = perf_counter() - began, server.cpu_s() - used
    audience.leave()
    return readings / max(used, 0.01), readings / elapsed
