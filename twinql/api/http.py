"""The graph over HTTP, as the specification GraphQL over HTTP has it (September 2026).

One departure: what has not the shape of a request, or does not fit the schema, is answered 400 and not 422, as
its own audit suite and its clients still expect.
"""

from collections.abc import Mapping
from hashlib import sha256

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from twinql.api.headers import headers_of
from twinql.api.media_types import EVENT_STREAM, GRAPHQL, JSON, answered_type, is_json
from twinql.api.operation import Answer, Asked, Kind, Operation, RequestError, asked_of, check_method
from twinql.api.request_bodies import from_address, from_body, gathered
from twinql.api.services import Services
from twinql.api.streams import Stream, Streams
from twinql.api.written import Written, raw, written
from twinql.context import Context
from twinql.errors import TwinError
from twinql.storage.queue import one_operation

NOT_IN_ONE_ANSWER = (
    f"A subscription has no single answer: accept {EVENT_STREAM} alone, or open a WebSocket at the same address."
)
METHODS = "GET, HEAD, POST, OPTIONS"
READS = ("GET", "HEAD")
SERVED = (*READS, "POST")
ALLOWED = Written([], 204, raw({"allow": METHODS}))
PARTIAL_SUCCESS = 294
"""Data beside errors, for clients that know the newer media type."""
STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "RATE_LIMITED": 429,
    "UNAVAILABLE": 503,
    "TIMEOUT": 503,
}
FOREIGN_PAGE = (
    "A page of another site made this request, in a way that asks no permission: use `fetch` with the header "
    "Content-Type: application/json, from a page whose origin is allowed."
)


class Http:
    """The half of the graph's address that answers requests."""

    def __init__(self, services: Services) -> None:
        """Answer with these services behind."""
        self._services = services
        self._streams = Streams(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        written = ALLOWED if scope["method"] == "OPTIONS" else await self._written(scope, receive)
        await written.send(send)

    async def _written(self, scope: Scope, receive: Receive) -> Written | Stream:
        headers = headers_of(scope)
        media_type = answered_type(headers.get("accept", ""))
        try:
            if media_type is None:
                raise RequestError.of(
                    f"Answers are {GRAPHQL}, {JSON} or {EVENT_STREAM}: accept one of them.", status=406
                )
            self._services.check_room()
            return await self._answer(scope, receive, headers, media_type)
        except TwinError as error:
            refusal = refusal_of(error)
        except RequestError as error:
            refusal = error
        except ClientDisconnect:
            return Written([], 400, [])  # which nobody is there to read
        self._services.count(refusal.errors)
        return written(
            [refusal.body()],
            JSON if media_type in (None, EVENT_STREAM) else media_type,
            refusal.status,
            refusal.headers,
        )

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], media_type: str
    ) -> Written | Stream:
        method, client = scope["method"], scope.get("client")
        _check(method, headers)
        caller = await self._services.gate.admit(headers.get("authorization"), headers.get("x-organisation"))
        if method == "POST":
            asked = asked_of(await from_body(await gathered(receive)))
        else:
            asked = asked_of(from_address(scope["query_string"]))
        request_id = scope.get("state", {}).get("request_id", "")
        context = self._services.make_context(caller, request_id, client[0] if client else "")
        if media_type == EVENT_STREAM:
            return await self._streams.open(scope, receive, asked, context, caller.expires_at)
        with self._services.foreground, one_operation():
            operation = await self._prepared(asked, context, media_type)
            _check_kind(operation.kind, method)
            answer = await self._services.engine.execute(operation, context)
        self._services.count(answer.errors or ())
        if operation.trusted and method in READS:
            return _revalidated(answer, media_type, headers.get("if-none-match", ""))
        return written(answer.pieces(), media_type, _status(answer, media_type))

    async def _prepared(self, asked: Asked, context: Context, media_type: str) -> Operation:
        try:
            return await self._services.engine.prepare(asked, context)
        except RequestError as error:
            if media_type == JSON and error.status == 400:  # noqa: PLR2004 - what clients of the older type expect
                error.status = 200
            raise


def refusal_of(error: TwinError) -> RequestError:
    """Say over HTTP that nothing was executed."""
    headers = {"www-authenticate": "Bearer"} if error.code == "UNAUTHENTICATED" else {}
    return RequestError.because(error, status=STATUS.get(error.code, 400), headers=headers)


def from_foreign_page(headers: Mapping[str, str]) -> bool:
    """Tell whether a page of another site made a browser send this without asking for permission.

    Links, images and forms do so; `fetch` names its origin, which is checked before a request comes here.
    Browsers tell it to every server on this machine, where alone somebody is let in without a token.
    """
    return headers.get("sec-fetch-site", "").startswith(("cross-site", "same-site")) and "origin" not in headers


def _check(method: str, headers: Mapping[str, str]) -> None:
    if method not in SERVED:
        raise RequestError.of("Requests come by GET and POST; use one of them.", status=405, headers={"allow": METHODS})
    if from_foreign_page(headers):
        raise RequestError.of(FOREIGN_PAGE, "FORBIDDEN", status=403)
    if method == "POST" and not is_json(headers.get("content-type", "")):
        raise RequestError.of(
            "Unsupported content type: send JSON in UTF-8, and say so in the header Content-Type: application/json.",
            status=415,
            headers={"accept-post": JSON},
        )


def _check_kind(kind: Kind, method: str) -> None:
    check_method(kind, method)
    if kind == "subscription":
        raise RequestError.of(NOT_IN_ONE_ANSWER)


def _status(answer: Answer, media_type: str) -> int:
    return PARTIAL_SUCCESS if answer.errors and media_type == GRAPHQL else 200


def _revalidated(answer: Answer, media_type: str, known: str) -> Written:
    """Answer a trusted document, so that a client need not take the same data twice."""
    name = sha256(orjson.dumps([answer.data, answer.errors])).hexdigest()[:32]
    told = {
        "etag": f'W/"{name}"',
        "cache-control": "private, no-cache",
        "vary": "Accept, Authorization, X-Organisation",
    }
    if {each.strip().removeprefix("W/") for each in known.split(",")} & {f'"{name}"', "*"}:
        return Written([], 304, raw(told))
    return written(answer.pieces(), media_type, _status(answer, media_type), told)
