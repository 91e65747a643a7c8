"""Followers over WebSockets and event streams that are cut in all ways, and go on from their last cursor."""

import asyncio
import json
import random
import socket
import struct
from array import array
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.against.contenders import token_of
from benchmarks.feed.audience import PROTOCOL
from benchmarks.feed.world import ORGANISATION
from benchmarks.soak.judgement import GAP

CUTS = ("reset", "close", "complete", "slow", "stop")
"""A TCP reset; a close in order; the end of the subscription alone; reading slowly; reading nothing for a while."""
_DOCUMENT = """
subscription ($filter: ReadingFilter!, $maxBatch: Int!, $after: Cursor, $snapshot: Boolean!) {
    readingsRecorded(filter: $filter, maxBatch: $maxBatch, after: $after, snapshot: $snapshot) {
        cursor caughtUp gap { from reason } readings { observedAt value channel { id } } ranges { firstAt }
    }
}
"""
_BUFFER_BYTES = 16_384
_STOPS = (0.1, 0.7)
"""How long nothing is read, in the time between cuts: in ten minutes 6 or 42 s, and after 30 s the server lets go."""
_COMES_BACK_S = 1.0
_PATIENCE_S = 60.0
_LINE_BYTES = 1 << 24
Events = AsyncIterator[dict[str, Any]]


class CutOffError(Exception):
    """The connection is gone, or a fault wants it to be."""


class Follower:
    """One follower.

    Attributes:
        heard: The serials of what it was told, in order, `GAP` where a gap was announced.
        cuts: How often it was cut, in which way.
        gaps: How many gaps it was told of, by reason.
        ended: How its connections ended that it did not end itself.
        wrong: What it was told that it did not ask for.
    """

    def __init__(
        self, port: int, filter_: dict[str, Any], ids: frozenset[str], *, streams: bool, patient: bool
    ) -> None:
        """Follow nothing yet.

        Args:
            port: Where the server listens.
            filter_: What is followed.
            ids: The channels that the filter means.
            streams: Whether over Server-Sent Events.
            patient: Whether to go on after a gap; else everything is asked for again that can be.
        """
        self.heard, self.ids = array("q"), ids
        self.cuts: Counter[str] = Counter()
        self.gaps: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.begun = asyncio.Event()
        self._port, self._filter, self._streams, self._patient = port, filter_, streams, patient
        self._cursor: str | None = None
        self._most = random.choice((7, 50, 200, 1_000))
        self._socket: socket.socket | None = None
        self._wire: ClientConnection | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._operation = 0

    async def follow(self, *, cut_every_s: float, faults: asyncio.Event) -> None:
        """Follow until cancelled; while `faults` is set, be cut now and then."""
        while True:
            try:
                async with self._stream() if self._streams else self._websocket() as events:
                    await self._hear(events, cut_every_s, faults)
            except (OSError, EOFError, TimeoutError, WebSocketException, CutOffError) as error:
                self.ended[f"{type(error).__name__}: {error}"[:120]] += 1
            await asyncio.sleep(random.uniform(0, _COMES_BACK_S))

    @property
    def _variables(self) -> dict[str, Any]:
        begins = self._cursor is None
        return {"filter": self._filter, "maxBatch": self._most, "after": self._cursor, "snapshot": begins}

    async def _connected(self) -> socket.socket:
        """Connect with a buffer so small that whoever does not read is noticed."""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._socket.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(self._socket, ("127.0.0.1", self._port))
        except BaseException:
            self._socket.close()
            raise
        return self._socket

    @asynccontextmanager
    async def _websocket(self) -> AsyncIterator[Events]:
        how: dict[str, Any] = {"compression": None, "max_size": None, "max_queue": 2, "ping_interval": None}
        address = f"ws://127.0.0.1:{self._port}/graphql"
        async with connect(
            address,
            sock=await self._connected(),
            subprotocols=[PROTOCOL],
            open_timeout=_PATIENCE_S,
            close_timeout=5,
            **how,
        ) as wire:

            async def events() -> Events:
                who = {"Authorization": f"Bearer {token_of(ORGANISATION)}"}
                await wire.send(json.dumps({"type": "connection_init", "payload": who}))
                await self._subscribe(wire)
                async for text in wire:
                    message = orjson.loads(text)
                    if message["type"] == "ping":
                        await wire.send('{"type":"pong"}')
                    elif message.get("id") != str(self._operation):
                        continue  # what was under way when its subscription was ended
                    elif message["type"] == "next":
                        yield message["payload"]
                    else:
                        raise CutOffError(text)

            self._wire, self._transport = wire, wire.transport
            yield events()

    async def _subscribe(self, wire: ClientConnection) -> None:
        self._operation += 1
        payload = {"query": _DOCUMENT, "variables": self._variables}
        await wire.send(json.dumps({"id": str(self._operation), "type": "subscribe", "payload": payload}))

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[Events]:
        reader, writer = await asyncio.open_connection(sock=await self._connected(), limit=_LINE_BYTES)
        self._transport = writer.transport
        body = json.dumps({"query": _DOCUMENT, "variables": self._variables | {"after": None}})
        last = f"Last-Event-ID: {self._cursor}\r\n" if self._cursor else ""
        # Of HTTP/1.0, whose answers come as they are.
        head = (
            f"POST /graphql HTTP/1.0\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n{last}"
            f"Authorization: Bearer {token_of(ORGANISATION)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )

        async def events() -> Events:
            writer.write((head + body).encode())
            if b" 200 " not in (status := await reader.readline()):
                raise CutOffError(status.decode().strip())
            while line := await reader.readline():
                if line.startswith(b"data:") and len(line) > len(b"data: \r\n"):
                    yield orjson.loads(line[5:])
            raise CutOffError("the stream ended")

        try:
            yield events()
        finally:
            writer.close()

    async def _hear(self, events: Events, cut_every_s: float, faults: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        cut_at = loop.time() + random.expovariate(1 / cut_every_s)
        slow_until = 0.0
        async for payload in events:
            self._take(payload)
            now = loop.time()
            if now < slow_until:
                await asyncio.sleep(random.uniform(0, 0.3))
            elif faults.is_set() and now > cut_at:
                cut = random.choice(CUTS)
                self.cuts[cut] += 1
                cut_at = now + random.expovariate(1 / cut_every_s)
                if cut == "slow":
                    slow_until = now + cut_every_s
                elif cut == "stop":
                    await asyncio.sleep(random.choice(_STOPS) * cut_every_s)
                elif cut == "complete" and self._wire is not None:
                    await self._wire.send(json.dumps({"id": str(self._operation), "type": "complete"}))
                    await self._subscribe(self._wire)
                else:
                    if cut == "reset":
                        self._reset()
                    return

    def _reset(self) -> None:
        """End the connection at once, and so that the other end is told RST."""
        assert self._socket
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if self._transport is not None:
            self._transport.abort()

    def _take(self, payload: dict[str, Any]) -> None:
        """Note what an event says, and its cursor, in one step."""
        if payload.get("errors"):
            raise CutOffError(payload["errors"][0]["message"])
        event = payload["data"]["readingsRecorded"]
        if gap := event["gap"]:
            self.gaps[gap["reason"]] += 1
            if gap["reason"] == "SLOW_FOLLOWER" and gap["from"] and not self._patient:
                self._cursor = gap["from"]
                raise CutOffError("it asks for what was in the gap")
            self.heard.append(GAP)
        readings = event["readings"]
        self.heard.extend([int(reading["value"]) for reading in readings])
        if event["ranges"] or not self.ids.issuperset(reading["channel"]["id"] for reading in readings):
            self.wrong.append(str(event)[:300])
        if event["cursor"]:
            self._cursor = event["cursor"]
            self.begun.set()
