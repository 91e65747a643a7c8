"""Ten thousand requests that are none: nothing is executed, nothing breaks, and each is told why."""

import re
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import orjson
import pytest
from structlog.testing import capture_logs

from tests.gates import NamedGate
from tests.malformed import Sent, malformed
from twinql.api import Engine, GraphEndpoint, Services
from twinql.app.application import create_app
from twinql.domain.global_id import encode

ERRORS = Path(__file__).parents[2].joinpath("docs", "errors.md").read_text(encoding="utf-8")
CODES = {code for row in re.findall(r"^\| (`[A-Z_`, ]+`) \|", ERRORS, re.MULTILINE) for code in re.findall(r"\w+", row)}
COUNT = 10_000
SEED = 20261121
RECORD = "mutation R($input: RecordReadingsInput!) { recordReadings(input: $input) { userErrors { code } } }"
CREATE = "mutation C($input: CreateSiteInput!) { createSite(input: $input) { site { id name } userErrors { code } } }"
COMMAND = "mutation I($input: IssueCommandInput!) { issueCommand(input: $input) { userErrors { code message } } }"
TABLES = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname in ('public', 'twinql_private') and tablename <> 'audit_log'
"""


def valid_requests(world):
    """Return requests that each would store something."""
    channel, setpoint = (encode("Channel", world.channels[key]) for key in ("temperature", "setpoint"))
    reading = {"channelId": channel, "observedAt": "2026-03-01T12:00:00Z", "value": 20.5}
    command = {"channelId": setpoint, "desired": 900.0, "idempotencyKey": "k", "reason": "Zu laut für später €"}
    documents = {
        RECORD: {"readings": [reading, reading | {"channelId": setpoint, "value": 850.0}]},
        CREATE: {"name": 'Öl \\ "site"', "timeZone": "Europe/Berlin"},
        COMMAND: command,
    }  # fmt: skip
    return [{"query": query, "variables": {"input": given}} for query, given in documents.items()]


async def answer(app, sent: Sent):
    """Send a request as a server would hand it over, in one piece; return status, headers and body."""
    headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.headers.items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": sent.method, "scheme": "http",
        "path": "/graphql", "raw_path": b"/graphql", "root_path": "", "query_string": sent.query_string,
        "headers": [(b"host", b"127.0.0.1:8000"), *headers], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    told = []

    async def receive():
        return {"type": "http.request", "body": sent.body, "more_body": False}

    async def send(message):
        told.append(message)

    await app(scope, receive, send)
    start, *bodies = told
    given = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], given, b"".join(each["body"] for each in bodies)


@pytest.fixture
def logged():
    """What is logged, as it is: tracebacks of thousands of levels take minutes to be drawn."""
    with capture_logs() as lines:
        yield lines
    assert [each for each in lines if each["log_level"] == "error"] == []


async def counts(url):
    connection = await asyncpg.connect(url)
    try:
        tables = [each[0] for each in await connection.fetch(TABLES)]
        return {table: await connection.fetchval(f"select count(*) from {table}") for table in tables}
    finally:
        await connection.close()


@asynccontextmanager
async def application(asker, codes):
    world = asker.world
    contexts = {each: asker.as_user(each).context for each in (world.owner, world.viewer)}
    gate = NamedGate({"owner": world.owner, "viewer": world.viewer})
    services = Services(Engine(asker.schema), gate, lambda caller, *_: contexts[caller.actor], codes.append)

    @asynccontextmanager
    async def twin(_metrics):
        yield GraphEndpoint(services)

    async def pending():
        return []

    app = create_app(twin=twin, pending=pending)
    async with app.router.lifespan_context(app):
        yield app


@pytest.mark.usefixtures("logged")
async def test_nothing_is_executed_and_nothing_breaks(asker, database_url):
    requests = valid_requests(asker.world)
    before = await counts(database_url)
    statuses, codes = Counter(), []
    async with application(asker, codes) as app:
        for sent in malformed(SEED, COUNT, requests):
            status, headers, body = await answer(app, sent)
            statuses[status] += 1
            assert status < 500, (sent, body)
            assert headers["x-request-id"]
            assert headers["content-type"].startswith(("application/json", "application/graphql-response+json"))
            errors = orjson.loads(body).get("errors", [])
            assert {each["extensions"]["code"] for each in errors} <= CODES, (sent, body)
            assert errors or sent.headers["authorization"] == "Bearer viewer", (sent, body)
    assert await counts(database_url) == before
    assert "INTERNAL" not in codes
    # The damage reaches every line of defence, and not only the first.
    assert {200, 400, 401, 403, 405, 406, 415} <= statuses.keys(), statuses


async def test_what_is_damaged_would_have_been_stored(asker, database_url):
    before = await counts(database_url)
    async with application(asker, []) as app:
        for request in valid_requests(asker.world):
            headers = {"content-type": "application/json", "authorization": "Bearer owner"}
            _, _, body = await answer(app, Sent(orjson.dumps(request), headers=headers))
            answered = orjson.loads(body)
            assert "errors" not in answered, body
            assert all(payload["userErrors"] == [] for payload in answered["data"].values()), body
    after = await counts(database_url)
    grown = {"public.readings": 2, "public.sites": 1, "public.commands": 1}
    assert {table: after[table] - before[table] for table in grown} == grown
