"""Commands wait for their hour and for a second person, alone or as a series, and are taken back while they wait."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from twinql.domain.commands import CommandStatus
from twinql.domain.global_id import decode, encode
from twinql.domain.identity import Worker
from twinql.errors import ConflictError
from twinql.storage.command_steps import approve
from twinql.storage.dispatch import move

MOVED = "command { status viewerCanApprove viewerCanCancel transitions { status actor { kind name } detail } }"
CONTROL = """
query ($id: ID!) {
  node(id: $id) { ... on Channel { needsApproval control { desired desiredSince reported delta command { status } } } }
}
"""
STATE = "query ($id: ID!) { node(id: $id) { ... on Machine { state { channel { key } desired delta } } } }"


async def write(asker, statement, *arguments):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetch(statement, *arguments)


@pytest.fixture
async def desk(asker):
    """An operator whose setpoint takes 0 to 12,000 rpm and was read."""
    setpoint = asker.world.channels["setpoint"]
    await write(asker, "update channels set plausible_minimum = 0, plausible_maximum = 12000 where id = $1", setpoint)
    await write(
        asker,
        "insert into readings (observed_at, value, channel_number, organisation_number)"
        " select $2, 9000, number, organisation_number from channels where id = $1",
        setpoint,
        datetime.now(UTC) - timedelta(seconds=1),
    )
    return asker.as_user(asker.world.operator)


def setpoint(desk, key="setpoint"):
    return encode("Channel", desk.world.channels[key])


async def issue(desk, **given):
    order = {"channelId": setpoint(desk), "desired": 6000.0, "idempotencyKey": "one"} | given
    return (await desk.changed("issueCommand", "command { id status notBefore }", **order))["command"]


async def waiting(desk, **given):
    """A command to a channel that asks for a second person."""
    await write(desk, "update channels set needs_approval = true where key = 'setpoint'")
    command = await issue(desk, **given)
    assert command["status"] == "AWAITING_APPROVAL"
    return command["id"]


async def sent(desk, command):
    async with desk.context.database.transaction(Worker("dispatcher")) as connection:
        key, now = decode(command).key, datetime.now(UTC)
        assert await move(connection, key, CommandStatus.SENT, at=now, actor="worker:dispatcher")


async def test_a_device_asks_for_what_is_due(desk):
    await issue(desk)
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await issue(desk, idempotencyKey="later", notBefore=later)
    document = "query ($due: Boolean) { commands(filter: { due: $due }) { nodes { idempotencyKey } } }"
    told = {
        due: [each["idempotencyKey"] for each in (await desk.ask(document, due=due))["commands"]["nodes"]]
        for due in (True, False, None)
    }
    assert told == {True: ["one"], False: ["later"], None: ["later", "one"]}


async def test_a_second_person_lets_a_command_go_out(desk):
    command = await waiting(desk)
    owner = desk.as_user(desk.world.owner)
    document = "query ($id: ID!) { node(id: $id) { ... on Command { viewerCanApprove viewerCanCancel } } }"
    assert (await desk.ask(document, id=command))["node"] == {"viewerCanApprove": False, "viewerCanCancel": True}
    assert (await owner.ask(document, id=command))["node"] == {"viewerCanApprove": True, "viewerCanCancel": True}
    told = []
    owner.context.commanded = lambda: told.append(True)
    approved = (await owner.changed("approveCommand", MOVED, id=command, reason="Seen."))["command"]
    assert (approved["status"], approved["viewerCanApprove"]) == ("QUEUED", False)
    assert approved["transitions"][-1] == {
        "status": "QUEUED",
        "actor": {"kind": "USER", "name": "acme-owner"},
        "detail": "Seen.",
    }
    assert told == [True]


async def test_nobody_approves_or_rejects_what_they_asked_for(desk):
    command = await waiting(desk)
    assert await desk.mistake("approveCommand", id=command) == ("CONFLICT", "id")
    assert await desk.mistake("rejectCommand", id=command, reason="No.") == ("CONFLICT", "id")


async def test_a_second_person_turns_a_command_down_and_says_why(desk):
    command = await waiting(desk)
    owner = desk.as_user(desk.world.owner)
    assert await owner.mistake("rejectCommand", id=command, reason=" ") == ("INVALID_INPUT", "reason")
    rejected = (await owner.changed("rejectCommand", MOVED, id=command, reason="Too fast."))["command"]
    assert (rejected["status"], rejected["transitions"][-1]["detail"]) == ("REJECTED", "Too fast.")
    assert await owner.mistake("approveCommand", id=command) == ("CONFLICT", "id")


async def test_interlocks_judge_what_is_approved_as_things_are_now(desk):
    command = await waiting(desk)
    await write(desk, "update channels set plausible_maximum = 5000 where key = 'setpoint'")
    owner = desk.as_user(desk.world.owner)
    answer = await owner.change("approveCommand", id=command)
    assert [error["code"] for error in answer["userErrors"]] == ["INTERLOCK"]
    await write(desk, "update channels set plausible_maximum = 12000 where key = 'setpoint'")
    assert (await owner.changed("approveCommand", MOVED, id=command))["command"]["status"] == "QUEUED"


async def test_what_is_over_is_not_approved(desk):
    command = await waiting(desk, expiresIn="PT1M")
    later = datetime.now(UTC) + timedelta(minutes=1)
    with pytest.raises(ConflictError, match="is over"):
        await approve(desk.context.database, desk.world.owner, decode(command).key, now=later)


async def test_a_command_that_was_not_sent_is_taken_back_once(desk):
    command = (await issue(desk))["id"]
    cancelled = (await desk.changed("cancelCommand", MOVED, id=command, reason="Not needed."))["command"]
    assert (cancelled["status"], cancelled["viewerCanCancel"]) == ("CANCELLED", False)
    assert (await desk.changed("cancelCommand", MOVED, id=command))["command"] == cancelled


async def test_a_command_that_was_sent_is_not_taken_back(desk):
    command = (await issue(desk))["id"]
    await sent(desk, command)
    assert await desk.mistake("cancelCommand", id=command) == ("CONFLICT", "id")


@pytest.mark.parametrize("mutation", ["approveCommand", "cancelCommand"])
async def test_an_unknown_command_is_not_moved(desk, mutation):
    assert await desk.mistake(mutation, id=encode("Command", uuid4())) == ("NOT_FOUND", "id")
    assert await desk.mistake(mutation, id=setpoint(desk)) == ("INVALID_INPUT", "id")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"notBefore": "2020-01-01T00:00:00Z"}, "notBefore"),
        ({"notBefore": "2999-01-01T00:00:00Z"}, "notBefore"),
        ({"unit": "DEGREE_CELSIUS"}, "unit"),
        ({"expiresIn": "P365D"}, "expiresIn"),
        ({"expiresIn": "PT0S"}, "expiresIn"),
        ({"reason": "x" * 1_001}, "reason"),
        ({"expect": {"channelId": "x", "direction": "FALLS", "within": "PT1M"}}, "expect.channelId"),
    ],
)
async def test_what_can_never_be_a_command_is_refused_with_its_place(desk, given, path):
    order = {"channelId": setpoint(desk), "desired": 6000.0, "idempotencyKey": "one"} | given
    answer = await desk.change("issueCommand", **order)
    (error,) = answer["userErrors"]
    assert (error["code"], ".".join(error["path"])) == ("INVALID_INPUT", path)
    assert error["message"].endswith(".")
    assert await write(desk, "select id from commands") == []


async def test_a_value_in_another_unit_is_converted(desk):
    chosen = {"channelId": setpoint(desk), "desired": 100.0, "unit": "HERTZ", "idempotencyKey": "one"}
    made = await desk.changed("issueCommand", "command { desired }", **chosen)
    assert made["command"]["desired"] == pytest.approx(6000.0)


async def test_an_effect_is_expected_on_a_channel_of_the_organisation(desk):
    expect = {"channelId": setpoint(desk, "temperature"), "direction": "FALLS", "by": 3.0, "within": "PT45S"}
    asked = "command { expectation { channel { key } direction by within } verification { status } }"
    order = {"channelId": setpoint(desk), "desired": 6000.0, "idempotencyKey": "one", "expect": expect}
    made = (await desk.changed("issueCommand", asked, **order))["command"]
    assert made == {
        "expectation": {"channel": {"key": "temperature"}, "direction": "FALLS", "by": 3.0, "within": "PT45S"},
        "verification": None,
    }
    unknown = order | {"expect": expect | {"channelId": encode("Channel", uuid4())}, "idempotencyKey": "two"}
    (error,) = (await desk.change("issueCommand", **unknown))["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["expect", "channelId"])


def series(desk, *values, **given):
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    commands = [
        {"channelId": setpoint(desk), "desired": value, "notBefore": (later + timedelta(minutes=place)).isoformat()}
        for place, value in enumerate(values)
    ]
    return {"name": "Night", "idempotencyKey": "night", "commands": commands} | given


SCHEDULED = """
replayed schedule { id name cancelledAt viewerCanCancel requestedBy { name }
  commands { totalCount nodes { status desired schedule { name } } } }
"""


async def test_a_series_is_taken_on_once_and_told_in_the_order_in_which_it_is_due(desk):
    given = series(desk, 3000.0, 1000.0, 2000.0, reason="Cheap hours.")
    made = await desk.changed("scheduleCommands", SCHEDULED, **given)
    told = made["schedule"]
    assert (told["name"], told["cancelledAt"], told["requestedBy"]["name"]) == ("Night", None, "acme-operator")
    assert [each["desired"] for each in told["commands"]["nodes"]] == [3000.0, 1000.0, 2000.0]
    assert {each["status"] for each in told["commands"]["nodes"]} == {"QUEUED"}
    again = await desk.changed("scheduleCommands", SCHEDULED, **given)
    assert (again["replayed"], again["schedule"]["id"]) == (True, told["id"])
    for other in (series(desk, 1.0), given | {"name": "Day"}, given | {"commands": given["commands"][::-1]}):
        assert await desk.mistake("scheduleCommands", **other) == ("CONFLICT", "idempotencyKey")
    listed = await desk.ask("{ commandSchedules { nodes { name } } }")
    assert listed["commandSchedules"]["nodes"] == [{"name": "Night"}]


async def test_of_a_series_of_which_one_is_refused_nothing_is_kept(desk):
    answer = await desk.change("scheduleCommands", **series(desk, 3000.0, 99_999.0))
    (error,) = answer["userErrors"]
    assert (error["code"], error["path"]) == ("INTERLOCK", ["commands", "1", "desired"])
    assert await write(desk, "select id from commands union all select id from command_schedules") == []


async def test_a_dry_run_of_a_series_says_what_interlocks_say_of_each(desk):
    asked = "schedule { id } outcomes { index channel { key } notBefore command { id } interlocks { kind allowed } }"
    told = await desk.changed("scheduleCommands", asked, **series(desk, 1.0, 2.0, dryRun=True))
    assert told["schedule"] is None
    assert [each["index"] for each in told["outcomes"]] == [0, 1]
    assert [(each["channel"]["key"], each["command"]) for each in told["outcomes"]] == [("setpoint", None)] * 2
    assert all(each["notBefore"] for each in told["outcomes"])
    assert all(each["interlocks"] for each in told["outcomes"])
    assert await write(desk, "select id from command_schedules") == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"commands": []}, "commands"),
        ({"name": " "}, "name"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
    ],
)
async def test_a_series_that_leaves_something_out_is_refused(desk, given, path):
    assert await desk.mistake("scheduleCommands", **(series(desk, 1.0) | given)) == ("INVALID_INPUT", path)


async def test_a_mistake_in_a_series_is_told_with_its_place(desk):
    wrong = series(desk, 1.0, 2.0)
    wrong["commands"][1]["channelId"] = encode("Channel", uuid4())
    (error,) = (await desk.change("scheduleCommands", **wrong))["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["commands", "1", "channelId"])
    wrong["commands"][1] |= {"channelId": setpoint(desk), "action": "ON"}
    (error,) = (await desk.change("scheduleCommands", **wrong))["userErrors"]
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["commands", "1"])


async def test_a_series_is_cancelled_as_one_but_for_what_was_sent(desk):
    made = await desk.changed(
        "scheduleCommands", "schedule { id commands { nodes { id } } }", **series(desk, 1.0, 2.0, 3.0)
    )
    first = made["schedule"]["commands"]["nodes"][0]["id"]
    await write(desk, "alter table command_transitions disable trigger command_transitions_step")
    await write(
        desk,
        "insert into command_transitions (command_id, organisation_id, sequence, status, actor)"
        " select id, organisation_id, 3, 'SENT', 'worker:test' from commands where id = $1",
        decode(first).key,
    )
    await write(desk, "alter table command_transitions enable trigger command_transitions_step")
    asked = "cancelled schedule { cancelledAt cancelledBy { name } viewerCanCancel commands { nodes { status } } }"
    told = await desk.changed("cancelCommandSchedule", asked, id=made["schedule"]["id"], reason="Rain.")
    assert told["cancelled"] == 2
    assert [each["status"] for each in told["schedule"]["commands"]["nodes"]] == ["SENT", "CANCELLED", "CANCELLED"]
    assert (told["schedule"]["cancelledBy"]["name"], told["schedule"]["viewerCanCancel"]) == ("acme-operator", False)
    again = await desk.changed("cancelCommandSchedule", asked, id=made["schedule"]["id"])
    assert again == told | {"cancelled": 0}


async def test_a_channel_tells_what_it_shall_be_what_it_is_and_how_far_that_is(desk):
    assert (await desk.ask(CONTROL, id=setpoint(desk)))["node"]["control"] == {
        "desired": None, "desiredSince": None, "reported": 9000.0, "delta": None, "command": None,
    }  # fmt: skip
    await issue(desk)
    await issue(
        desk, idempotencyKey="later", desired=1.0, notBefore=(datetime.now(UTC) + timedelta(hours=1)).isoformat()
    )
    control = (await desk.ask(CONTROL, id=setpoint(desk)))["node"]["control"]
    assert (control["desired"], control["delta"], control["command"]) == (6000.0, -3000.0, {"status": "QUEUED"})
    assert (await desk.ask(CONTROL, id=setpoint(desk, "temperature")))["node"]["control"] is None
    machine = await desk.ask(STATE, id=encode("Machine", desk.world.machine))
    told = {each["channel"]["key"]: (each["desired"], each["delta"]) for each in machine["node"]["state"]}
    assert told["setpoint"] == (6000.0, -3000.0)
    assert told["temperature"] == (None, None)
