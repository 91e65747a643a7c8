"""A cheap client: connections that stay open, each with one request under way at a time.

It looks at no more of an answer than its status and its length, so that on a machine of few cores the time goes into
whoever is measured.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from time import perf_counter
from typing import cast

import numpy as np

_BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What a stretch of requests came to.

    Attributes:
        seconds: How long it took.
        latencies_ms: Of each request, from its first byte to the last one of its answer.
        body_bytes: What the answers' bodies came to.
    """

    seconds: float
    latencies_ms: np.ndarray
    body_bytes: int

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return len(self.latencies_ms) / self.seconds

    def percentile(self, percent: float) -> float:
        """Return a percentile of the latencies, in ms."""
        return float(np.percentile(self.latencies_ms, percent))


def post(body: bytes, *, path: str = "/graphql", token: str | None = None) -> bytes:
    """Write a request that carries JSON."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path: str) -> bytes:
    """Write a request for a path."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class _Connection(asyncio.BufferedProtocol):
    """Sends the next request as soon as an answer is complete."""

    def __init__(self, requests: Iterator[bytes], until: float, ended: asyncio.Future[None]) -> None:
        self._requests, self._until, self._ended = requests, until, ended
        self._buffer = bytearray(_BUFFER_BYTES)
        self._missing = 0
        self._head = b""
        self._began = 0.0
        self.latencies: list[float] = []
        self.body_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's signature
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._missing:
            self._missing -= nbytes
        else:
            self._head += self._buffer[:nbytes]
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._missing = self._length(end) - (len(self._head) - end - 4)
            self._head = b""
        if not self._missing:
            self.latencies.append(perf_counter() - self._began)
            self._next()

    def _length(self, end: int) -> int:
        head = bytes(self._head[:end]).lower()
        begin = head.find(b"content-length:")
        if not head.startswith(b"http/1.1 200") or begin < 0:
            self._fail(f"An answer that was not expected: {self._head[:600]!r}")
            return len(self._head)
        length = int(head[begin + 15 : end].split(b"\r\n", 1)[0])
        self.body_bytes += length
        return length

    def _next(self) -> None:
        now = perf_counter()
        if now >= self._until:
            if not self._ended.done():
                self._ended.set_result(None)
            self._transport.close()
            return
        self._began = now
        self._transport.write(next(self._requests))

    def _fail(self, message: str) -> None:
        if not self._ended.done():
            self._ended.set_exception(RuntimeError(message))
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_exception(ConnectionError(f"The server closed a connection: {exc}"))


async def over_http(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Taken:
    """Send requests in turn over so many connections for so long."""
    loop = asyncio.get_running_loop()
    shared = cycle(requests)
    gc.collect()
    gc.disable()
    began = perf_counter()
    ended = [loop.create_future() for _ in range(connections)]
    opened = [
        await loop.create_connection(
            lambda future=future: _Connection(shared, began + seconds, future), "127.0.0.1", port
        )
        for future in ended
    ]
    await asyncio.gather(*ended)
    elapsed = perf_counter() - began
    gc.enable()
    protocols = [protocol for _, protocol in opened]
    latencies = np.concatenate([np.array(each.latencies) for each in protocols]) * 1000
    return Taken(elapsed, latencies, sum(each.body_bytes for each in protocols))


async def in_a_loop(ask: Callable[[int], Awaitable[bytes]], *, connections: int, seconds: float) -> Taken:
    """Do the same without HTTP: so many tasks, each with one question under way at a time."""
    numbers, latencies, sizes = count(), [], []
    gc.collect()
    gc.disable()
    began = perf_counter()

    async def go() -> None:
        while (before := perf_counter()) < began + seconds:
            sizes.append(len(await ask(next(numbers))))
            latencies.append(perf_counter() - before)

    await asyncio.gather(*(go() for _ in range(connections)))
    elapsed = perf_counter() - began
    gc.enable()
    return Taken(elapsed, np.array(latencies) * 1000, sum(sizes))
