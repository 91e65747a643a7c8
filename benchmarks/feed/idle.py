"""What memory a follower takes that has nothing to hear."""

from collections.abc import Sequence

from benchmarks.feed.audience import Audience
from benchmarks.feed.contenders import TWINQL, Server

FOLLOWERS, FIRST = 1_000, 50
MOST_KB = 60.0


async def measure(servers: Sequence[Server]) -> None:
    """Let a thousand follow each server, and print what its memory rose by."""
    print(f"\nMemory of an idle follower, {FOLLOWERS:,} of them, each on a connection of its own:\n")
    print("| server | kB |\n| --- | --- |")
    for server in servers:
        audience = Audience()
        await server.follow(audience, [server.world.dashboard()] * FIRST)
        await server.calm()
        before = server.memory()
        await server.follow(audience, [server.world.dashboard()] * (FOLLOWERS - FIRST))
        await server.calm()
        each = (server.memory() - before) / (FOLLOWERS - FIRST) / 1000
        asked = f" (asked ≤ {MOST_KB:g})" if server.name == TWINQL else ""
        print(f"| {server.name} | {each:.0f}{asked} |", flush=True)
        audience.leave()
        await server.calm()
