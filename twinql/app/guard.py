"""Keeps other web sites out of a server that trusts this machine.

A page of any site may make a browser send requests to 127.0.0.1, or point its own name at that address (DNS rebinding).
Until every request carries a token, only requests that name this machine, from pages of this machine, are answered.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

FOREIGN_HOST = "This server answers only to localhost and 127.0.0.1: use one of them in the address."
FOREIGN_ORIGIN = "This server answers only pages that come from this machine: open the page from localhost."


class LoopbackGuard:
    """Refuses what names another host, or comes from a page of another host, with one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on or refuse."""
        if scope["type"] in {"http", "websocket"} and (complaint := _complaint(Headers(scope=scope))):
            if scope["type"] == "websocket":
                await receive()
                await WebSocketClose(code=1008, reason=complaint)(scope, receive, send)
            else:
                await _refusal(complaint)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name or address means this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _complaint(headers: Headers) -> str | None:
    if not is_loopback(_host_of("//" + headers.get("host", ""))):
        return FOREIGN_HOST
    origin = headers.get("origin")
    if origin is not None and not is_loopback(_host_of(origin)):
        return FOREIGN_ORIGIN
    return None


def _host_of(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _refusal(complaint: str) -> JSONResponse:
    error = {"message": complaint, "extensions": {"code": "FORBIDDEN", "retryable": False}}
    return JSONResponse({"errors": [error]}, status_code=403)
