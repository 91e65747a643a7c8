"""Follows every exchange with the outside: gives it an id, measures it, logs it, and answers when all else fails."""

import asyncio
import logging
import re
from secrets import token_hex
from time import perf_counter

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinql.api.headers import headers_of
from twinql.api.streams import STREAMS_SINCE
from twinql.app.metrics import Metrics

HEADER = "x-request-id"
RAW_HEADER = HEADER.encode()
FITTING_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
ROUTINE = ("/healthz", "/readyz", "/metrics", "/assets")  # asked for so often that only debug logs show them
KNOWN = ("/graphql", "/export", *ROUTINE)
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
NEUTRAL = "Something went wrong inside TwinQL. Its log tells more, under the request id."
STOPPING = "The server is stopping; ask again in a moment."

LINES = logging.getLogger("twinql.requests")
log = structlog.stdlib.get_logger(LINES.name)


class Exchanges:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before an application and count into metrics."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and follow what becomes of it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        given = headers_of(scope).get(HEADER, "")
        request_id = given if FITTING_ID.fullmatch(given) else token_hex(16)
        scope.setdefault("state", {})["request_id"] = request_id
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            if scope["type"] == "http":
                await self._request(scope, receive, send, request_id)
            else:
                await self._socket(scope, receive, send)
        finally:
            structlog.contextvars.reset_contextvars(**bound)

    async def _request(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        began = perf_counter()
        told = _Told(send, request_id)
        try:
            await self._app(scope, receive, told.send)
        except asyncio.CancelledError:  # the server stops, and this request used up its grace
            log.warning("A request was broken off by a stop.", method=scope["method"], path=scope["path"])
            if told.status:
                raise
            await _answer(503, STOPPING, "UNAVAILABLE", request_id)(scope, receive, told.send)
        except Exception:  # the outermost place: nothing above could answer
            log.exception("A request failed.", method=scope["method"], path=scope["path"])
            self._metrics.errors.labels("INTERNAL").inc()
            if told.status:  # the answer was under way, and can only be broken off
                raise
            await _answer(500, NEUTRAL, "INTERNAL", request_id)(scope, receive, told.send)
        finally:
            ended = perf_counter()
            streams_since: float | None = scope["state"].get(STREAMS_SINCE)
            self._note(scope, told.status or 499, (streams_since or ended) - began)
            if streams_since is not None:
                log.info("An event stream ended.", path=scope["path"], duration_s=round(ended - streams_since, 1))

    def _note(self, scope: Scope, status: int, elapsed_s: float) -> None:
        path = _known(scope["path"])
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.note(method, path, status, elapsed_s)
        level = logging.DEBUG if path in ROUTINE else logging.INFO
        # Asked here, a line that nobody wants costs nothing of what makes it.
        if LINES.isEnabledFor(level):
            duration_ms = round(elapsed_s * 1000, 1)
            log.log(
                level,
                "A request was answered.",
                method=method,
                path=scope["path"],
                status=status,
                duration_ms=duration_ms,
            )

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        self._metrics.sockets.inc()
        log.info("A WebSocket opened.", path=scope["path"], protocols=scope.get("subprotocols", []))
        try:
            await self._app(scope, receive, send)
        except Exception:
            log.exception("A WebSocket failed.", path=scope["path"])
            self._metrics.errors.labels("INTERNAL").inc()
            raise
        finally:
            self._metrics.sockets.dec()
            log.info("A WebSocket closed.", path=scope["path"], duration_s=round(perf_counter() - began, 1))


class _Told:
    """What is told of one request; its answer carries the request id, and says that it is for one origin."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0
        """The status of the answer; 0 before there is one."""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = headers = [*message["headers"], (RAW_HEADER, self._request_id)]
            # Whoever keeps an answer keeps it for the origin that asked: another one may be refused.
            if b"origin" not in b",".join([value for name, value in headers if name == b"vary"]).lower():
                headers.append((b"vary", b"Origin"))
        await self._send(message)


def _known(path: str) -> str:
    for each in KNOWN:
        if path.startswith(each):
            return each
    return "other"


def _answer(status: int, message: str, code: str, request_id: str) -> JSONResponse:
    extensions = {"code": code, "retryable": code == "UNAVAILABLE", "requestId": request_id}
    return JSONResponse({"errors": [{"message": message, "extensions": extensions}]}, status_code=status)
