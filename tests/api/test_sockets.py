"""The two protocols of GraphQL over WebSockets, spoken to a small graph in a process of its own."""

import asyncio
import json
import socket

import asyncpg
import pytest
from websockets.asyncio.client import connect

from tests.speaking import speaking
from tests.talk import NEWER, OLDER, PATIENCE_S, WORDS, Talk
from twinql.app.listener import listen

ENDLESS = "subscription { count(to: 1000000, delayMs: 10) }"


@pytest.fixture
async def server(database_url):
    async with speaking(database_url) as server:
        yield server


NO_MESSAGES = [
    b"\x00\x01", "", "{nope", "[]", "null", '"ping"', "1", "{}", '{"type": null}', '{"type": {}}', '{"type": "zzz"}',
    '{"type": "connection_ack"}', "[" * 100_000, '{"id": "\\ud800", "type": "complete"}',
]  # fmt: skip


async def test_what_is_no_message_ends_the_connection_with_4400_and_a_sentence(server):
    for protocol in WORDS:
        for frame in NO_MESSAGES:
            async with server.talk(protocol) as talk:
                await talk.say(frame)
                code, reason = await talk.closed()
            assert (code, reason[-1:]) == (4400, "."), frame
        async with server.talk(protocol) as talk:
            await talk.socket.send(b'{"type": "\xff"}', text=True)
            assert (await talk.closed())[0] == 1007
    server.log.seek(0)
    assert "Traceback" not in server.log.read()


async def test_an_operation_without_the_shape_of_one_ends_the_connection_with_4400(server):
    fine = {"query": "{ __typename }"}
    wrong = [
        {"payload": fine}, {"id": 1, "payload": fine}, {"id": "", "payload": fine}, {"id": "x" * 257, "payload": fine},
        {"id": "1"}, {"id": "1", "payload": []}, {"id": "1", "payload": "x"}, {"id": "1", "payload": {}},
        {"id": "1", "payload": {"query": 1}}, {"id": "1", "payload": {**fine, "variables": ["x"]}},
        {"id": "1", "payload": {**fine, "operationName": 1}}, {"id": "1", "payload": {**fine, "extensions": True}},
    ]  # fmt: skip
    for protocol, (begin, _, _) in WORDS.items():
        for message in wrong:
            async with server.talk(protocol) as talk:
                await talk.say({"type": begin, **message})
                assert (await talk.closed())[0] == 4400, message


async def test_an_empty_text_beside_an_id_is_not_taken_for_a_document(server):
    for protocol, (begin, _, _) in WORDS.items():
        async with server.talk(protocol) as talk:
            for named in ({"documentId": "x"}, {"extensions": {"persistedQuery": {"sha256Hash": "x"}}}):
                await talk.say({"id": "1", "type": begin, "payload": {"query": "", **named}})
                (error,) = await talk.told("1")
                told = error["payload"] if protocol == OLDER else error["payload"][0]
                assert told["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_an_operation_that_cannot_be_executed_ends_alone(server):
    for protocol in WORDS:
        async with server.talk(protocol) as talk:
            await talk.ask("going on", ENDLESS)
            for query in ("{ oops", "", "{ nothing }", "query A { __typename } query B { __typename }"):
                await talk.ask("bad", query)
                (error,) = await talk.told("bad")
                told = error["payload"] if protocol == OLDER else error["payload"][0]
                assert (error["type"], told["extensions"]["code"]) == ("error", "BAD_REQUEST"), query
            await talk.ask("failing", "subscription { boom }")
            first, failed, end = await talk.told("failing")
            assert first["payload"] == {"data": {"boom": 1}}
            assert failed["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
            assert "hunter2" not in json.dumps(failed)
            assert end["type"] == "complete"
            assert (await talk.hear())["id"] == "going on"
            await talk.answered()


async def test_both_protocols_answer_queries_mutations_and_subscriptions(server):
    for protocol in WORDS:
        async with server.talk(protocol) as talk:
            await talk.ask("m", "mutation { nothing }")
            assert (await talk.told("m"))[0]["payload"] == {"data": {"nothing": True}}
            await talk.ask("s", "subscription { count(to: 3) }")
            *events, end = await talk.told("s")
            assert [each["payload"]["data"]["count"] for each in events] == [1, 2, 3]
            assert end["type"] == "complete"


async def test_a_ping_is_answered_before_and_while_anything_runs(server):
    async with server.talk(greeted=False) as talk:
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}
        await talk.greet()
        await talk.ask("1", "{ slow(seconds: 60) }")
        await talk.say({"type": "ping", "payload": {"at": 5}})
        assert await talk.hear() == {"type": "pong", "payload": {"at": 5}}
        await talk.say('{"type": "ping", "payload": {"deep": ' + "[" * 300 + "]" * 300 + "}}")
        assert await talk.hear() == {"type": "pong"}


async def test_a_stopped_operation_is_silent_at_once_and_its_id_is_free(server):
    for protocol in WORDS:
        async with server.talk(protocol) as talk:
            await talk.ask("1", ENDLESS)
            assert (await talk.hear())["type"] == talk.event
            await talk.say({"id": "1", "type": talk.stop})
            await talk.say({"id": "unknown", "type": talk.stop})
            # What follows the word to stop was told before it was read.
            await talk.ask("1", "{ __typename }")
            message = await talk.hear()
            while "count" in message.get("payload", {}).get("data", {}):
                message = await talk.hear()
            if protocol == OLDER:
                assert message == {"id": "1", "type": "complete"}
                message = await talk.hear()
            assert message["payload"] == {"data": {"__typename": "Query"}}
            assert await talk.hear() == {"id": "1", "type": "complete"}


async def test_whoever_is_not_let_in_yet_says_nothing_long(server):
    many = '{"type": "ping", "payload": {"a": [' + ",".join(["[]"] * 30_000) + "]}}"
    async with server.talk(greeted=False) as talk:
        await talk.say(many)
        code, reason = await talk.closed()
        assert (code, reason) == (4400, "Before connection_ack a message has at most 65,536 characters.")
    async with server.talk() as talk:
        await talk.say(many)
        code, reason = await talk.closed()
        assert (code, "20,000 lists" in reason) == (4400, True)


async def test_an_operation_before_the_greeting_ends_with_4401_and_a_second_greeting_with_4429(server):
    for protocol in WORDS:
        async with server.talk(protocol, greeted=False) as talk:
            await talk.ask("1", "{ __typename }")
            code, reason = await talk.closed()
            assert (code, "connection_init" in reason) == (4401, True)
        async with server.talk(protocol) as talk:
            await talk.say({"type": "connection_init"})
            assert (await talk.closed())[0] == 4429


async def test_an_id_that_is_taken_ends_with_4409_and_is_named(server):
    async with server.talk() as talk:
        await talk.ask("one of mine", ENDLESS)
        await talk.ask("one of mine", "{ __typename }")
        assert await talk.closed() == (4409, "Subscriber for one of mine already exists")


async def test_a_client_that_speaks_no_protocol_of_ours_is_told_which_to_offer(server):
    address = f"ws://127.0.0.1:{server.port}/graphql"
    async with connect(address) as socket:
        assert (await Talk(socket, NEWER).closed()) == (4406, "Offer the subprotocol graphql-transport-ws.")


async def test_the_older_protocol_says_goodbye(server):
    async with server.talk(OLDER) as talk:
        await talk.say({"type": "connection_terminate"})
        assert (await talk.closed())[0] == 1000


async def test_a_greeting_that_does_not_come_ends_with_4408_whatever_else_comes(database_url):
    async with speaking(database_url, init_wait_s=0.2) as server, server.talk(greeted=False) as talk:
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}
        code, reason = await talk.closed()
    assert (code, "connection_init" in reason) == (4408, True)


async def test_a_connection_runs_so_many_operations_at_once(database_url):
    async with speaking(database_url, operations=2) as server, server.talk() as talk:
        for each in ("1", "2"):
            await talk.ask(each, ENDLESS)
        await talk.ask("3", "{ __typename }")
        (error,) = await talk.told("3")
        assert error["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "retryable": True}
        await talk.say({"id": "1", "type": "complete"})
        await talk.answered("3")


async def test_an_organisation_has_so_many_connections_and_subscriptions(database_url):
    async with (
        speaking(database_url, connections=2, subscriptions=1) as server,
        server.talk() as first,
        server.talk() as second,
    ):
        await first.ask("1", ENDLESS)
        assert (await first.hear())["type"] == "next"
        await second.ask("1", ENDLESS)
        (error,) = await second.told("1")
        assert error["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
        async with server.talk(greeted=False) as third:
            await third.say({"type": "connection_init"})
            code, reason = await third.closed()
            assert (code, reason[-1:]) == (4429, ".")
        await first.say({"id": "1", "type": "complete"})
        await first.answered()
        await second.ask("1", ENDLESS)
        assert (await second.hear())["type"] == "next"


async def test_a_client_that_reads_nothing_delays_nobody_and_is_let_go(database_url):
    async with speaking(database_url, send_wait_s=1.0) as server, server.talk() as other:
        async with server.talk(max_queue=1) as slow:
            slow.socket.transport.pause_reading()
            for each in range(5):
                await slow.ask(str(each), "subscription { flood(size: 200000) }")
            async with asyncio.timeout(PATIENCE_S):
                while await server.sockets() > 1:
                    await other.answered()
            slow.socket.transport.abort()
        await other.answered()


async def test_a_subscription_ends_alone_when_the_role_is_too_low_for_it(server, database_url):
    async with server.talk() as talk:
        await talk.ask("steering", "subscription { steering }")
        assert (await talk.hear())["payload"]["data"] == {"steering": 1}
        await talk.ask("counting", ENDLESS)
        connection = await asyncpg.connect(database_url)
        await connection.execute("update memberships set role = 'VIEWER' where subject = 'acme-operator'")
        await connection.close()
        (error,) = await talk.told("steering")
        assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")
        assert "count" in (await talk.hear())["payload"]["data"]
        await talk.ask("steering", "subscription { steering }")
        assert (await talk.told("steering"))[0]["payload"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system cannot cut such a client off")
async def test_what_nobody_ever_reads_keeps_no_connection_open():
    lost = asyncio.get_running_loop().create_future()

    class Sender(asyncio.Protocol):
        def connection_made(self, transport):
            transport.write(bytes(50_000_000))
            transport.close()

        def connection_lost(self, error):
            lost.set_result(error)

    with listen("127.0.0.1", 0, unread_s=1) as listener:
        server = await asyncio.get_running_loop().create_server(Sender, sock=listener)
        with socket.create_connection(listener.getsockname()):
            assert isinstance(await asyncio.wait_for(lost, PATIENCE_S), TimeoutError)
        server.close()
