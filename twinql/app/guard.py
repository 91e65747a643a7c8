"""Keeps other web sites out.

A page of any site may make a browser send requests here, or, where the server trusts this machine, point its own name
at 127.0.0.1 (DNS rebinding). So a server that is open to this machine answers only to its names, and every server only
pages that its own address or the setting TWINQL_ORIGINS names. Programs send no `Origin`, and are asked for none.
"""

import re
from collections.abc import Awaitable, Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from twinql.api.headers import headers_of
from twinql.app.access import Access, is_loopback

LOOPBACK_HOST = r"(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?"
LOOPBACK_PAGES = rf"https?://{LOOPBACK_HOST}"
_HOST, _PAGES = (re.compile(each, re.IGNORECASE) for each in (LOOPBACK_HOST, LOOPBACK_PAGES))
FORWARDED_FROM = ("x-real-ip", "cf-connecting-ip", "true-client-ip")
"""Where proxies say for whom they ask, beside the headers that the server below reads."""
FOREIGN_HOST = (
    "This server answers only to localhost and 127.0.0.1: use one of them in the address, and add the origins of pages "
    "that may ask to TWINQL_ORIGINS."
)
FOREIGN_ORIGIN = (
    "Pages of this origin may not ask here: add it to TWINQL_ORIGINS, or open the page from an allowed one."
)
FOREIGN_MACHINE = (
    "This server answers only its own machine: ask from there, or let it demand tokens by setting TWINQL_HOST, and "
    "SUPABASE_URL or OIDC_ISSUER."
)
STRANGER = "Metrics are for this machine alone: ask from here, or set TWINQL_METRICS=everyone."


class Guard:
    """Refuses what comes from where nobody was let in, with one sentence."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        """Stand before an application."""
        self._app = app
        self._access = access

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on or refuse."""
        complaint = self._complaint(scope) if scope["type"] in {"http", "websocket"} else None
        if complaint is None:
            return self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return WebSocket(scope, receive, send).send_denial_response(_refusal(complaint))
        return _refusal(complaint)(scope, receive, send)

    def _complaint(self, scope: Scope) -> str | None:
        headers = headers_of(scope)
        host = headers.get("host", "")
        if self._access.local and (not _is_here(scope) or _passed_on(headers)):
            return FOREIGN_MACHINE
        if self._access.local and not _HOST.fullmatch(host):
            return FOREIGN_HOST
        origin = headers.get("origin")
        if origin is not None and not self._is_welcome(origin, host):
            return FOREIGN_ORIGIN
        if scope["path"] == "/metrics" and not self._access.metrics and not _is_here(scope):
            return STRANGER
        return None

    def _is_welcome(self, origin: str, host: str) -> bool:
        if origin.lower() in self._access.origins:
            return True
        if self._access.local:
            return _PAGES.fullmatch(origin) is not None
        # Its own pages, such as GraphiQL; whoever ends TLS before it may have changed the scheme.
        return bool(host) and origin.lower().partition("://")[2] == host.lower()


def _is_here(scope: Scope) -> bool:
    client = scope.get("client")
    return client is not None and is_loopback(client[0])


def _passed_on(headers: Mapping[str, str]) -> bool:
    """Tell whether a proxy on this machine says that it passes on what comes from another one."""
    said = [headers[name] for name in FORWARDED_FROM if name in headers]
    said += re.findall(r'for="?([^";,\s]+)', headers.get("forwarded", ""), re.IGNORECASE)
    host = headers.get("x-forwarded-host", "localhost")
    return any(not is_loopback(each.strip("[]")) for each in said) or not _HOST.fullmatch(host)


def _refusal(complaint: str) -> JSONResponse:
    error = {"message": complaint, "extensions": {"code": "FORBIDDEN", "retryable": False}}
    return JSONResponse({"errors": [error]}, status_code=403, headers={"vary": "Origin"})
