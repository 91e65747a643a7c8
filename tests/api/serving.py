"""A small application on a real socket, for tests of how the server starts and stops: `python serving.py`.

It prints its port when it is ready. `/slow` answers after the seconds asked for; the socket at `/graphql` stays open.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.websockets import WebSocket

from twinql.app.application import create_app
from twinql.app.listener import listen
from twinql.app.logs import configure_logs
from twinql.app.server import serve


async def slow(request: Request) -> PlainTextResponse:
    print("slow began", flush=True)
    await asyncio.sleep(float(request.query_params["seconds"]))
    return PlainTextResponse("done")


async def follow(scope: Any, receive: Any, send: Any) -> None:
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    await socket.receive()


@asynccontextmanager
async def twin(_metrics: object) -> AsyncIterator[Any]:
    yield follow
    print("twin stopped", flush=True)


async def pending() -> list[str]:
    return []


configure_logs(level="info", style="json")
with listen("127.0.0.1", 0) as listener:
    port = listener.getsockname()[1]
    app = create_app(twin=twin, pending=pending, routes=[Route("/slow", slow)])
    serve(app, listener, grace_s=float(sys.argv[1]), ready=lambda: print(port, flush=True))
print("ended", flush=True)
