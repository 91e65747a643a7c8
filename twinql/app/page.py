"""The page that browsers get at `/graphql`: GraphiQL, from files of this server, with example operations."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Awaitable
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "assets" / "graphiql"
MISSING = "<!doctype html><title>TwinQL</title><p>GraphiQL is not installed. Run <code>make install</code> and reload."
READS = ("GET", "HEAD")
DOCUMENT = {"query", "documentId", "extensions"}
FOREVER = "public, max-age=31536000, immutable"  # the address changes with the files


class PageOrGraph:
    """One address for people and programs: a browser that asks for HTML gets the page, everything else the graph."""

    def __init__(self, graph: ASGIApp) -> None:
        """Stand before the graph."""
        self._graph = graph

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Tell the two apart by what the request accepts."""
        if scope["type"] == "http" and scope["method"] in READS and wants_page(Request(scope)):
            return page()(scope, receive, send)
        return self._graph(scope, receive, send)


def wants_page(request: Request) -> bool:
    """Tell whether a browser navigates here; one with a document in its address is a program's."""
    if DOCUMENT & request.query_params.keys():
        return False
    return "text/html" in request.headers.get("accept", "")


def page() -> HTMLResponse:
    """Give GraphiQL, or say how to install it."""
    if not (ASSETS / "pins.json").exists():
        return HTMLResponse(MISSING, status_code=503)
    headers = {
        "cache-control": "no-cache",
        "content-security-policy": _policy(),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(_html(), headers=headers)


async def asset(request: Request) -> Response:
    """Give one of GraphiQL's files."""
    name = request.path_params["name"]
    if request.path_params["version"] != _version() or name not in {each.name for each in _files()}:
        return Response("No such file.\n", status_code=404, media_type="text/plain")
    return FileResponse(ASSETS / name, headers={"cache-control": FOREVER, "x-content-type-options": "nosniff"})


def _files() -> list[Path]:
    return [*ASSETS.glob("*.js"), *ASSETS.glob("*.css")]


@cache
def _version() -> str:
    return hashlib.sha256((ASSETS / "pins.json").read_bytes()).hexdigest()[:12]


@cache
def _html() -> str:
    examples, points = (_text(name) for name in ("examples.graphql", "starting_points.graphql"))
    version = hashlib.sha256((examples + points).encode()).hexdigest()[:8]
    texts = json.dumps({"examples": examples, "startingPoints": points, "version": version})
    # "</" inside a script element would end it.
    texts = texts.replace("<", "\\u003c")
    return _text("graphiql.html").replace("%ASSETS%", f"/assets/graphiql/{_version()}").replace("%TEXTS%", texts)


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _policy() -> str:
    """Nothing but this server's own files: a page that reads energy data loads no stranger's script."""
    scripts = re.findall(r"<script>(.*?)</script>", _html(), re.DOTALL)
    known = " ".join(f"'sha256-{b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in scripts)
    return (
        f"default-src 'self'; script-src 'self' {known}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
