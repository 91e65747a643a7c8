"""Runs the application on a socket until it is told to stop, and lets what is under way end."""

import asyncio
import contextlib
import ctypes
import gc
import math
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
import uvloop
from starlette.applications import Starlette

from twinql.api.stopping import STOPPING, Stopping
from twinql.app.frames import SlicedWebSocket

LARGEST_MESSAGE_BYTES = 4 * 2**20
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 2**17
SENT_AWAY_WITHIN = 0.4
"""How much of the grace it may take until the last follower is sent away."""
STOPPED = "the server was told to stop before it was ready"


def serve(app: Starlette, listener: socket.socket, *, grace_s: float, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; then requests under way end, and followers get a close that asks them to return.

    Args:
        app: The application; what it starts is started here, and its errors are raised here.
        listener: A listening socket; it is closed at the end.
        grace_s: How long requests under way may take. [s]
        ready: Called once everything is started.
    """
    _give_memory_back()
    config = uvicorn.Config(
        app,
        lifespan="off",  # started here, so that its errors are raised and not only logged
        http="httptools",
        ws=SlicedWebSocket,
        ws_max_size=LARGEST_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # it would compress each event anew for every follower, and keep much for each
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(grace_s),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, _Server(config, ready), listener))


def _give_memory_back() -> None:
    """Let large pieces of memory go back to the system as they are freed, where the C library is glibc.

    Else it keeps what an answer of 50 MB came in, beside the answer itself, until somebody needs such pieces again.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


class _Server(uvicorn.Server):
    """A server that tells when it is ready and leaves signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._stopping = Stopping()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.lifespan.state[STOPPING] = self._stopping  # which every request is handed
        await super().startup(sockets)
        # What lives as long as the server (modules, the schema) is not looked through again: a full collection held the
        # loop for 60 ms, whenever a caller sent enough objects.
        gc.collect()
        gc.freeze()
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()  # whoever comes now goes to another one
        await self._stopping.send_away(SENT_AWAY_WITHIN * (self.config.timeout_graceful_shutdown or 0))
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(app: Starlette, server: _Server, listener: socket.socket) -> None:
    task = asyncio.current_task()
    assert task is not None

    def stop(number: signal.Signals) -> None:
        if server.started:
            server.handle_exit(number, None)
        else:
            task.cancel(STOPPED)

    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop, each)
    try:
        async with app.router.lifespan_context(app):
            await server.serve([listener])
    except asyncio.CancelledError as error:
        if STOPPED not in error.args:
            raise
