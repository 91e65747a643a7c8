"""The graph on a real socket, with one organisation behind it and a real gate before it."""

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import jwt
import uvicorn

from tests.feeds import PATIENCE_S, Site
from tests.listening import listening
from tests.talk import NEWER, talking
from tests.world import ISSUER
from twinql.api import Engine, GraphEndpoint, Services
from twinql.api.services import Limits
from twinql.app.frames import SlicedWebSocket
from twinql.app.server import _Server
from twinql.auth.gate import Gate
from twinql.auth.issuers import shared_secret
from twinql.auth.tokens import Issuer
from twinql.context import Context
from twinql.domain.secrets import API_KEY, hash_of, prefix_of, secret_of
from twinql.live import open_feed
from twinql.storage.api_keys import create_key, find_key
from twinql.storage.database import Database

SECRET = "a secret of at least thirty-two bytes"
READINGS = """
subscription ($filter: ReadingFilter!) {
  readingsRecorded(filter: $filter) { readings { value channel { key } } }
}
"""


def token(subject, *, lasts_s=600, **claims):
    claims = {"iss": ISSUER, "aud": "twin", "sub": subject, "exp": time.time() + lasts_s, **claims}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def bearer(subject, **how):
    return f"Bearer {token(subject, **how)}"


class Edge:
    """The graph's WebSockets and event streams, with one organisation behind them."""

    def __init__(self, port, feed, database, site):
        self.address = f"ws://127.0.0.1:{port}/graphql"
        self.streams = f"http://127.0.0.1:{port}/graphql"
        self.feed, self.database, self.site, self.world = feed, database, site, site.world

    def connect(self, protocol=NEWER, **how):
        return talking(self.address, protocol, **how)

    @asynccontextmanager
    async def following(self, authorization, document=READINGS, **variables):
        """Follow, from when it has begun."""
        async with self.connect() as talk:
            await talk.greet(Authorization=authorization)
            before = self.feed.followers
            await talk.ask("feed", document, **variables or {"filter": {}})
            async with asyncio.timeout(PATIENCE_S):
                while self.feed.followers == before:  # noqa: ASYNC110 - nobody else waits for this
                    await asyncio.sleep(0)
            yield talk

    @asynccontextmanager
    async def listening(self, authorization, document=READINGS, **how):
        """Follow over an event stream, from when it has begun."""
        async with listening(self.streams, document, authorization=authorization, **{"filter": {}, **how}) as stream:
            assert stream.answer.status_code == 200
            # Whoever has heard this is told what happens from now on.
            stream.opening = await stream.block()
            yield stream

    async def sql(self, statement, *arguments):
        await self.site.connection.execute(statement, *arguments)

    async def key(self, *channels):
        """Make an API key, and return its id and its text."""
        text = secret_of(API_KEY, bytes(32))
        async with self.database.transaction(self.world.owner) as connection:
            key_id = await create_key(
                connection,
                organisation_id=self.world.organisation,
                name="gateway",
                channels=[self.world.channels[each] for each in channels],
                hash=hash_of(text),
                prefix=prefix_of(text),
                expires_at=None,
                created_by=self.world.owner.subject,
            )
        return key_id, text


@asynccontextmanager
async def served(graph):
    started = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(graph, interface="asgi3", lifespan="off", ws=SlicedWebSocket, log_config=None)
        server = _Server(config, started.set)
        task = asyncio.create_task(server.serve([listener]))
        await started.wait()
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


@asynccontextmanager
async def open_edge(database_url, schema, *, pool_size=4, limits=None, **queue):
    """Serve the graph for the length of a block."""
    async with (
        Site.open(database_url) as site,
        Database.open(database_url, pool_size=pool_size, **queue) as database,
        open_feed(database, database_url, retention=timedelta(hours=1)) as feed,
    ):

        def make_context(caller, request_id, client):
            return Context(database, caller.actor, datetime.now(UTC), feed, request_id, client)

        issuers = {ISSUER: Issuer(ISSUER, "twin", secret=shared_secret(SECRET))}
        gate = Gate(issuers, lambda hash_: find_key(database, hash_), local=False)
        graph = GraphEndpoint(Services(Engine(schema), gate, make_context, lambda _code: None, limits or Limits()))
        async with served(graph) as port:
            await feed.now()
            yield Edge(port, feed, database, site)
