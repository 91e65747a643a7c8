"""Serves the baseline's graph. Run: python -m benchmarks.baseline.server DATABASE CLAIMS."""

import asyncio
import socket
import sys
from typing import Any

import uvicorn
import uvloop
from strawberry.asgi import GraphQL

from benchmarks.baseline.database import Rows, open_pool
from benchmarks.baseline.graph import World, schema

POOL_SIZE = 8


class Endpoint(GraphQL[World, None]):
    """Strawberry's own view, with our context."""

    def __init__(self, rows: Rows) -> None:
        """Ask these rows."""
        super().__init__(schema, graphql_ide=None)
        self._rows = rows

    async def get_context(self, request: Any, response: Any) -> World:  # noqa: ARG002 - Strawberry's signature
        """Make the world of an operation."""
        return World(self._rows)


async def _serve(url: str, claims: str) -> None:
    async with await open_pool(url, POOL_SIZE) as pool:
        listener = socket.create_server(("127.0.0.1", 0))
        print(f"ready on {listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            Endpoint(Rows(pool, claims or None)),
            http="httptools",
            lifespan="off",
            access_log=False,
            log_level="warning",
        )
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(_serve(*sys.argv[1:3]))
