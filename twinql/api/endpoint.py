"""The graph's address: requests go one way, WebSockets another."""

from collections.abc import Awaitable

from starlette.types import Receive, Scope, Send

from twinql.api.http import Http
from twinql.api.services import Services
from twinql.api.sockets import Sockets


class GraphEndpoint:
    """The ASGI application of the graph."""

    def __init__(self, services: Services) -> None:
        """Answer with these services behind."""
        self._http = Http(services)
        self._sockets = Sockets(services)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request, or speak over a WebSocket."""
        chosen = self._http if scope["type"] == "http" else self._sockets
        return chosen(scope, receive, send)
