"""Reads the frames of WebSockets a little at a time, so that one client's thousands of small ones delay nobody else."""

import struct
from collections.abc import Sequence
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from twinql.api.sockets.wire import WRITE
from twinql.flag import Flag

TEXT = 0x81
"""The first byte of a frame that holds a whole message of text."""
SHORT, LONG = 126, 2**16
"""From these sizes on the size of a message takes two bytes more, or eight."""
SWITCHING_PROTOCOLS = 101
_LONG_HEAD, _LONGEST_HEAD = struct.Struct(">BBH"), struct.Struct(">BBQ")
SLICE_BYTES = 4_096
"""How much is parsed before others have their turn: at most some 600 frames, which take 10 ms. [bytes]"""
REFUSAL = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Inbox:
    """Messages that wait for the application; `asyncio.Queue` takes 3 kB for each connection even while it is empty."""

    def __init__(self) -> None:
        """Begin with none."""
        self._messages: list[Any] = []
        self._come = Flag()

    def put_nowait(self, message: Any) -> None:
        """Put one behind the others."""
        self._messages.append(message)
        self._come.set()

    def empty(self) -> bool:
        """Tell whether there is none."""
        return not self._messages

    async def get(self) -> Any:
        """Take the first, as soon as there is one."""
        while not self._messages:
            self._come.clear()
            await self._come.wait()
        return self._messages.pop(0)


class SlicedWebSocket(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, which would parse all that one read brings (256 kB) without a break."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Begin with nothing to parse."""
        super().__init__(*arguments, **named)
        self.queue, self.writable = cast("Any", Inbox()), cast("Any", Flag(up=True))
        self._unparsed = b""
        self._waiting = False

    def data_received(self, data: bytes) -> None:
        """Take what came; more is read only when it has been parsed."""
        self._unparsed += data
        if self._waiting:
            self.transport.pause_reading()
        else:
            self._parse()

    async def receive(self) -> Any:
        """Hand out the next message; with the last one of those that were parsed Uvicorn reads on."""
        message = await super().receive()
        if self._unparsed and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def handle_connect(self, event: Request) -> None:
        """Offer the application to write at once."""
        super().handle_connect(event)
        if self.response.status_code == SWITCHING_PROTOCOLS:
            self.scope["extensions"][WRITE] = {"write": self.write_now}

    def start_keepalive(self) -> None:
        """Forget the handshake, for which nobody asks again."""
        self.request.headers.clear()  # the parser holds on to it
        del self.request, self.response
        super().start_keepalive()

    def write_now(self, parts: Sequence[bytes]) -> bool:
        """Send a text message, in parts; False, and nothing is sent, where the client is behind or about to go.

        Source:
            RFC 6455, 5.2; a message is in one frame, and not compressed, as RFC 7692, 6 leaves it to the sender.
        """
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        size = sum(map(len, parts))
        if size < SHORT:
            head = bytes((TEXT, size))
        elif size < LONG:
            head = _LONG_HEAD.pack(TEXT, SHORT, size)
        else:
            head = _LONGEST_HEAD.pack(TEXT, SHORT + 1, size)
        self.transport.write(b"".join((head, *parts)))
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what is left."""
        self._unparsed = b""
        super().connection_lost(exc)

    def _parse(self) -> None:
        part, self._unparsed = self._unparsed[:SLICE_BYTES], self._unparsed[SLICE_BYTES:]
        super().data_received(part)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(REFUSAL)  # Uvicorn would leave it open without a word
            self.transport.close()
        if self.transport.is_closing():
            self._unparsed = b""
        elif self._unparsed:
            self.transport.pause_reading()
            self._waiting = True
            self.loop.call_soon(self._go_on)
        elif not self.read_paused:
            self.transport.resume_reading()

    def _go_on(self) -> None:
        self._waiting = False
        if self._unparsed:
            self._parse()
