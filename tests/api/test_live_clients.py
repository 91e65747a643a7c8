"""A row inserted with the psql binary reaches clients that nobody here wrote, through a running server."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from gql import Client, GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from tests.issuer import published
from twinql.domain import global_id

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0

needs_psql = pytest.mark.skipif(not shutil.which("psql"), reason="psql is not here: install postgresql-client")
needs_node_clients = pytest.mark.skipif(
    not (os.environ.get("NODE_CLIENTS") and shutil.which("node")),
    reason="npm's clients are not here: name a folder of node_modules in NODE_CLIENTS (.ci/clients makes one)",
)

FOLLOW = """
subscription($filter: ReadingFilter!) {
  readingsRecorded(filter: $filter, snapshot: true) {
    caughtUp readings { value source channel { key } }
  }
}
"""
MAKE = """
with o as (insert into organisations (name) values ('Acme') returning id, number),
m as (insert into memberships (organisation_id, issuer, subject, role) select id, $1, $2, 'OWNER' from o),
s as (insert into sites (organisation_id, name, time_zone) select id, 'House', 'UTC' from o returning id)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'outside', 'Outside', 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS' from o, s
returning id, number, organisation_number
"""
INSERT = (
    "insert into readings (observed_at, value, channel_number, organisation_number) "
    "values (now(), {value}, {number}, {organisation_number})"
)


@asynccontextmanager
async def served(database_url, issuer, folder):
    """Run `twinql serve` on a database, and yield the address of its graph."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url,
        "SUPABASE_URL": issuer.url,
    }
    with (folder / "serve.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "twinql", "serve", "--port", "0", "--no-demo"),
            cwd=folder, env=env, stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            assert process.stdout
            found = None
            while found is None:
                line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode()
                assert line, (folder / "serve.log").read_text()
                found = re.search(r"ws://127\.0\.0\.1:\d+/graphql", line)
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), PATIENCE_S)


class Server:
    """A running server with one channel, and psql beside it."""

    def __init__(self, address, database_url, channel, token):
        self.address, self.database_url, self.channel = address, database_url, channel
        self.signed_in = {"Authorization": f"Bearer {token}"}
        self.filter = {"channelIds": [global_id.encode("Channel", channel["id"])]}

    async def psql(self, value):
        statement = INSERT.format(
            value=value, number=self.channel["number"], organisation_number=self.channel["organisation_number"]
        )
        process = await asyncio.create_subprocess_exec(
            *("psql", self.database_url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", statement)
        )
        assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


@pytest.fixture
async def server(database_url, tmp_path):
    with published() as issuer:
        async with served(database_url, issuer, tmp_path) as address:
            connection = await asyncpg.connect(database_url)
            channel = await connection.fetchrow(MAKE, issuer.name, issuer.claims()["sub"])
            await connection.close()
            yield Server(address, database_url, channel, issuer.token())


def told(value):
    return {
        "caughtUp": True,
        "readings": [{"value": value, "source": "DATABASE", "channel": {"key": "outside"}}],
    }


@needs_psql
@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
async def test_pythons_gql_is_told_of_a_row_that_psql_inserted(server, protocol):
    transport = WebsocketsTransport(url=server.address, subprotocols=[protocol], init_payload=server.signed_in)
    async with asyncio.timeout(PATIENCE_S), Client(transport=transport) as session:
        events = session.subscribe(GraphQLRequest(FOLLOW, variable_values={"filter": server.filter}))
        first = await anext(events)
        assert first["readingsRecorded"] == {"caughtUp": True, "readings": []}
        for value in (21.5, 22.5):
            await server.psql(value)
            assert (await anext(events))["readingsRecorded"] == told(value)
        await events.aclose()


@needs_psql
@needs_node_clients
async def test_npms_graphql_ws_is_told_of_a_row_that_psql_inserted(server):
    variables = json.dumps({"filter": server.filter})
    process = await asyncio.create_subprocess_exec(
        *("node", str(Path(__file__).with_name("follow.mjs")), server.address, FOLLOW, variables, "3"),
        json.dumps(server.signed_in),
        env={"PATH": os.environ["PATH"], "NODE_CLIENTS": os.environ["NODE_CLIENTS"]},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(PATIENCE_S):
        first = json.loads(await process.stdout.readline())
        assert first["data"]["readingsRecorded"] == {"caughtUp": True, "readings": []}
        for value in (21.5, 22.5):
            await server.psql(value)
            assert json.loads(await process.stdout.readline())["data"]["readingsRecorded"] == told(value)
        assert await process.wait() == 0


@needs_psql
@needs_node_clients
@pytest.mark.parametrize("client", ["graphql-sse", "@urql/core"])
async def test_clients_of_event_streams_are_told_of_a_row_that_psql_inserted(server, client):
    address = server.address.replace("ws://", "http://")
    variables = json.dumps({"filter": server.filter})
    process = await asyncio.create_subprocess_exec(
        *("node", str(Path(__file__).with_name("follow_events.mjs")), client, address, FOLLOW, variables, "4"),
        json.dumps(server.signed_in),
        env={"PATH": os.environ["PATH"], "NODE_CLIENTS": os.environ["NODE_CLIENTS"]},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(PATIENCE_S):
        # An ordinary query: urql accepts a stream for it too, and reads only one answer.
        assert json.loads(await process.stdout.readline()) == {"data": {"viewer": {"role": "OWNER"}}}
        first = json.loads(await process.stdout.readline())
        assert first["data"]["readingsRecorded"] == {"caughtUp": True, "readings": []}
        for value in (21.5, 22.5):
            await server.psql(value)
            assert json.loads(await process.stdout.readline())["data"]["readingsRecorded"] == told(value)
        assert await process.wait() == 0


@pytest.mark.parametrize(
    "protocols", [["graphql-transport-ws"], ["graphql-ws"], ["graphql-ws", "graphql-transport-ws"]]
)
async def test_a_socket_answers_queries_and_mutations_in_either_protocol_and_takes_the_newer(server, protocols):
    transport = WebsocketsTransport(url=server.address, subprotocols=protocols, init_payload=server.signed_in)
    row = {"channelId": server.filter["channelIds"][0], "observedAt": "2026-03-01T00:00:00Z", "value": 1.0}
    record = "mutation ($input: RecordReadingsInput!) { recordReadings(input: $input) { summary { recorded } } }"
    async with asyncio.timeout(PATIENCE_S), Client(transport=transport) as session:
        assert (await session.execute(GraphQLRequest("{ viewer { role } }"))) == {"viewer": {"role": "OWNER"}}
        request = GraphQLRequest(record, variable_values={"input": {"readings": [row]}})
        assert (await session.execute(request)) == {"recordReadings": {"summary": {"recorded": 1}}}
        assert transport.response_headers["Sec-WebSocket-Protocol"] == protocols[-1]
