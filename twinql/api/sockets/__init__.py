"""The graph over WebSockets: graphql-transport-ws, and the older graphql-ws that Playground speaks."""

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from twinql.api.services import Limits, Services
from twinql.api.sockets.closing import Code
from twinql.api.sockets.connection import Connection
from twinql.api.sockets.vocabulary import chosen

__all__ = ["Limits", "Services", "Sockets"]


class Sockets:
    """The half of the graph's address that speaks over WebSockets."""

    def __init__(self, services: Services) -> None:
        """Speak with these services behind."""
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak with a client for as long as it stays."""
        socket = WebSocket(scope, receive, send)
        vocabulary = chosen(scope.get("subprotocols", ()))
        if vocabulary is None:
            await socket.accept()
            await socket.close(Code.SUBPROTOCOL, "Offer the subprotocol graphql-transport-ws.")
        else:
            await socket.accept(vocabulary.protocol)
            await Connection(self._services, socket, vocabulary).run()
