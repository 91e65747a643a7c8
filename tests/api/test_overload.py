"""More is asked than the database can answer: the rest is refused at once as a whole, and all is well afterwards."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from tests.edge import bearer, open_edge
from tests.gates import NamedGate
from tests.talk import NEWER, WORDS
from tests.world import make_world
from twinql.api import Engine, GraphEndpoint, Services
from twinql.context import Context
from twinql.live.service import open_feed
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.queue import FULL, LATE

SITES = "{ __typename sites { nodes { name } } }"
MAKE = 'mutation { createSite(input: {name: "One more", timeZone: "UTC"}) { site { name } userErrors { code } } }'
PLACES, LINE, ASKED = 2, 3, 12


@asynccontextmanager
async def standstill(url):
    """Keep everybody from the sites of a database."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("lock table sites in access exclusive mode")
            yield
    finally:
        await connection.close()


@pytest.fixture
async def crowd(database_url, schema):
    """A client of a server with few connections and a short line, which asks as the owner."""
    world = await make_world(database_url)
    async with (
        Database.open(database_url, pool_size=PLACES, queue_size=LINE, queue_wait_s=0.3) as database,
        open_feed(database, database_url, retention=timedelta(hours=1)) as feed,
    ):
        engine = Engine.of(schema, Settings(), introspection=True)
        services = Services(
            engine,
            NamedGate({"owner": world.owner}),
            lambda caller, *_: Context(database, caller.actor, datetime.now(UTC), feed),
            lambda _code: None,
            check_room=database.queue.check_room,
        )
        transport = httpx.ASGITransport(GraphEndpoint(services))
        owner = {"authorization": "Bearer owner"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=owner) as client:
            client.database = database
            yield client


async def ask(client, query=SITES):
    return await client.post("/", json={"query": query})


def assert_refused(answer):
    assert answer.status_code == 503
    body = answer.json()
    (error,) = body["errors"]
    assert "data" not in body
    assert error["message"].endswith(".")
    retry_s = error["extensions"].pop("retryAfter")
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}
    assert int(answer.headers["retry-after"]) == retry_s >= 1


async def test_a_flood_is_refused_at_once_or_in_time_and_the_server_recovers(crowd, database_url):
    assert (await ask(crowd)).status_code == 200
    async with standstill(database_url):
        flood = [asyncio.create_task(ask(crowd)) for _ in range(ASKED)]
        answers = [await each for each in asyncio.as_completed(flood[PLACES:])]
        for answer in answers:
            assert_refused(answer)
        assert crowd.database.queue.turned_away == {FULL: ASKED - PLACES - LINE, LATE: LINE}
        assert not any(each.done() for each in flood[:PLACES])
    for answer in await asyncio.gather(*flood[:PLACES]):
        assert (answer.status_code, "errors" in answer.json()) == (200, False)
    again = await asyncio.gather(*(ask(crowd) for _ in range(PLACES + LINE)))
    assert {each.status_code for each in again} == {200}
    assert crowd.database.queue.waiting == 0


async def test_a_change_is_refused_before_anything_of_it_is_done(crowd, database_url):
    before = (await ask(crowd)).json()
    async with standstill(database_url):
        flood = [asyncio.create_task(ask(crowd)) for _ in range(PLACES + LINE)]
        while crowd.database.queue.waiting < LINE:  # noqa: ASYNC110 - nobody else waits for this
            await asyncio.sleep(0)
        assert_refused(await ask(crowd, MAKE))
    await asyncio.gather(*flood)
    assert (await ask(crowd)).json()["data"] == before["data"]


@pytest.mark.parametrize("protocol", WORDS)
async def test_over_a_websocket_the_operation_ends_with_an_error_to_try_again_after(database_url, schema, protocol):
    async with (
        open_edge(database_url, schema, pool_size=PLACES, queue_size=0) as edge,
        edge.connect(protocol) as talk,
    ):
        await talk.greet(Authorization=bearer("acme-owner"))
        async with standstill(database_url):
            for each in range(ASKED):
                await talk.ask(f"{each}", SITES)
            refused = [await talk.hear() for _ in range(ASKED - PLACES)]
        for message in refused:
            assert message["type"] == "error"
            error = message["payload"][0] if protocol == NEWER else message["payload"]
            assert error["extensions"].pop("retryAfter") >= 1
            assert error["extensions"] == {"code": "UNAVAILABLE", "retryable": True}
        ended = 0
        while ended < PLACES:  # only then is there a place again
            ended += (await talk.hear())["type"] == "complete"
        await talk.answered()
        await talk.ask("again", SITES)
        event, _ = await talk.told("again")
        assert event["payload"]["data"]["sites"]["nodes"]
