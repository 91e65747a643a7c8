"""A command is sent to the webhook of its device until that answers or it expires, and the answer is its report."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.plant import Plant
from tests.receivers import receiving
from twinql.delivery.webhook import Webhooks
from twinql.devices.command_webhooks import CommandWebhooks
from twinql.devices.dispatcher import Dispatcher
from twinql.domain.command_messages import answered
from twinql.domain.commands import CommandStatus
from twinql.domain.global_id import encode
from twinql.domain.identity import Device
from twinql.storage.emergency_stops import release, trigger

SECRET = "a secret of the gateway"
SENT = ["REQUESTED", "QUEUED", "SENT"]
_KEY = """
insert into api_keys (organisation_id, name, hash, prefix, created_by)
values ($1::uuid, 'Gateway', sha256($1::uuid::text::bytea), 'twinql_x', 'me') returning id
"""
_OPEN = "insert into api_key_channels (api_key_id, channel_id, organisation_id) values ($1, $2, $3)"
_HOOK = "insert into command_webhooks (organisation_id, api_key_id, address, secret) values ($1, $2, $3, $4)"


class Yard(Plant):
    """A plant whose set point is set by a gateway that is told of commands."""

    def begin(self):
        """Run as another server would, or as one that was killed does again."""
        self.sending = CommandWebhooks(self.database, Webhooks(private=True), self.clock, jitter=lambda: 1.0)
        self.dispatcher = Dispatcher(self.database, [self.sending], self.clock)

    async def connect(self, address):
        (key,) = await self.sql(_KEY, self.world.organisation)
        self.device = Device(key["id"])
        await self.sql(_OPEN, key["id"], self.world.channels["setpoint"], self.world.organisation)
        await self.sql(_HOOK, self.world.organisation, key["id"], address, SECRET)

    async def turn(self):
        """Let everything that is due happen once."""
        await self.sending.settle()
        await self.dispatcher.dispatch()
        await self.sending.settle()

    async def newest(self, command_id):
        (row,) = await self.sql(
            "select status::text, actor, detail from command_transitions where command_id = $1"
            " order by sequence desc limit 1",
            command_id,
        )
        return tuple(row)


@pytest.fixture
def gateway():
    with receiving() as receiver:
        receiver.address = receiver.address.replace("/alarms", "/commands")
        yield receiver


@pytest.fixture
async def yard(database_url, gateway):
    async with Yard.open(database_url) as yard:
        yard.begin()
        await yard.connect(gateway.address)
        yield yard


async def test_what_the_webhook_answers_is_what_became_of_the_command(yard, gateway):
    gateway.answers = [(200, {}, b'{"status": "EXECUTED", "detail": "done"}')]
    issued = await yard.issue(desired=6000.0, reason="It is night.")
    await yard.turn()
    (told,) = gateway.told
    assert told.is_signed_with(SECRET)
    assert told.headers["twinql-event-id"] == encode("Command", issued.command_id)
    world = yard.world
    assert told.event == {
        "version": 1, "id": encode("Command", issued.command_id), "desired": 6000.0, "action": None,
        "reason": "It is night.", "requestedAt": "2026-03-02T12:00:00Z", "expiresAt": "2026-03-02T12:05:00Z",
        "organisation": {"id": encode("Organisation", world.organisation)},
        "site": {"id": encode("Site", world.site), "name": "Acme site"},
        "asset": {"id": encode("Machine", world.machine), "type": "Machine", "name": told.event["asset"]["name"]},
        "channel": {
            "id": encode("Channel", world.channels["setpoint"]), "key": "setpoint",
            "name": told.event["channel"]["name"], "unit": told.event["channel"]["unit"],
        },
    }  # fmt: skip
    assert await yard.life(issued.command_id) == [*SENT, "ACKNOWLEDGED", "EXECUTED"]
    assert await yard.newest(issued.command_id) == ("EXECUTED", f"device:{yard.device.key_id}", "done")
    await yard.turn()
    assert len(gateway.told) == 1


async def test_what_a_webhook_says_that_cannot_be_kept_is_left_out_of_its_report(yard, gateway):
    gateway.answers = [(200, {}, rb'{"status": "EXECUTED", "detail": "a\u0000b"}')]
    issued = await yard.issue()
    await yard.turn()
    assert await yard.newest(issued.command_id) == ("EXECUTED", f"device:{yard.device.key_id}", "ab")


async def test_a_webhook_that_only_takes_it_reports_later_with_its_key(yard, gateway):
    gateway.answers = [(202, {})]
    issued = await yard.issue()
    await yard.turn()
    assert await yard.life(issued.command_id) == [*SENT, "ACKNOWLEDGED"]
    await yard.report(issued.command_id, "EXECUTED", device=yard.device)
    assert (await yard.life(issued.command_id))[-1] == "EXECUTED"


async def test_it_is_sent_again_while_nobody_answers_and_the_same_to_the_byte(yard, gateway):
    gateway.answers = [(503, {}), (500, {}), (200, {}, b'{"status": "EXECUTED"}')]
    issued = await yard.issue()
    await yard.turn()
    # A minute of silence is no end: the gateway may still be told.
    for seconds in (1, 61):
        assert await yard.life(issued.command_id) == SENT
        yard.wait(seconds=seconds)
        yard.begin()  # as a server that was killed in between
        await yard.turn()
    assert (await yard.life(issued.command_id))[-1] == "EXECUTED"
    assert len({each.body for each in gateway.told}) == 1
    assert len(gateway.told) == 3


@pytest.mark.parametrize(
    ("answers", "status", "knows"),
    [
        ([(503, {}), (503, {})], "REJECTED", "it refused each of them"),
        ([(503, {}), (500, {})], "TIMED_OUT", "nobody knows whether it acted"),
        ([(500, {}), (503, {})], "TIMED_OUT", "nobody knows whether it acted"),
    ],
)
async def test_once_it_has_expired_it_is_sent_no_more(yard, gateway, answers, status, knows):
    gateway.answers = answers
    issued = await yard.issue(expires_in=timedelta(minutes=2))
    await yard.turn()
    yard.wait(minutes=1)
    await yard.turn()
    assert len(gateway.told) == 2
    yard.wait(minutes=1)
    await yard.turn()
    said = f"The webhook had not taken it when it expired, after 2 attempts; {knows}."
    assert await yard.newest(issued.command_id) == (status, "worker:webhooks", said)
    assert len(gateway.told) == 2
    assert await yard.sql("select from twinql_private.command_deliveries") == []


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        ((410, {}), "The webhook answered 410: it does not take this."),
        ((422, {}, b'{"detail": "no such pump"}'), "no such pump"),
        ((302, {"location": "/"}), "The webhook answered 302: redirects are not followed; correct the address."),
    ],
)
async def test_what_the_webhook_refuses_is_rejected_in_its_words(yard, gateway, answer, detail):
    gateway.answers = [answer]
    issued = await yard.issue()
    await yard.turn()
    assert await yard.newest(issued.command_id) == ("REJECTED", f"device:{yard.device.key_id}", detail)
    (hook,) = await yard.sql("select last_error, last_attempt_at from command_webhooks")
    assert hook["last_attempt_at"] == yard.now
    assert "The webhook answered" in hook["last_error"]


@pytest.mark.parametrize(("before", "end"), [(500, "TIMED_OUT"), (503, "REJECTED")])
async def test_what_is_refused_after_it_may_have_been_done_is_not_rejected(yard, gateway, before, end):
    gateway.answers = [(before, {}), (409, {}, b'{"detail": "done already"}')]
    issued = await yard.issue()
    await yard.turn()
    yard.wait(seconds=1)
    await yard.turn()
    assert await yard.life(issued.command_id) == [*SENT, end]
    assert "done already" in (await yard.newest(issued.command_id))[2]
    yard.wait(minutes=1)
    await yard.turn()
    assert len(gateway.told) == 2


async def test_commands_to_one_channel_reach_it_in_order(yard, gateway):
    gateway.answers = [(503, {}), (200, {}), (200, {})]
    first = await yard.issue(idempotency_key="first", desired=1000.0)
    await yard.turn()
    yard.wait(seconds=0.9)
    second = await yard.issue(idempotency_key="second", desired=2000.0)
    yard.wait(seconds=1.1)
    await yard.dispatcher.dispatch()
    assert (await yard.life(first.command_id), await yard.life(second.command_id)) == (SENT, SENT)
    await yard.turn()
    assert [each.event["desired"] for each in gateway.told] == [1000.0, 1000.0, 2000.0]


async def test_who_reported_otherwise_is_not_told_again(yard, gateway):
    gateway.answers = [(500, {})]
    issued = await yard.issue()
    await yard.turn()
    await yard.report(issued.command_id, "EXECUTED", device=yard.device)
    yard.wait(seconds=5)
    await yard.turn()
    assert len(gateway.told) == 1
    assert (await yard.life(issued.command_id))[-1] == "EXECUTED"


@pytest.mark.parametrize(
    "change", ["update command_webhooks set enabled = false", "update api_keys set revoked_at = now()"]
)
async def test_a_webhook_that_is_not_in_use_is_told_nothing(yard, gateway, change):
    await yard.sql(change)
    issued = await yard.issue()
    await yard.turn()
    assert await yard.life(issued.command_id) == SENT[:2]
    assert gateway.told == []


async def test_a_private_address_is_not_told_unless_the_server_allows_it(yard, gateway):
    yard.sending.webhooks = Webhooks()
    issued = await yard.issue()
    await yard.turn()
    assert (await yard.life(issued.command_id))[-1] == "REJECTED"
    assert gateway.told == []


async def test_two_servers_tell_each_command_once(yard, gateway):
    other = CommandWebhooks(yard.database, Webhooks(private=True), yard.clock)
    await yard.sending.go_on()
    for n in range(5):
        await yard.issue(idempotency_key=str(n), desired=float(n))
        await yard.dispatcher.dispatch()
        yard.wait(seconds=2)  # so that the next one goes out before this one is answered
    await asyncio.gather(yard.sending.settle(), other.settle())
    assert await yard.sql("select from twinql_private.command_deliveries") == []
    assert [each.event["desired"] for each in gateway.told] == [0.0, 1.0, 2.0, 3.0, 4.0]


async def stop(yard):
    return await trigger(yard.database, yard.world.operator, yard.world.site, "Smoke", now=yard.now)


async def test_a_stop_takes_back_what_the_gateway_said_it_did_not_take(yard, gateway):
    gateway.answers = [(503, {}), (200, {}, b'{"status": "EXECUTED"}')]
    issued = await yard.issue()
    await yard.turn()
    stopped = await stop(yard)
    assert (stopped.cancelled, stopped.on_their_way) == (1, 0)
    yard.wait(minutes=1)
    await yard.turn()
    assert len(gateway.told) == 1
    assert await yard.life(issued.command_id) == [*SENT, "REJECTED"]
    assert await yard.newest(issued.command_id) == (
        "REJECTED", "user:acme-operator", "An emergency stop was triggered: Smoke No device had been told of it."
    )  # fmt: skip


async def test_a_gateway_that_takes_no_connection_was_not_told(yard):
    await yard.sql("update command_webhooks set address = 'http://127.0.0.1:1/'")
    issued = await yard.issue()
    await yard.turn()
    assert (await stop(yard)).cancelled == 1
    assert (await yard.life(issued.command_id))[-1] == "REJECTED"


@pytest.mark.parametrize("released", [False, True])
async def test_what_may_have_been_told_before_a_stop_is_not_sent_again_and_nobody_knows_what_became_of_it(
    yard, gateway, released
):
    gateway.answers = [(500, {}), (503, {})]
    issued = await yard.issue()
    await yard.turn()
    yard.wait(seconds=1)
    await yard.turn()
    stopped = await stop(yard)
    assert (stopped.cancelled, stopped.on_their_way) == (0, 1)
    if released:
        await release(yard.database, yard.world.owner, yard.world.site, "All clear")
    yard.wait(minutes=1)
    await yard.turn()
    assert len(gateway.told) == 2
    status, actor, detail = await yard.newest(issued.command_id)
    assert (status, actor) == ("TIMED_OUT", "worker:interlocks")
    assert "Nobody knows whether it acted." in detail
    assert (await stop(yard)).on_their_way == 1
    yard.wait(minutes=5)
    assert (await stop(yard)).on_their_way == 0
    assert await yard.sql("select from twinql_private.untold_commands") == []


@pytest.mark.parametrize(("answer", "end"), [(503, "REJECTED"), (500, "TIMED_OUT")])
@pytest.mark.parametrize(
    "change",
    [
        "update channels set archived_at = now() where key = 'setpoint'",
        "update channels set plausible_minimum = 0, plausible_maximum = 10 where key = 'setpoint'",
        "update api_keys set revoked_at = now()",
    ],
)
async def test_interlocks_judge_each_attempt(yard, gateway, change, answer, end):
    gateway.answers = [(answer, {})]
    issued = await yard.issue()
    await yard.turn()
    await yard.sql(change)
    yard.wait(minutes=1)
    await yard.turn()
    assert len(gateway.told) == 1
    assert await yard.life(issued.command_id) == [*SENT, end]


def test_an_answer_is_read_as_it_is_documented():
    acknowledged = (CommandStatus.ACKNOWLEDGED, None)
    for body in (b"", b"ok", b"[]", b'{"status": "VERIFIED"}', b'{"status": 5, "detail": ""}', b'{"status": "EXEC'):
        assert answered(body) == acknowledged
    assert answered(json.dumps({"status": "FAILED", "detail": "x" * 2000}).encode()) == (
        CommandStatus.FAILED,
        "x" * 1000,
    )


@contextmanager
def running_gateway(journal, provider):
    """Run the example of a gateway as its own program for the length of a block."""
    said = {
        "TWINQL_SECRET": SECRET, "JOURNAL": str(journal), "PORT": "0", "SMS_URL": provider, "SMS_USER": "me",
        "SMS_PASSWORD": "word", "SMS_FROM": "+351210000000", "SMS_TO": "+351910000000",
    }  # fmt: skip
    program = Path(__file__).parents[2] / "agents" / "sms_gateway.py"
    with subprocess.Popen(
        [sys.executable, str(program)],
        env=os.environ | said,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()


async def test_the_example_of_a_gateway_sends_one_sms_however_often_it_is_told(yard, gateway, tmp_path):
    provider = gateway
    provider.answers = [(201, {})]
    # The signature's time is checked against the clock, so this one runs in the present.
    (yard.now,) = (await yard.sql("select now()"))[0]
    with running_gateway(tmp_path / "journal", provider.address) as address:
        await yard.sql("update command_webhooks set address = $1", address)
        issued = await yard.issue(desired=6000.0)
        await yard.turn()
        assert await yard.newest(issued.command_id) == (
            "EXECUTED", f"device:{yard.device.key_id}", "Sent as SMS: setpoint 6000"
        )  # fmt: skip
    (sms,) = provider.told
    assert parse_qs(sms.body.decode()) == {
        "From": ["+351210000000"], "To": ["+351910000000"], "Body": ["setpoint 6000"],
    }  # fmt: skip
    message = json.dumps({"id": encode("Command", issued.command_id)}).encode()
    with running_gateway(tmp_path / "journal", provider.address) as address:  # restarted, and told again
        again = await Webhooks(private=True).post(
            address, message, secret=SECRET, event_id="x", now=yard.now, reads=500
        )
        forged = await Webhooks(private=True).post(
            address, message, secret=SECRET.upper(), event_id="x", now=yard.now, reads=500
        )
    assert answered(again.body) == (CommandStatus.EXECUTED, "Sent as SMS: setpoint 6000")
    assert forged.error == "The webhook answered 401: it does not take this."
    assert len(provider.told) == 1
