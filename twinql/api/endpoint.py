"""Serves the graph over HTTP and WebSocket."""

from collections.abc import Callable
from typing import cast

import orjson
from graphql import GraphQLFormattedError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_WS_PROTOCOL

from twinql.api.graph import Graph
from twinql.context import Context

MakeContext = Callable[[str], Context]
CountError = Callable[[str], None]


class GraphEndpoint(GraphQL[Context, None]):
    """The ASGI application of the graph; who asks is decided by whoever makes the context."""

    def __init__(self, schema: Graph, make_context: MakeContext, count_error: CountError) -> None:
        """Serve a schema.

        Args:
            schema: What is served.
            make_context: Makes the world of an operation from its request id.
            count_error: Is told the code of every error that is answered.
        """
        super().__init__(
            schema,
            graphql_ide=None,
            allow_queries_via_get=True,
            # The older of the two is what GraphQL Playground speaks.
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_WS_PROTOCOL),
            # Which pages may follow is decided for all requests alike, before they come here.
            allowed_origins=("*",),
        )
        self._make_context = make_context
        self._count_error = count_error

    async def pick_websocket_subprotocol(self, request: WebSocket) -> str | None:
        """Choose the newest protocol that a client offers, whatever order it names them in."""
        offered = request["subprotocols"]
        return next((each for each in self.websocket_subprotocols if each in offered), None)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make the world of a request, or of the operations of a connection."""
        del response
        return self._make_context(str(request.scope.get("state", {}).get("request_id", "")))

    async def process_result(self, request: Request, result: object) -> GraphQLHTTPResponse:
        """Count the errors of an answer."""
        answer: GraphQLHTTPResponse = await super().process_result(request, result)  # type: ignore[arg-type]
        for error in cast("list[GraphQLFormattedError]", answer.get("errors") or []):
            self._count_error(str(error.get("extensions", {}).get("code", "INTERNAL")))
        return answer

    def encode_json(self, data: object) -> bytes | str:
        """Write JSON; as text, since a WebSocket client takes bytes for something else."""
        return orjson.dumps(data).decode()
