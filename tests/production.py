"""A server as it is run in production: `twinql serve` on a database of its own, which demands tokens of an issuer."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from websockets.sync.client import ClientConnection, connect

from tests.served import Served, served
from twinql.domain import global_id
from twinql.storage.embedded import EmbeddedPostgres

PAGE = "https://app.example"
MAKE = """
with o as (insert into organisations (name) values ('Acme') returning id, number),
m as (insert into memberships (organisation_id, issuer, subject, role) select id, $1, $2, 'OWNER' from o),
s as (insert into sites (organisation_id, name, time_zone) select id, 'House', 'UTC' from o returning id)
insert into channels (organisation_id, organisation_number, site_id, key, name, quantity, unit, kind)
select o.id, o.number, s.id, 'outside', 'Outside', 'TEMPERATURE', 'DEGREE_CELSIUS', 'INSTANTANEOUS' from o, s
returning id, organisation_id
"""
FOLLOW = "subscription { readingsRecorded(filter: {}, snapshot: true) { readings { value } caughtUp } }"


@dataclass
class Production:
    """A running server, its database, and the one organisation in it, of one owner."""

    server: Served
    url: str
    channel: str
    channel_key: Any
    organisation: Any

    def ask(self, authorization: str | None, query: str = "{ viewer { role } }") -> Any:
        """Post a query, and return the response."""
        headers = {} if authorization is None else {"authorization": authorization}
        return self.server.client.post("/graphql", json={"query": query}, headers=headers)

    def role(self, token: str) -> str | None:
        """Return the role that a token is worth; the token must be taken."""
        answer = self.ask(f"Bearer {token}")
        assert answer.status_code == 200, answer.text
        return (answer.json()["data"]["viewer"] or {}).get("role")

    def record(self, token: str, value: float) -> None:
        """Record a reading now."""
        reading = f'channelId: "{self.channel}", observedAt: "2026-01-01T00:00:{value:02.0f}Z", value: {value}'
        query = f"mutation {{ recordReadings(input: {{readings: [{{{reading}}}]}}) {{ summary {{ recorded }} }} }}"
        answer = self.ask(f"Bearer {token}", query).json()
        assert answer["data"]["recordReadings"]["summary"]["recorded"] == 1, answer

    @contextmanager
    def socket(self, authorization: str, **how: Any) -> Iterator[ClientConnection]:
        """Connect, and say who one is."""
        address = f"ws://127.0.0.1:{self.server.port}/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"], **how) as socket:
            socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": authorization}}))
            yield socket

    @contextmanager
    def following(self, token: str) -> Iterator[ClientConnection]:
        """Follow readings, from when the present is told."""
        with self.socket(f"Bearer {token}") as socket:
            assert json.loads(socket.recv(timeout=30))["type"] == "connection_ack"
            socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
            while not told(socket)["caughtUp"]:
                pass
            yield socket


def told(socket: ClientConnection) -> dict[str, Any]:
    """Return what a feed tells next."""
    event: dict[str, Any] = json.loads(socket.recv(timeout=30))["payload"]["data"]["readingsRecorded"]
    return event


@contextmanager
def production(folder: Path, issuer: str, subject: str, **env: str) -> Iterator[Production]:
    """Serve, and make an organisation whose owner is this subject of this issuer."""
    with (
        EmbeddedPostgres.start(folder / "postgres", fast=True) as postgres,
        served(folder / "unused", DATABASE_URL=postgres.url, TWINQL_ORIGINS=PAGE, **env) as server,
    ):
        made = asyncio.run(_make(postgres.url, issuer, subject))
        channel = global_id.encode("Channel", made["id"])
        yield Production(server, postgres.url, channel, made["id"], made["organisation_id"])


async def _make(url: str, *owner: str) -> asyncpg.Record:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchrow(MAKE, *owner)
    finally:
        await connection.close()
