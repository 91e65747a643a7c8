"""The two protocols, which say the same in different words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How a protocol calls things.

    Attributes:
        protocol: Its name as a subprotocol of WebSocket.
        begin: The client begins an operation.
        stop: The client wants no more of an operation.
        event: The server tells a result.
        older: Whether it is the older protocol: it tells only the first of several errors, confirms what was stopped
            with `complete`, says `connection_error` before it closes on a refused client, and knows no pings.
    """

    protocol: str
    begin: str
    stop: str
    event: str
    older: bool = False

    def around(self, operation_id: str) -> tuple[bytes, bytes]:
        """Return what stands before and after the payload in a message that tells a result."""
        return b'{"id":%b,"type":"%b","payload":' % (orjson.dumps(operation_id), self.event.encode()), b"}"

    def failure(self, operation_id: str, errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Word the message that ends an operation with errors."""
        return {"id": operation_id, "type": "error", "payload": errors[0] if self.older else errors}


TRANSPORT = Vocabulary("graphql-transport-ws", "subscribe", "complete", "next")
OLDER = Vocabulary("graphql-ws", "start", "stop", "data", older=True)
"""What GraphQL Playground speaks (npm subscriptions-transport-ws)."""


def chosen(offered: Sequence[str]) -> Vocabulary | None:
    """Choose the newer protocol where a client offers both, whatever order it names them in."""
    return next((each for each in (TRANSPORT, OLDER) if each.protocol in offered), None)
