"""Asks a TwinQL server over HTTP, and follows it over a WebSocket, as any client does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, Self

import httpx
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from twinql.errors import ForbiddenError, InvalidInputError, TwinError, UnauthenticatedError, UnavailableError

ANSWERS_WITHIN_S: Final = 30.0
_PROTOCOL: Final = Subprotocol("graphql-transport-ws")
_AWAY: Final = "The server does not answer; is it running, and is TWINQL_URL its address?"


class Graph:
    """A server's graph, as somebody with a token or an API key sees it."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str | None) -> None:
        self._client, self._url, self._token = client, url, token

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, token: str | None) -> AsyncIterator[Self]:
        """Keep a connection for as long as the block lasts.

        Args:
            url: Where the graph is, such as http://127.0.0.1:8000/graphql.
            token: What is sent as a bearer token; None on this machine's own server, which needs none.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with httpx.AsyncClient(headers=headers, timeout=ANSWERS_WITHIN_S) as client:
            yield cls(client, url, token)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Run an operation and return its data.

        Raises:
            UnavailableError: Nobody answered, or the answer says that trying again may help.
            UnauthenticatedError: The token or key is no longer good.
            ForbiddenError: The token or key may not do this.
            InvalidInputError: Any other refusal, in the server's words.
        """
        body = orjson.dumps({"query": document, "variables": variables})
        try:
            response = await self._client.post(self._url, content=body, headers={"Content-Type": "application/json"})
            answer = orjson.loads(response.content)
        except (httpx.HTTPError, orjson.JSONDecodeError) as error:
            raise UnavailableError(_AWAY) from error
        if not isinstance(answer, dict):
            raise UnavailableError(_AWAY)
        if errors := answer.get("errors"):
            raise _failure(errors[0])
        data: dict[str, Any] = answer["data"]
        return data

    async def follow(self, document: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """Yield the data of a subscription's events, until the server or the network ends it.

        An empty one comes first, as soon as the server has taken the subscription up: what happened before is to be
        asked for then.

        Raises:
            UnavailableError: The server cannot be reached, or does not answer.
            UnauthenticatedError, ForbiddenError, InvalidInputError: As `ask`.
        """
        address = "ws" + self._url.removeprefix("http")
        hello: dict[str, Any] = {"type": "connection_init"}
        if self._token:
            hello["payload"] = {"Authorization": f"Bearer {self._token}"}
        asked = {"id": "1", "type": "subscribe", "payload": {"query": document, "variables": variables}}
        try:
            async with connect(address, subprotocols=[_PROTOCOL], max_size=None) as socket:
                await socket.send(orjson.dumps(hello).decode())
                async for text in socket:
                    match orjson.loads(text):
                        case {"type": "connection_ack"}:
                            await socket.send(orjson.dumps(asked).decode())
                            yield {}
                        case {"type": "ping"}:
                            await socket.send('{"type":"pong"}')
                        case {"type": "next", "payload": {"errors": [error, *_]}}:
                            raise _failure(error)
                        case {"type": "next", "payload": {"data": dict(data)}}:
                            yield data
                        case {"type": "error", "payload": [error, *_]}:
                            raise _failure(error)
                        case {"type": "complete"}:
                            return
        except (OSError, WebSocketException, orjson.JSONDecodeError) as error:
            raise UnavailableError(_AWAY) from error


def _failure(error: dict[str, Any]) -> TwinError:
    told = error.get("extensions", {})
    message = str(error.get("message", "The server refuses, and does not say why."))
    if told.get("retryable"):
        return UnavailableError(message)
    match told.get("code"):
        case "UNAUTHENTICATED":
            return UnauthenticatedError(message)
        case "FORBIDDEN":
            return ForbiddenError(message)
    return InvalidInputError(message)
