"""A webhook is told by one signed request to an address that may be told, and what it answers is understood."""

import asyncio
import hashlib
import hmac
import json
import re
import shutil
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.receivers import certificate, receiving
from twinql.delivery.answer import TAKEN, Answer
from twinql.delivery.webhook import Webhooks, answer_of, pause_of

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "a secret of the desk"
BODY = b'{"id": "x"}'


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


async def post(address, **how):
    return await Webhooks(**{"private": True, **how}).post(address, BODY, secret=SECRET, event_id="x", now=NOW)


def resolving(*addresses):
    async def resolve(_host, _port):
        return addresses

    return resolve


async def test_a_signed_request_is_sent_once(receiver):
    assert await post(receiver.address) == TAKEN
    (told,) = receiver.told
    assert (told.path, told.body) == ("/alarms", BODY)
    assert told.headers["content-type"] == "application/json"
    assert told.headers["twinql-event-id"] == "x"
    assert told.headers["twinql-signature"].startswith(f"t={int(NOW.timestamp())},v1=")
    assert told.is_signed_with(SECRET)
    assert not told.is_signed_with("a secret of another")


@pytest.mark.parametrize(("language", "check"), [("python", "_in_python"), ("js", "_in_node")])
async def test_the_documented_check_takes_what_is_genuine_and_nothing_else(receiver, language, check):
    text = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
    (documented,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    await Webhooks(private=True).post(receiver.address, BODY, secret=SECRET, event_id="x", now=datetime.now(UTC))
    await post(receiver.address)  # of long ago
    fresh, old = ((each.headers["twinql-signature"], each.body.decode()) for each in receiver.told)
    cases = [[SECRET, *fresh], ["a secret of another", *fresh], [SECRET, fresh[0], "{}"], [SECRET, *old]]
    assert globals()[check](documented, cases) == [True, False, False, False]


def _in_python(documented, cases):
    names = {"hmac": hmac, "hashlib": hashlib, "time": time}
    exec(documented, names)
    return [names["is_genuine"](secret, header, body.encode()) for secret, header, body in cases]


def _in_node(documented, cases):
    if not (node := shutil.which("node")):
        pytest.skip("Node is not here")
    program = (
        'import { createHmac, timingSafeEqual } from "node:crypto";'
        f"{documented}; console.log(JSON.stringify({json.dumps(cases)}.map((each) => isGenuine(...each))))"
    )
    command = [node, "--input-type=module", "-e", program]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


async def test_a_name_is_looked_up_once_and_the_request_still_speaks_to_the_name(receiver):
    asked = []

    async def resolve(host, port):
        asked.append((host, port))
        return ["127.0.0.1"]

    assert await post(f"http://desk.test:{receiver.port}/a?b=c", resolve=resolve) == TAKEN
    assert asked == [("desk.test", receiver.port)]
    (told,) = receiver.told
    assert (told.headers["host"], told.path) == (f"desk.test:{receiver.port}", "/a?b=c")


async def test_the_next_address_of_a_host_is_tried_where_one_takes_no_connection(receiver):
    address = f"http://desk.test:{receiver.port}/"
    assert await post(address, resolve=resolving("127.0.0.9", "127.0.0.1")) == TAKEN


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00:ec2::254"])
async def test_a_name_that_leads_into_a_network_of_its_own_is_told_nothing(receiver, inner):
    answer = await post(f"https://desk.test:{receiver.port}/", private=False, resolve=resolving("1.1.1.1", inner))
    assert answer == Answer("The webhook's address leads into a network that is not public.", lasting=True)
    assert receiver.told == []


async def test_without_tls_nothing_is_told_where_only_public_addresses_are(receiver):
    answer = await post(receiver.address, private=False)
    assert answer.lasting
    assert receiver.told == []


@pytest.mark.parametrize("address", ["https://127.0.0.1:{}/", "https://2130706433:{}/", "https://localhost:{}/"])
async def test_loopback_in_disguise_is_known(receiver, address):
    answer = await post(address.format(receiver.port), private=False)
    assert answer == Answer("The webhook's address leads into a network that is not public.", lasting=True)


async def test_a_redirect_is_not_followed(receiver):
    with receiving() as other:
        receiver.answers.append((302, {"location": other.address}))
        answer = await post(receiver.address)
        assert answer == Answer(
            "The webhook answered 302: redirects are not followed; correct the address.", lasting=True
        )
        assert (len(receiver.told), other.told) == (1, [])


async def test_tls_is_with_the_host_and_not_with_the_address(tmp_path):
    server, client = certificate(tmp_path, "desk.test")
    with receiving(server) as receiver:
        how = {"trusted": lambda: client, "resolve": resolving("127.0.0.1")}
        assert await post(f"https://desk.test:{receiver.port}/", **how) == TAKEN
        answer = await post(f"https://other.test:{receiver.port}/", **how)
        assert answer == Answer(
            "No TLS connection to the webhook could be made; look at its certificate.", away=True, refused=True
        )
        assert len(receiver.told) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    server, _ = certificate(tmp_path, "127.0.0.1")
    with receiving(server) as receiver:
        answer = await post(f"https://127.0.0.1:{receiver.port}/")
        assert "certificate" in answer.error
        assert receiver.told == []


async def test_nobody_there_is_told_again():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert await post(f"http://127.0.0.1:{port}/") == Answer("The webhook took no connection.", away=True, refused=True)
    answer = await post("http://desk.invalid/", resolve=nowhere)
    assert answer == Answer("The webhook's host has no address; look at its name.", away=True, refused=True)


async def nowhere(_host, _port):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def test_silence_ends_after_a_while_and_an_endless_answer_is_not_read():
    async def stay_silent(reader, writer):
        await reader.read()
        writer.close()

    async def chatter(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            writer.close()

    for talk, expected in (
        (stay_silent, Answer("The webhook did not answer within 0.2 s.", away=True)),
        (chatter, TAKEN),
    ):
        async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            assert await post(f"http://127.0.0.1:{port}/", within_s=0.2 if expected != TAKEN else 10.0) == expected


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_success(status):
    assert answer_of(status, None, NOW) == TAKEN


@pytest.mark.parametrize("status", [301, 308, 400, 401, 403, 404, 409, 410, 413, 422])
def test_what_would_go_wrong_again_is_not_tried_again(status):
    answer = answer_of(status, "60", NOW)
    assert (answer.lasting, answer.pause) == (True, None)
    assert str(status) in answer.error


@pytest.mark.parametrize("status", [408, 425, 500, 502, 504])
def test_what_may_be_better_later_is_tried_again(status):
    assert answer_of(status, None, NOW) == Answer(f"The webhook answered {status}.")


@pytest.mark.parametrize("status", [429, 503])
def test_a_wish_to_be_left_alone_is_respected(status):
    expected = Answer(f"The webhook answered {status}.", away=True, refused=True, pause=timedelta(seconds=90))
    assert answer_of(status, "90", NOW) == expected
    assert answer_of(status, "Mon, 02 Mar 2026 12:01:30 GMT", NOW) == expected


@pytest.mark.parametrize(
    ("said", "hours"), [("-5", 0), ("Sun, 01 Mar 2026 12:00:00 GMT", 0), ("999999999", 12), ("9" * 30, None)]
)
def test_an_odd_wish_is_bounded(said, hours):
    assert pause_of(said, NOW) == (None if hours is None else timedelta(hours=hours))


@pytest.mark.parametrize("said", [None, "", "soon", "1.5", "Mon, 99 Mar 2026"])
def test_an_unreadable_wish_is_none(said):
    assert pause_of(said, NOW) is None
