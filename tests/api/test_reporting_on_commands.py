"""What devices say of commands to their channels, and what they may not."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from twinql.domain.commands import CommandStatus
from twinql.domain.global_id import decode, encode
from twinql.domain.identity import Device, Worker
from twinql.storage.dispatch import move

COMMAND = "command { status transitions { status actor { kind name } detail } }"


async def write(asker, statement, *values):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetchval(statement, *values)


async def key_for(asker, *keys):
    ids = [encode("Channel", asker.world.channels[key]) for key in keys]
    made = await asker.changed("createApiKey", "apiKey { id }", name="Gateway", channelIds=ids)
    return asker.as_user(Device(decode(made["apiKey"]["id"]).key))


@pytest.fixture
async def device(asker):
    """A device of the setpoint, and nothing else."""
    return await key_for(asker, "setpoint")


@pytest.fixture
async def command(asker):
    """A command that waits for its device."""
    await write(
        asker,
        "insert into readings (observed_at, value, channel_number, organisation_number)"
        " select $2, 9000, number, organisation_number from channels where id = $1",
        asker.world.channels["setpoint"],
        datetime.now(UTC),
    )
    setpoint = encode("Channel", asker.world.channels["setpoint"])
    issued = await asker.changed(
        "issueCommand", "command { id status }", channelId=setpoint, desired=6000.0, idempotencyKey="one"
    )
    assert issued["command"]["status"] == "QUEUED"
    return issued["command"]["id"]


async def report(device, command, status, **more):
    payload = await device.changed("reportCommand", COMMAND, commandId=command, status=status, **more)
    return payload["command"]


async def test_a_device_takes_a_command_and_tells_how_it_goes(device, command):
    told = []
    device.context.commanded = lambda: told.append(True)
    taken = await report(device, command, "ACKNOWLEDGED")
    assert [step["status"] for step in taken["transitions"]] == ["REQUESTED", "QUEUED", "SENT", "ACKNOWLEDGED"]
    assert taken["transitions"][2]["actor"] == {"kind": "WORKER", "name": "reports"}
    assert taken["transitions"][2]["detail"] == "Its device took it."
    await report(device, command, "EXECUTING")
    done = await report(device, command, "EXECUTED", detail="The drive turns.")
    assert done["status"] == "EXECUTED"
    assert done["transitions"][-1] == {
        "status": "EXECUTED",
        "actor": {"kind": "DEVICE", "name": encode("ApiKey", device.context.actor.key_id)},
        "detail": "The drive turns.",
    }
    assert told == [True] * 3


async def test_what_a_dispatcher_sent_a_device_answers(asker, device, command):
    async with asker.context.database.transaction(Worker("dispatcher")) as connection:
        key = decode(command).key
        await move(connection, key, CommandStatus.SENT, at=datetime.now(UTC), actor="worker:dispatcher")
    assert (await report(device, command, "FAILED", detail="Jammed."))["status"] == "FAILED"


async def test_saying_it_again_changes_nothing(device, command):
    once = await report(device, command, "ACKNOWLEDGED")
    assert await report(device, command, "ACKNOWLEDGED") == once


async def test_of_two_devices_one_gets_the_command(asker, device, command):
    other = await key_for(asker, "setpoint", "temperature")
    await report(device, command, "ACKNOWLEDGED")
    mistake = await other.mistake("reportCommand", commandId=command, status="ACKNOWLEDGED")
    assert mistake == ("CONFLICT", "status")


@pytest.mark.parametrize("status", ["EXECUTING", "EXECUTED", "FAILED"])
async def test_what_cannot_follow_is_refused_and_changes_nothing(device, command, status):
    assert await device.mistake("reportCommand", commandId=command, status=status) == ("CONFLICT", "status")
    assert (await report(device, command, "ACKNOWLEDGED"))["status"] == "ACKNOWLEDGED"


async def test_a_device_that_did_it_has_it_and_what_comes_late_is_old_news(asker, device, command):
    async with asker.context.database.transaction(Worker("dispatcher")) as connection:
        key = decode(command).key
        await move(connection, key, CommandStatus.SENT, at=datetime.now(UTC), actor="worker:dispatcher")
    done = await report(device, command, "EXECUTED", detail="At once.")
    assert [step["status"] for step in done["transitions"]][2:] == ["SENT", "ACKNOWLEDGED", "EXECUTED"]
    assert await report(device, command, "ACKNOWLEDGED") == done
    assert await device.mistake("reportCommand", commandId=command, status="FAILED") == ("CONFLICT", "commandId")


async def test_a_command_that_was_taken_back_is_not_begun(asker, device, command):
    await asker.changed("cancelCommand", COMMAND, id=command)
    for status in ("ACKNOWLEDGED", "EXECUTED", "REJECTED"):
        assert await device.mistake("reportCommand", commandId=command, status=status) == ("CONFLICT", "commandId")


@pytest.mark.usefixtures("command")
async def test_a_command_that_waits_for_its_hour_is_not_taken_before(asker, device):
    setpoint = encode("Channel", asker.world.channels["setpoint"])
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    order = {"channelId": setpoint, "desired": 1.0, "idempotencyKey": "later", "notBefore": later}
    issued = await asker.changed("issueCommand", "command { id }", **order)
    mistake = await device.mistake("reportCommand", commandId=issued["command"]["id"], status="ACKNOWLEDGED")
    assert mistake == ("CONFLICT", "status")


async def test_an_expired_command_is_not_taken(asker, device, command):
    await write(
        asker,
        "update commands set requested_at = now() - interval '1 hour', expires_at = now() - interval '1 minute'",
    )
    assert await device.mistake("reportCommand", commandId=command, status="ACKNOWLEDGED") == ("CONFLICT", "commandId")


async def test_a_command_to_another_channel_is_told_as_none(asker, command):
    other = await key_for(asker, "temperature")
    told = [
        await other.change("reportCommand", commandId=each, status="ACKNOWLEDGED")
        for each in (command, encode("Command", uuid4()))
    ]
    assert told[0] == told[1]
    assert [error["code"] for error in told[0]["userErrors"]] == ["NOT_FOUND"]


async def test_no_person_speaks_for_a_device(asker, command):
    document = "mutation($input: ReportCommandInput!) { reportCommand(input: $input) { userErrors { code } } }"
    code, message = await asker.refusal(document, input={"commandId": command, "status": "EXECUTED"})
    assert code == "FORBIDDEN"
    assert "API key" in message


async def test_a_detail_has_a_bound(device, command):
    mistake = await device.mistake("reportCommand", commandId=command, status="ACKNOWLEDGED", detail="x" * 1_001)
    assert mistake == ("INVALID_INPUT", "detail")
