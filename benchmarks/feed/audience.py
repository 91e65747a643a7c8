"""Followers that cost next to nothing: frames are counted by their headers, and no message is read unless asked for."""

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

PROTOCOL = "graphql-transport-ws"
PATIENCE_S = 120.0
_BUFFER_BYTES = 1 << 18
_SMALL_BUFFER_BYTES = 4_096
_AT_ONCE = 20
_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{protocol}\r\n"
)
_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
_ONE_BYTE, _TWO_BYTES = 126, 127
Hear = Callable[[int, bytes], None]
"""Is given who heard a message, and the message."""


@dataclass(frozen=True, slots=True)
class Seat:
    """How to follow at a server.

    Attributes:
        port: Where it listens.
        path: The address there.
        says: What a client says once it is connected: text messages.
        hears_first: How many messages are answers to that, and no events.
    """

    port: int
    path: str = "/"
    says: Sequence[str] = ()
    hears_first: int = 0


def _frame(kind: int, payload: bytes) -> bytes:
    """Write a frame as clients must, masked; a mask of zeros leaves the payload as it is."""
    size = len(payload)
    head = bytes([kind, 0x80 | size]) if size < _ONE_BYTE else bytes([kind, 0x80 | _ONE_BYTE]) + size.to_bytes(2, "big")
    return head + bytes(4) + payload


class Audience:
    """All who follow, and what they heard together.

    Attributes:
        total: How many events they heard.
        arrivals: Who heard an event, and when, while `timed`.
        hear: Is given every event, where that is set.
        ended: What was said where a server ended a connection.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self.followers: list[Follower] = []
        self.total = 0
        self.timed = False
        self.arrivals: list[tuple[int, float]] = []
        self.hear: Hear | None = None
        self.ended: list[str] = []
        self._goal: tuple[int, asyncio.Future[None]] | None = None
        self._buffer = bytearray(_BUFFER_BYTES)

    async def join(self, seats: Sequence[Seat], *, small: bool = False) -> None:
        """Connect followers, each with something to say.

        Args:
            seats: One for each.
            small: Whether the system shall keep as little as possible for those who do not read.
        """
        for first in range(0, len(seats), _AT_ONCE):
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(self._seated(seat, small=small) for seat in seats[first : first + _AT_ONCE]))

    async def _seated(self, seat: Seat, *, small: bool) -> None:
        follower = Follower(self, len(self.followers), seat, self._buffer)
        self.followers.append(follower)
        connection = socket.socket()
        if small:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER_BYTES)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", seat.port))
        await loop.create_connection(lambda: follower, sock=connection)
        await follower.greeted

    def counted(self, follower: int, events: int, at: float) -> None:
        """Count events of a follower."""
        self.total += events
        if self.timed:
            self.arrivals += [(follower, at)] * events
        if self._goal is not None and self.total >= self._goal[0] and not self._goal[1].done():
            self._goal[1].set_result(None)

    async def until(self, total: int, *, within_s: float = PATIENCE_S) -> None:
        """Wait until so many events were heard.

        Raises:
            RuntimeError: They were not.
        """
        if self.total < total:
            self._goal = (total, asyncio.get_running_loop().create_future())
            try:
                async with asyncio.timeout(within_s):
                    await self._goal[1]
            except TimeoutError:
                told = f"{self.total:,} of {total:,} events came within {within_s:g} s; {self.ended[:3]}"
                raise RuntimeError(told) from None
            finally:
                self._goal = None

    def leave(self) -> None:
        """Cut every connection."""
        for follower in self.followers:
            follower.cut()
        self.followers.clear()


class Follower(asyncio.BufferedProtocol):
    """One connection."""

    def __init__(self, audience: Audience, number: int, seat: Seat, buffer: bytearray) -> None:
        """Say what a seat says, once connected."""
        self.events = 0
        self.ended = False
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._audience, self._number, self._seat = audience, number, seat
        self._buffer = buffer
        self._left = b""
        self._skipped = 0
        self._first = seat.hears_first
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a WebSocket."""
        self.transport = cast("asyncio.Transport", transport)
        protocol = f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n" if self._seat.says else ""
        self.transport.write(_UPGRADE.format(path=self._seat.path, protocol=protocol).encode())

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002 - asyncio's signature
        """Return where to write: one place for all, since each reads at once what it is given."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Count the frames that begin in what came."""
        if self._skipped >= nbytes:
            self._skipped -= nbytes
            return
        data = self._left + memoryview(self._buffer)[self._skipped : nbytes]
        self._left, self._skipped = b"", 0
        if not self._upgraded and b"\r\n\r\n" not in data:
            self._left = data
            return
        place = 0 if self._upgraded else self._upgrade(data)
        events = 0
        while (size := self._size(data, place)) is not None:
            start, end = size
            kind = data[place]
            if kind == _TEXT and not self._first:
                if self._audience.hear is not None:
                    if end > len(data):
                        break  # not all of it has come
                    self._audience.hear(self._number, data[start:end])
                events += 1
            elif end > len(data):
                break
            else:
                self._control(kind, data[start:end])
            place = end
        if place > len(data):
            self._skipped = place - len(data)
        else:
            self._left = data[place:]
        if events:
            self.events += events
            self._audience.counted(self._number, events, perf_counter())

    @staticmethod
    def _size(data: bytes, place: int) -> tuple[int, int] | None:
        """Return where the payload of a frame begins and ends; None where its header has not come."""
        if len(data) < place + 2:
            return None
        size = data[place + 1]
        if size < _ONE_BYTE:
            return place + 2, place + 2 + size
        start = place + (4 if size == _ONE_BYTE else 10)
        if len(data) < start:
            return None
        return start, start + int.from_bytes(data[place + 2 : start], "big")

    def _upgrade(self, data: bytes) -> int:
        if not data.startswith(b"HTTP/1.1 101"):
            self._refused(f"no WebSocket: {data[:300]!r}")
            return len(data)
        self._upgraded = True
        for text in self._seat.says:
            self.transport.write(_frame(_TEXT, text.encode()))
        if not self._first:
            self.greeted.set_result(None)
        return data.index(b"\r\n\r\n") + 4

    def _control(self, kind: int, payload: bytes) -> None:
        if kind == _PING:
            self.transport.write(_frame(0x8A, payload))
        elif kind == _CLOSE:
            told = f"{int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}"
            self._audience.ended.append(told)
            self._refused(told)
        elif kind == _TEXT:
            self._first -= 1
            if not self._first:
                self.greeted.set_result(None)

    def _refused(self, told: str) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(RuntimeError(f"A follower was not let in: {told}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits for the greeting."""
        self.ended = True
        self._refused(f"the connection was lost ({exc})")

    def stop_reading(self) -> None:
        """Leave what comes where it is."""
        self.transport.pause_reading()

    def cut(self) -> None:
        """Be gone."""
        self.transport.abort()


def hello(document: str, variables: dict[str, Any], **payload: str) -> list[str]:
    """Return what a client of graphql-transport-ws says first: who it is, and what it wants to follow."""
    subscribe = {"query": document, "variables": variables}
    return [
        json.dumps({"type": "connection_init", "payload": payload}),
        json.dumps({"id": "1", "type": "subscribe", "payload": subscribe}),
    ]
