"""The limit: `websockets` sends a prepared string to whoever is connected. Run: python -m benchmarks.feed.bare_server.

A GET of `/publish?events=E&size=N` sends everybody E strings of N bytes.
"""

import asyncio
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import uvloop
from websockets.asyncio.server import ServerConnection, serve

_TASKS: set[asyncio.Task[None]] = set()


async def _follow(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def _publish(connections: Any, events: int, text: str) -> None:
    for _ in range(events):
        for each in connections:
            await each.send(text)


async def _main() -> None:
    def answer(connection: ServerConnection, request: Any) -> Any:
        if (address := urlsplit(request.path)).path != "/publish":
            return None
        asked = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
        others = [each for each in server.connections if each is not connection]
        task = asyncio.create_task(_publish(others, asked["events"], "x" * asked["size"]))
        _TASKS.add(task)
        task.add_done_callback(_TASKS.discard)
        return connection.respond(HTTPStatus.OK, "")

    async with serve(_follow, "127.0.0.1", 0, process_request=answer, compression=None, ping_interval=None) as server:
        print(f"ready on {server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
