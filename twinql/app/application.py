"""Puts the application together: routes, layers, and what lives as long as the server does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from twinql.api.headers import headers_of
from twinql.app.access import Access
from twinql.app.body import BodyLimit
from twinql.app.exchange import HEADER, Exchanges
from twinql.app.export import EXPORT_PATH
from twinql.app.guard import LOOPBACK_PAGES, Guard
from twinql.app.health import Readiness, alive
from twinql.app.metrics import Metrics
from twinql.app.page import PageOrGraph, asset

A_DAY_S = 86_400
GRAPH_PATH = "/graphql"

Twin = Callable[[Metrics], AbstractAsyncContextManager[ASGIApp]]


def create_app(
    *,
    twin: Twin,
    pending: Callable[[], Awaitable[list[str]]],
    access: Access | None = None,
    routes: list[BaseRoute] | None = None,
) -> Starlette:
    """Make the application.

    Args:
        twin: Starts everything behind the graph, gives the graph, and stops everything at the end.
        pending: Names the migrations that the database lacks, for `/readyz`.
        access: Who may ask; by default this machine.
        routes: Further routes beside the graph's.
    """
    access = access or Access()
    metrics = Metrics()
    graph = _Graph()
    endpoint = PageOrGraph(graph)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with twin(metrics) as graph.app:
            yield

    return Starlette(
        routes=[
            Route(GRAPH_PATH, endpoint),
            WebSocketRoute(GRAPH_PATH, endpoint),
            Route(EXPORT_PATH, graph),
            Route("/assets/graphiql/{version}/{name}", asset),
            Route("/healthz", alive),
            Route("/readyz", Readiness(pending).answer),
            Route("/metrics", metrics.show),
            Route("/", _home),
            *(routes or []),
        ],
        middleware=[
            Middleware(Exchanges, metrics=metrics),
            Middleware(Guard, access=access),
            Middleware(
                _Cors,
                allow_origins=access.origins,
                allow_origin_regex=LOOPBACK_PAGES if access.local else None,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=[HEADER, "etag", "retry-after"],
                max_age=A_DAY_S,
            ),
            Middleware(BodyLimit),
            Middleware(_Straight, path=GRAPH_PATH, to=endpoint),
        ],
        lifespan=lifespan,
    )


# Layers that only choose where a request goes hand on what answers it, instead of standing between: whatever an answer
# waits for wakes each coroutine that stands there.


class _Cors:
    """Starlette's own, with a short way for what no page asked."""

    def __init__(self, app: ASGIApp, /, **rules: Any) -> None:
        self._app = app
        self._for_pages = CORSMiddleware(app, **rules)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        asked_by_page = scope["type"] == "http" and "origin" in headers_of(scope)
        return (self._for_pages if asked_by_page else self._app)(scope, receive, send)


class _Straight:
    """Takes nearly all requests where they go, past the routes: matching those is a tenth of a small answer's time."""

    def __init__(self, app: ASGIApp, path: str, to: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._to = to

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        straight = scope["type"] == "http" and scope["path"] == self._path and not scope.get("root_path")
        return (self._to if straight else self._app)(scope, receive, send)


class _Graph:
    """Stands for the graph and the export in the routes, which are made before they are."""

    app: ASGIApp

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.app(scope, receive, send)


async def _home(_request: Request) -> RedirectResponse:
    return RedirectResponse("/graphql")
