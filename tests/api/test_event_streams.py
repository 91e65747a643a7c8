"""GraphQL over Server-Sent Events, spoken to a small graph in a process of its own."""

import asyncio
import json
import os
import signal
import socket

import asyncpg
import httpx
import pytest

from tests.listening import EVENTS
from tests.speaking import speaking
from tests.talk import PATIENCE_S
from twinql.api.streams.words import event

ENDLESS = "subscription { count(to: 1000000, delayMs: 10) }"
SILENT = "subscription { steering }"


@pytest.fixture
async def server(database_url):
    async with speaking(database_url) as server:
        yield server


async def until(figure, value):
    async with asyncio.timeout(PATIENCE_S):
        while await figure() != value:
            pass


def streams(server):
    return lambda: server.figure("twinql_event_streams")


def test_an_event_is_one_line_of_data_however_the_database_wrote_it():
    assert event(b'{"a": [1, \n 2],\r\n "b": "\\n"}', "x") == (
        b'id: x\nevent: next\ndata: {"a": [1,   2],   "b": "\\n"}\n\n'
    )


async def test_operations_are_told_to_their_end(server):
    for method in ("POST", "GET"):
        async with server.listen("subscription { count(to: 3) }", method=method) as stream:
            told = stream.answer.headers
            assert told["content-type"] == "text/event-stream; charset=utf-8"
            assert (told["cache-control"], told["x-accel-buffering"]) == ("no-store", "no")
            opening = await stream.block()
            assert 1_000 <= int(opening["retry"]) <= 5_000
            assert [await stream.told() for _ in range(3)] == [{"count": each} for each in (1, 2, 3)]
            assert await stream.hear() == ("complete", None)
            assert await stream.hear() is None
    async with server.listen("subscription { boom }") as stream:
        assert await stream.told() == {"boom": 1}
        (error,) = await stream.ending()
        assert error["extensions"]["code"] == "INTERNAL"
        assert "hunter2" not in json.dumps(error)
    for query, data in (("mutation { nothing }", {"nothing": True}), ("{ __typename }", {"__typename": "Query"})):
        async with server.listen(query) as stream:
            assert await stream.told() == data
            assert await stream.hear() == ("complete", None)
            assert await stream.hear() is None
    async with server.listen("mutation { nothing }", method="GET") as stream:
        assert stream.answer.status_code == 405
    async with server.listen(ENDLESS, method="HEAD") as stream:
        assert stream.answer.status_code == 405
    async with server.listen("subscription { away }") as stream:
        assert await stream.told() == {"away": 1}
        name, told = await stream.hear()
        assert (name, told["errors"][0]["extensions"]["code"]) == ("next", "UNAVAILABLE")
        # It may be taken up again, and those who hear no end do so by themselves.
        assert "retry" in await stream.block()
        assert await stream.block() is None


async def test_an_operation_is_refused_in_an_event_and_what_is_none_with_a_status(server):
    for query in ("{ oops", "{ nothing }", "subscription { nothing }", "query A { a } query B { b }"):
        async with server.listen(query) as stream:
            assert stream.answer.status_code == 200
            (error, *_) = await stream.ending()
            assert error["extensions"]["code"] == "BAD_REQUEST"
    address = f"http://127.0.0.1:{server.port}/graphql"
    async with httpx.AsyncClient(headers=EVENTS) as client:
        answers = [
            await client.post(address, content="{", headers={"content-type": "application/json"}),
            await client.post(address, json={}),
            await client.post(address, content="{}", headers={"content-type": "text/plain"}),
            await client.get(address, params={"query": ENDLESS}, headers={"sec-fetch-site": "cross-site"}),
            await client.get(address, params={"query": ENDLESS}, headers={"origin": "https://evil.example"}),
        ]
        # What a page of this machine may ask for with `EventSource`, which asks no permission beforehand.
        welcome = {"origin": "http://localhost:3000", "sec-fetch-site": "same-site"}
        answer = await client.get(address, params={"query": "{ __typename }"}, headers=welcome)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["access-control-allow-origin"] in {"*", "http://localhost:3000"}
    assert [each.status_code for each in answers] == [400, 400, 415, 403, 403]
    assert all(each.json()["errors"] for each in answers)


async def test_whoever_names_json_as_well_gets_one_answer(server):
    """What urql sends with every query, and with a subscription."""
    address = f"http://127.0.0.1:{server.port}/graphql"
    graphql = "application/graphql-response+json"
    every = f"{graphql}, application/graphql+json, application/json, text/event-stream, multipart/mixed"
    async with httpx.AsyncClient() as client:
        answer = await client.post(address, json={"query": "{ __typename }"}, headers={"accept": every})
        assert answer.headers["content-type"].startswith(graphql)
        assert answer.json() == {"data": {"__typename": "Query"}}
        answer = await client.post(address, json={"query": ENDLESS}, headers={"accept": every})
        assert answer.status_code == 400
        assert "text/event-stream" in answer.json()["errors"][0]["message"]
        several = {"accept": "text/event-stream, multipart/mixed"}
        answer = await client.post(address, json={"query": "subscription { count(to: 1) }"}, headers=several)
        assert 'data: {"data":{"count":1}}' in answer.text


async def test_a_stream_of_which_nothing_is_told_says_that_it_lives(database_url):
    async with speaking(database_url, keep_alive_s=0.05) as server, server.listen(SILENT) as stream:
        assert await stream.told() == {"steering": 1}
        assert [await stream.block() for _ in range(3)] == [{"": ""}] * 3


async def test_connections_and_subscriptions_are_counted_together_with_those_of_websockets(database_url):
    async with speaking(database_url, connections=2, subscriptions=1) as server:
        async with server.talk() as talk:
            await talk.ask("1", ENDLESS)
            await talk.hear()
            async with server.listen(ENDLESS) as stream:
                assert stream.answer.status_code == 429
                answer = json.loads(await stream.answer.aread())
            (error,) = answer["errors"]
            assert error["extensions"] == {"code": "RATE_LIMITED", "retryable": True}
        await until(server.sockets, 0)
        async with server.listen(SILENT) as stream:
            assert await stream.told() == {"steering": 1}
            async with server.talk() as talk:
                await talk.ask("1", ENDLESS)
                (error,) = await talk.told("1")
                assert error["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
                async with server.talk(greeted=False) as third:
                    await third.say({"type": "connection_init"})
                    assert (await third.closed())[0] == 4429


async def test_a_client_that_goes_away_leaves_nothing_behind(database_url):
    async with speaking(database_url, connections=1, subscriptions=1) as server:
        for query in (ENDLESS, SILENT) * 2:
            async with server.listen(query) as stream:
                assert stream.answer.status_code == 200
                await stream.told()
            await until(streams(server), 0)
        server.log.seek(0)
        log = server.log.read()
        assert log.count('"An event stream ended."') == 4
        assert '"level":"error"' not in log


async def test_a_client_that_reads_nothing_delays_nobody_and_is_cut_off(database_url):
    async with speaking(database_url, send_wait_s=0.5) as server, server.listen(ENDLESS) as other:
        body = json.dumps({"query": "subscription { flood(size: 200000) }"})
        head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())
            slow.recv(100)
            await until(streams(server), 2)
            await until(streams(server), 1)
        assert "count" in await other.told()
        server.log.seek(0)
        log = server.log.read()
        assert "its client read nothing" in log
        assert "ASGI" not in log


async def test_a_stop_asks_to_come_back_spread_over_seconds(server):
    async with server.listen(SILENT) as first, server.listen(SILENT) as second:
        for each in (first, second):
            await each.told()
        os.kill(server.pid, signal.SIGTERM)
        lasts = [await each.block() for each in (first, second)]
        assert [await each.block() for each in (first, second)] == [None, None]
    for last in lasts:
        assert "come back" in last[""]
        assert 1_000 <= int(last["retry"]) <= 10_000
    assert lasts[0]["retry"] != lasts[1]["retry"]


async def test_a_subscription_ends_when_the_role_is_too_low_for_it(server, database_url):
    async with server.listen(SILENT) as stream, server.listen(ENDLESS) as other:
        assert await stream.told() == {"steering": 1}
        connection = await asyncpg.connect(database_url)
        await connection.execute("update memberships set role = 'VIEWER' where subject = 'acme-operator'")
        await connection.close()
        (error,) = await stream.ending()
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "count" in await other.told()
    async with server.listen(SILENT) as stream:
        (error,) = await stream.ending()
        assert error["extensions"]["code"] == "FORBIDDEN"
