"""Serves the graph over HTTP and WebSocket."""

import json
from collections.abc import Callable
from typing import Any, cast

import orjson
from cross_web import HTTPException
from graphql import GraphQLFormattedError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse

from twinql.api.engine import Engine
from twinql.api.graph import Graph
from twinql.api.sockets import Services, Sockets
from twinql.auth import Caller
from twinql.context import Context
from twinql.domain.identity import LOCAL_ISSUER, LOCAL_SUBJECT, User

MakeContext = Callable[[str], Context]
CountError = Callable[[str], None]

ADVICE = {
    "Batching is not enabled": "send one operation in each request",
    "No GraphQL query found in the request": 'send an object such as {"query": "{ viewer { subject } }"}',
    "Unsupported content type": "send JSON, and say so in the header Content-Type: application/json",
    "mutations are not allowed when using GET": "send them with POST",
    "subscriptions are not allowed when using GET": "open a WebSocket at the same address",
    "subscriptions are not allowed when using POST": "open a WebSocket at the same address",
}
"""What to do about the refusals that Strawberry words itself."""


class GraphEndpoint(GraphQL[Context, None]):
    """The ASGI application of the graph; who asks is decided by whoever makes the context."""

    def __init__(self, schema: Graph, make_context: MakeContext, count_error: CountError) -> None:
        """Serve a schema.

        Args:
            schema: What is served.
            make_context: Makes the world of an operation from its request id.
            count_error: Is told the code of every error that is answered.
        """
        super().__init__(schema, graphql_ide=None, allow_queries_via_get=True)
        services = Services(Engine(schema), _Gate(), lambda _caller, asked, _client: make_context(asked), count_error)
        self._sockets = Sockets(services)
        self._make_context = make_context
        self._count_error = count_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or speak over a WebSocket; what is no GraphQL request is told so in GraphQL's own form."""
        if scope["type"] != "http":
            await self._sockets(scope, receive, send)
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as error:
            self._count_error("BAD_REQUEST")
            response = _refusal(error)
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make the world of a request."""
        del response
        return self._make_context(str(request.scope.get("state", {}).get("request_id", "")))

    async def process_result(self, request: Request, result: object) -> GraphQLHTTPResponse:
        """Count the errors of an answer."""
        answer: GraphQLHTTPResponse = await super().process_result(request, result)  # type: ignore[arg-type]
        for error in cast("list[GraphQLFormattedError]", answer.get("errors") or []):
            self._count_error(str(error.get("extensions", {}).get("code", "INTERNAL")))
        return answer

    def parse_json(self, data: str | bytes) -> Any:
        """Read the JSON of a request."""
        try:
            found = orjson.loads(data)  # Python's own reader takes NaN and Infinity
        except json.JSONDecodeError as error:
            said = f"This is no JSON ({error}); send valid JSON, which has no NaN and no Infinity"
            raise HTTPException(400, said) from error
        # A body comes as bytes, and variables in an address as text, where null stands for none.
        if isinstance(data, bytes) and not isinstance(found, dict | list):
            raise HTTPException(400, "No GraphQL query found in the request")
        return found

    def encode_json(self, data: object) -> bytes | str:
        """Write JSON."""
        return orjson.dumps(data)


class _Gate:
    """Until requests carry tokens, whoever asks is this machine's own user."""

    async def admit(self, _authorization: str | None, _organisation: str | None) -> Caller:
        return Caller(User(LOCAL_ISSUER, LOCAL_SUBJECT))


def _refusal(error: HTTPException) -> JSONResponse:
    said = error.reason.removesuffix(".")
    message = f"{said}: {ADVICE[said]}." if said in ADVICE else f"{said}."
    told = {"message": message, "extensions": {"code": "BAD_REQUEST", "retryable": False}}
    headers = {"allow": "GET, POST"} if error.status_code == 405 else None  # noqa: PLR2004 - what HTTP asks for
    return JSONResponse({"errors": [told]}, status_code=error.status_code, headers=headers)
