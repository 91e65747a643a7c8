"""The rim of the application: the page, request ids, refusals, metrics and the answer of last resort."""

import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import StringIO

import httpx
import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from twinql.app.access import Access
from twinql.app.application import create_app
from twinql.app.logs import configure_logs
from twinql.app.page import ASSETS
from twinql.errors import UnavailableError

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
installed = pytest.mark.skipif(not (ASSETS / "pins.json").exists(), reason="`make install` fetches GraphiQL")


async def _fails(_request: Request) -> None:
    raise RuntimeError("the password is hunter2")


@asynccontextmanager
async def _echo(_metrics: object) -> AsyncIterator[object]:
    yield PlainTextResponse("the graph")


def _app(missing: list[str] | None = None, error: Exception | None = None) -> Starlette:
    async def pending() -> list[str]:
        if error is not None:
            raise error
        return missing or []

    return create_app(twin=_echo, pending=pending, routes=[Route("/fails", _fails)])


@asynccontextmanager
async def _client(
    app: Starlette | None = None, base_url: str = "http://127.0.0.1:8000"
) -> AsyncIterator[httpx.AsyncClient]:
    app = app or _app()
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client


@installed
async def test_a_browser_gets_graphiql_from_this_server_alone() -> None:
    async with _client() as client:
        page = await client.get("/graphql", headers=HTML)
        assert page.status_code == 200
        assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert re.search(r"script-src 'self' 'sha256-[^']{44}';", policy)
        assert "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        files = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
        assert len(files) == 5
        for file in files:
            answer = await client.get(file)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]


@installed
async def test_only_files_of_this_version_are_given() -> None:
    async with _client() as client:
        page = await client.get("/graphql", headers=HTML)
        version = re.search(r"/assets/graphiql/(\w+)/", page.text)
        assert version
        for path in (f"{version[1]}/..%2f..%2ferrors.py", f"{version[1]}/pins.json", "0/react.js"):
            assert (await client.get(f"/assets/graphiql/{path}")).status_code == 404


@pytest.mark.parametrize("headers", [{"accept": "*/*"}, {"accept": "application/json"}])
async def test_a_program_gets_the_graph(headers: dict[str, str]) -> None:
    async with _client() as client:
        assert (await client.get("/graphql", headers=headers)).text == "the graph"
        for address in ("query={a}", "documentId=a", "extensions={}"):
            assert (await client.get(f"/graphql?{address}", headers=HTML)).text == "the graph"
        assert (await client.post("/graphql", headers=HTML)).text == "the graph"


async def test_a_request_id_is_taken_over_or_made() -> None:
    async with _client() as client:
        given = await client.get("/healthz", headers={"X-Request-Id": "client-7"})
        assert given.headers["x-request-id"] == "client-7"
        made = await client.get("/healthz", headers={"X-Request-Id": 'no good"}\t'})
        assert re.fullmatch(r"[0-9a-f]{32}", made.headers["x-request-id"])


async def test_a_defect_is_masked_counted_and_logged_with_the_request_id() -> None:
    lines = StringIO()
    configure_logs(level="info", style="json", stream=lines)
    try:
        async with _client() as client:
            answer = await client.get("/fails", headers={"X-Request-Id": "seven"})
            metrics = (await client.get("/metrics")).text
    finally:
        logging.getLogger().handlers.clear()
    assert answer.status_code == 500
    (error,) = answer.json()["errors"]
    assert "hunter2" not in answer.text
    assert error["extensions"] == {"code": "INTERNAL", "retryable": False, "requestId": "seven"}
    assert 'twinql_errors_total{code="INTERNAL"} 1.0' in metrics
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["event"] for line in logged] == ["A request failed.", "A request was answered."]
    assert {line["request_id"] for line in logged} == {"seven"}
    assert "hunter2" in logged[0]["exception"]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "twinql.localhost"])
async def test_this_machine_is_answered(host: str) -> None:
    async with _client() as client:
        assert (await client.get("/healthz", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "[",
        "",
        "me@localhost",
        "localhost/x",
        "localhost:x",
    ],
)
async def test_another_host_name_is_refused(host: str) -> None:
    async with _client() as client:
        answer = await client.get("/healthz", headers={"host": host})
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("client", ["203.0.113.7", "::ffff:10.0.0.1", "10.1.2.3"])
async def test_another_machine_behind_a_proxy_of_this_one_is_refused(client: str) -> None:
    transport = httpx.ASGITransport(_app(), client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as stranger:
        for path in ("/graphql", "/metrics", "/healthz"):
            answer = await stranger.get(path)
            assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-real-ip": "203.0.113.9"},
        {"cf-connecting-ip": "203.0.113.9"},
        {"forwarded": 'for="[2001:db8::1]:4711";proto=https'},
        {"x-forwarded-host": "twinql.example"},
    ],
)
async def test_what_a_proxy_passes_on_from_another_machine_is_refused(headers: dict[str, str]) -> None:
    async with _client() as client:
        assert (await client.get("/healthz", headers=headers)).status_code == 403


async def test_a_proxy_of_this_machine_may_pass_on_what_comes_from_it() -> None:
    here = {"x-real-ip": "127.0.0.1", "forwarded": "for=127.0.0.1", "x-forwarded-host": "localhost:3000"}
    async with _client() as client:
        assert (await client.get("/healthz", headers=here)).status_code == 200


async def test_a_page_of_another_site_is_refused() -> None:
    async with _client() as client:
        for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
            assert (await client.post("/graphql", headers={"origin": origin})).status_code == 403


async def test_a_page_of_an_origin_in_the_setting_may_ask_a_server_of_this_machine() -> None:
    async def pending() -> list[str]:
        return []

    app = create_app(twin=_echo, pending=pending, access=Access(origins=("https://app.example",)))
    async with _client(app) as client:
        for origin, status in (("https://app.example", 200), ("http://localhost:3000", 200), ("https://app.test", 403)):
            answer = await client.post("/graphql", headers={"origin": origin})
            allowed = answer.headers.get("access-control-allow-origin")
            assert (answer.status_code, allowed) == (status, origin if status == 200 else None)
            assert ("TWINQL_ORIGINS" in answer.text) == (status == 403)


async def test_a_page_of_this_machine_on_another_port_may_ask() -> None:
    async with _client() as client:
        asks = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
        asks["access-control-request-headers"] = "content-type,x-organisation"
        preflight = await client.options("/graphql", headers=asks)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "http://localhost:3000"


async def test_ready_means_reachable_and_migrated() -> None:
    async with _client(_app()) as client:
        assert (await client.get("/readyz")).json() == {"ready": True}
    async with _client(_app(missing=["20260101000000_more"])) as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "twinql migrate" in answer.json()["reasons"][0]
        assert (await client.get("/healthz")).status_code == 200
    async with _client(_app(error=UnavailableError("The database is away."))) as client:
        assert (await client.get("/readyz")).json() == {"ready": False, "reasons": ["The database is away."]}


async def test_metrics_count_what_was_answered_by_a_bounded_set_of_paths() -> None:
    async with _client() as client:
        for path in ("/graphql", "/graphql", "/one", "/two"):
            await client.get(path)
        text = (await client.get("/metrics")).text
    counted = {
        (sample.labels["path"], sample.labels["status"]): sample.value
        for family in text_string_to_metric_families(text)
        if family.name == "twinql_http_requests"
        for sample in family.samples
        if sample.name.endswith("_total")
    }
    assert counted == {("/graphql", "200"): 2.0, ("other", "404"): 2.0}
    lines = set(text.splitlines())
    for path in ("/graphql", "other"):
        for figure in ("_count{", '_bucket{le="+Inf",', '_bucket{le="10.0",'):
            assert f'twinql_http_request_seconds{figure}path="{path}"}} 2.0' in lines


def test_text_for_people_has_no_braces_and_keeps_its_fields() -> None:
    lines = StringIO()
    configure_logs(level="info", style="text", stream=lines)
    try:
        logging.getLogger("chatty.dependency").warning("It rains.")
        logging.getLogger("chatty.dependency").debug("It drizzles.")
    finally:
        logging.getLogger().handlers.clear()
    assert "It rains." in lines.getvalue()
    assert "drizzles" not in lines.getvalue()


def test_a_pool_that_waits_for_its_database_says_so_in_one_line_of_no_request() -> None:
    lines = StringIO()
    configure_logs(level="info", style="text", stream=lines)
    try:
        with structlog.contextvars.bound_contextvars(request_id="long ago"):
            try:
                raise ConnectionRefusedError("gone")
            except OSError:
                logging.getLogger("asyncpg.pool").warning(
                    "Failed to restore the pool connection floor; retrying", exc_info=True
                )
    finally:
        logging.getLogger().handlers.clear()
    (line,) = lines.getvalue().splitlines()
    assert "Failed to restore the pool connection floor; retrying" in line
    assert "long ago" not in line
