"""Messages over one WebSocket: read with suspicion, and written only as fast as the client takes them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from twinql.api.json_text import TooManyPartsError, read_json
from twinql.api.sockets.closing import Close, Code

WRITE = "twinql.websocket.write"
"""The extension of ASGI by which the server below sends a message at once, without a task of its own."""
CLOSE_WAIT_S = 1.0
MOST_ID = 256
"""How long the id of an operation may be: every message repeats it. [characters]"""

Message = Mapping[str, Any]


class Wire:
    """One WebSocket that was accepted."""

    def __init__(self, socket: WebSocket, *, send_wait_s: float) -> None:
        """Write to a client that may leave unread for so many seconds what it is told."""
        self._socket = socket
        self._send_wait_s = send_wait_s
        self._write: Callable[[Sequence[bytes]], bool] | None = (
            socket.scope.get("extensions", {}).get(WRITE, {}).get("write")
        )

    async def receive(self, *, most: int | None) -> Message:
        """Read the next message, of at most so many characters.

        Raises:
            Close: It is none.
            WebSocketDisconnect: The client is gone.
        """
        frame = await self._socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame["code"])
        if (text := frame.get("text")) is None:
            raise Close(Code.BAD_MESSAGE, "A message is text, and this was a binary frame.")
        if most is not None and len(text) > most:
            raise Close(Code.BAD_MESSAGE, f"Before connection_ack a message has at most {most:,} characters.")
        try:
            message = read_json(text)
        except TooManyPartsError as error:
            raise Close(Code.BAD_MESSAGE, str(error)) from None
        except orjson.JSONDecodeError:
            raise Close(Code.BAD_MESSAGE, "A message is valid JSON, and this was not.") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Close(Code.BAD_MESSAGE, "A message is a JSON object with a type.")
        return message

    async def send(self, message: Message) -> None:
        """Write a message, as soon as the client has taken enough of what was written before.

        Raises:
            Close: It took nothing for too long.
            WebSocketDisconnect: The client is gone.
        """
        await self.send_text(orjson.dumps(message).decode())

    async def send_text(self, text: str) -> None:
        """Write a message that is JSON already, in the same way."""
        try:
            async with asyncio.timeout(self._send_wait_s):
                await self._socket.send({"type": "websocket.send", "text": text})
        except TimeoutError:
            raise Close(Code.TRY_AGAIN_LATER, "You read too slowly: connect again, and go on from a cursor.") from None
        except RuntimeError as error:  # the server behind this closed it first, as for a message that is too long
            raise WebSocketDisconnect(1006) from error

    def send_now(self, *parts: bytes) -> bool:
        """Write a message of JSON at once; False where the client has not taken enough of what was written before."""
        return self._write is not None and self._write(parts)

    async def close(self, close: Close) -> None:
        """Say why it ends; a client that reads nothing is not waited for."""
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_WAIT_S):
                await self._socket.close(close.code, close.reason)


def id_of(message: Message) -> str:
    """Return the id of the operation that a message speaks of.

    Raises:
        Close: There is none, or one that cannot be.
    """
    found = message.get("id")
    if not isinstance(found, str) or not 1 <= len(found) <= MOST_ID:
        raise Close(Code.BAD_MESSAGE, f"The id of an operation is text of 1 to {MOST_ID} characters.")
    return found


def object_of(message: Message) -> dict[str, Any]:
    """Return the payload of a message that may have an object for one, or none.

    Raises:
        Close: It has something else.
    """
    payload = message.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise Close(Code.BAD_MESSAGE, f"The payload of {message['type']} is an object, or left out.")
    return payload or {}
