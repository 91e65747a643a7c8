"""Commands through the graph: once per key, in time, within interlocks, and answered in sentences."""

from datetime import UTC, datetime

import pytest

from tests.world import make_world
from twinql.domain.global_id import encode

ISSUE = """
mutation ($input: IssueCommandInput!) {
  issueCommand(input: $input) {
    command { id status desired action expiresAt requestedAt interlocks { kind allowed } transitions { status } }
    interlocks { kind allowed message value minimum maximum }
    replayed
    userErrors { code message path }
  }
}
"""


@pytest.fixture
async def desk(asker):
    """An asker whose setpoint takes 0 to 12,000 rpm and was read."""
    await write(
        asker,
        "update channels set plausible_minimum = 0, plausible_maximum = 12000 where id = $1",
        asker.world.channels["setpoint"],
    )
    await write(
        asker,
        "insert into readings (observed_at, value, channel_number, organisation_number)"
        " select $2, 9000, number, organisation_number from channels where id = $1",
        asker.world.channels["setpoint"],
        datetime.now(UTC),
    )
    return asker


async def write(asker, statement, *arguments):
    async with asker.context.database.pool.acquire() as connection:
        return await connection.fetch(statement, *arguments)


async def issue(asker, key="setpoint", **given):
    order = {"channelId": encode("Channel", asker.world.channels[key]), "desired": 6000.0, "idempotencyKey": "one"}
    return (await asker.ask(ISSUE, input=order | given))["issueCommand"]


def mistakes(answer):
    assert all(error["message"].endswith(".") for error in answer["userErrors"])
    return [error["code"] for error in answer["userErrors"]]


async def test_a_command_is_taken_on_and_shows_what_interlocks_said(desk):
    answer = await issue(desk)
    assert answer["userErrors"] == []
    assert (answer["command"]["status"], answer["command"]["desired"], answer["replayed"]) == ("QUEUED", 6000.0, False)
    assert [step["status"] for step in answer["command"]["transitions"]] == ["REQUESTED", "QUEUED"]
    verdicts = {each["kind"]: each for each in answer["interlocks"]}
    assert set(verdicts) == {"WRITABLE", "RANGE", "STATE_KNOWN", "EXPIRY", "EMERGENCY_STOP"}
    assert (verdicts["RANGE"]["minimum"], verdicts["RANGE"]["maximum"]) == (0.0, 12_000.0)
    assert verdicts["EXPIRY"]["value"] == 300.0
    assert len(answer["command"]["interlocks"]) == 5


async def test_the_dispatcher_is_told_at_once(desk):
    told = []
    desk.context.commanded = lambda: told.append(True)
    await issue(desk)
    assert told == [True]


async def test_the_same_key_replays_and_another_input_is_a_conflict(desk):
    first = await issue(desk)
    again = await issue(desk)
    assert again["replayed"]
    assert again["command"]["id"] == first["command"]["id"]
    other = await issue(desk, desired=7000.0)
    assert mistakes(other) == ["CONFLICT"]
    assert other["userErrors"][0]["path"] == ["idempotencyKey"]
    assert other["command"] is None


async def test_a_dry_run_names_every_obstacle_and_stores_nothing(desk):
    answer = await issue(desk, desired=1e9, expiresIn="P365D", dryRun=True)
    assert answer["command"] is None
    assert mistakes(answer) == ["INTERLOCK", "INVALID_INPUT"]
    assert await write(desk, "select from commands") == []


@pytest.mark.parametrize("expires", ["PT0S", "PT0.5S", "P365D"])
async def test_a_life_without_sense_is_refused(desk, expires):
    answer = await issue(desk, expiresIn=expires)
    assert mistakes(answer) == ["INVALID_INPUT"]
    assert answer["userErrors"][0]["path"] == ["expiresIn"]
    assert answer["command"] is None


@pytest.mark.parametrize("desired", [-1.0, 12_000.5, 1e99])
async def test_a_value_out_of_range_is_a_rejected_command(desk, desired):
    answer = await issue(desk, desired=desired)
    assert mistakes(answer) == ["INTERLOCK"]
    assert answer["command"]["status"] == "REJECTED"


async def test_a_value_that_no_reading_can_show_is_only_answered(desk):
    answer = await issue(desk, desired=1e300)
    assert mistakes(answer) == ["INTERLOCK"]
    assert answer["command"] is None
    assert await write(desk, "select from commands") == []


async def test_a_negative_life_is_no_duration(desk):
    order = {"channelId": encode("Channel", desk.world.channels["setpoint"]), "desired": 1.0, "idempotencyKey": "one"}
    code, message = await desk.refusal(ISSUE, input=order | {"expiresIn": "-PT5M"})
    assert code == "BAD_REQUEST"
    assert "expiresIn" in message


@pytest.mark.parametrize("desired", ["NaN", float("nan"), float("inf"), "fast"])
async def test_what_is_no_number_never_reaches_the_interlocks(desk, desired):
    code, message = await desk.refusal(
        ISSUE,
        input={
            "channelId": encode("Channel", desk.world.channels["setpoint"]),
            "desired": desired,
            "idempotencyKey": "one",
        },
    )
    assert code == "BAD_REQUEST"
    assert "Float" in message


async def test_a_measured_channel_is_not_set(desk):
    answer = await issue(desk, "temperature")
    assert "INTERLOCK" in mistakes(answer)
    assert "only measured" in answer["userErrors"][0]["message"]


async def test_an_unknown_a_foreign_and_a_malformed_channel_are_refused(desk):
    other = await make_world(desk.context.database.url, "Other")
    for key in (other.channels["setpoint"], desk.world.machine):
        assert mistakes(await issue(desk, channelId=encode("Channel", key))) == ["NOT_FOUND"]
    malformed = await issue(desk, channelId="pump")
    assert mistakes(malformed) == ["INVALID_INPUT"]
    assert malformed["userErrors"][0]["path"] == ["channelId"]
    assert mistakes(await issue(desk, channelId=encode("Site", desk.world.site))) == ["INVALID_INPUT"]


async def test_an_unknown_action_and_an_empty_key_are_refused(desk):
    assert mistakes(await issue(desk, desired=None, action="EXPLODE")) == ["INVALID_INPUT"]
    assert mistakes(await issue(desk, action="ON")) == ["INVALID_INPUT"]
    assert mistakes(await issue(desk, desired=None)) == ["INVALID_INPUT"]
    assert mistakes(await issue(desk, idempotencyKey="")) == ["INVALID_INPUT"]
    assert mistakes(await issue(desk, idempotencyKey="k" * 201)) == ["INVALID_INPUT"]


async def test_a_viewer_is_told_that_commands_need_another_role(desk):
    viewer = desk.as_user(desk.world.viewer)
    order = {"channelId": encode("Channel", desk.world.channels["setpoint"]), "desired": 1.0, "idempotencyKey": "one"}
    code, message = await viewer.refusal(ISSUE, input=order)
    assert code == "FORBIDDEN"
    assert "OPERATOR" in message


async def test_commands_are_listed_newest_first_and_by_asset(desk):
    for place in range(3):
        await issue(desk, desired=1000.0 * place, idempotencyKey=f"key {place}")
    await issue(desk, desired=-1.0, idempotencyKey="refused")
    document = """
    query ($machine: ID!, $channel: ID!) {
      commands(first: 2, filter: { status: [QUEUED] }) { totalCount nodes { desired } pageInfo { hasNextPage } }
      refused: commands(filter: { status: [REJECTED], channelIds: [$channel] }) { nodes { desired } }
      node(id: $machine) { ... on Machine { commands { totalCount nodes { desired channel { key } } } } }
    }
    """
    machine, channel = encode("Machine", desk.world.machine), encode("Channel", desk.world.channels["setpoint"])
    data = await desk.ask(document, machine=machine, channel=channel)
    assert [each["desired"] for each in data["commands"]["nodes"]] == [2000.0, 1000.0]
    assert data["commands"]["totalCount"] == 3
    assert data["commands"]["pageInfo"]["hasNextPage"]
    assert [each["desired"] for each in data["refused"]["nodes"]] == [-1.0]
    assert data["node"]["commands"]["totalCount"] == 4
    assert {each["channel"]["key"] for each in data["node"]["commands"]["nodes"]} == {"setpoint"}


async def test_the_lives_of_many_commands_are_loaded_together(desk):
    for place in range(5):
        await issue(desk, idempotencyKey=f"key {place}")
    asked = []
    database, original = desk.context.database, desk.context.database.transaction

    def counting(*arguments, **more):
        asked.append(arguments)
        return original(*arguments, **more)

    database.transaction = counting
    try:
        data = await desk.ask("{ commands { nodes { transitions { status } channel { name } decision { id } } } }")
    finally:
        database.transaction = original
    assert len(data["commands"]["nodes"]) == 5
    assert len(asked) <= 3
