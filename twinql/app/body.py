"""Bounds what a request may send, before anything gathers it in memory."""

from collections.abc import Awaitable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twinql.api.headers import headers_of

LARGEST_BYTES = 8 * 2**20
TOO_LARGE = f"A request may hold {LARGEST_BYTES // 2**20} MiB: send less at a time, or use `twinql import` for files."


class _TooLargeError(Exception):
    """The body grew over the bound while it was read."""


class BodyLimit:
    """Answers 413 to what is too large, whether its length was told or not."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on as long as it fits."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        headers = headers_of(scope)
        told = headers.get("content-length", "0")
        if not told.isdecimal() or int(told) > LARGEST_BYTES:
            return _refusal()(scope, receive, send)
        if "transfer-encoding" in headers:
            return self._counted(scope, receive, send)
        return self._app(scope, receive, send)  # the server below takes no more than was told

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0

        async def receive_within() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BYTES:
                raise _TooLargeError
            return message

        try:
            await self._app(scope, receive_within, send)
        except _TooLargeError:  # nothing answers before it has read its request
            await _refusal()(scope, receive, send)


def _refusal() -> JSONResponse:
    error = {"message": TOO_LARGE, "extensions": {"code": "BAD_REQUEST", "retryable": False}}
    return JSONResponse({"errors": [error]}, status_code=413, headers={"connection": "close"})
