"""Whether subscriptions that are opened and closed leave anything behind."""

import asyncio
import json

from websockets.asyncio.client import connect

from benchmarks.against.contenders import token_of
from benchmarks.feed.audience import PROTOCOL
from benchmarks.feed.world import ORGANISATION
from benchmarks.soak.machinery import Server

MOST_KEPT_BYTES = 100
"""Of a subscription that was opened and closed: what the allocator gains and gives back is more than that of all."""
_DOCUMENT = "subscription { readingsRecorded(filter: {}, snapshot: true) { cursor readings { value } } }"
_ON_A_CONNECTION = 10


async def subscribe_and_close(server: Server, cycles: int) -> bool:
    """Open and close so many subscriptions, ten on a connection, and print what the server's memory rose by."""
    await _cycles(server, cycles // 2)
    before = server.memory()
    await _cycles(server, cycles)
    kept = (server.memory() - before) / cycles
    left = await server.figure("twinql_websockets") + await server.figure("twinql_followers")
    print(f"{cycles:,} subscriptions opened and closed: {kept:.0f} bytes kept of each, {left:g} left open")
    return kept <= MOST_KEPT_BYTES and not left


async def _cycles(server: Server, cycles: int) -> None:
    address = f"ws://127.0.0.1:{server.port}/graphql"
    who = {"Authorization": f"Bearer {token_of(ORGANISATION)}"}
    for first in range(0, cycles, _ON_A_CONNECTION):
        async with (
            asyncio.timeout(60),
            connect(address, subprotocols=[PROTOCOL], compression=None, max_size=None) as wire,
        ):
            await wire.send(json.dumps({"type": "connection_init", "payload": who}))
            await wire.recv()
            for place in range(first, first + _ON_A_CONNECTION):
                payload = {"query": _DOCUMENT}
                await wire.send(json.dumps({"id": str(place), "type": "subscribe", "payload": payload}))
                await wire.recv()
                await wire.send(json.dumps({"id": str(place), "type": "complete"}))
    await _quiet(server)


async def _quiet(server: Server) -> None:
    """Wait until the server has noticed that everybody is gone."""
    async with asyncio.timeout(30):
        while await server.figure("twinql_websockets"):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.1)
