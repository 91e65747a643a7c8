"""`commandUpdated` and `decisionMade`: the same feed, for the rows that events name."""

import asyncio
from contextlib import aclosing

import pytest

from tests.asking import followed
from tests.feeds import PATIENCE_S, Site, caught_up
from twinql.domain import global_id
from twinql.domain.cursor import Cursor

COMMANDS = """
subscription($filter: CommandFilter, $after: Cursor) {
  commandUpdated(filter: $filter, after: $after) {
    cursor caughtUp gap { reason } commands { status channel { key } transitions { status } }
  }
}
"""
DECISIONS = """
subscription($filter: DecisionFilter, $after: Cursor) {
  decisionMade(filter: $filter, after: $after) { cursor caughtUp gap { reason } decisions { rule status } }
}
"""
ISSUE = """
mutation($channel: ID!, $key: String!) {
  issueCommand(input: { channelId: $channel, desired: 6000, idempotencyKey: $key }) {
    command { status } userErrors { message }
  }
}
"""
DECIDE = """
insert into decisions (organisation_id, asset_id, rule, action, urgency, reasons)
values ($1, $2, $3, 'INSPECT', 'LOW', '[]')
"""


class Watch:
    """Subscriptions of one organisation's owner."""

    def __init__(self, asker):
        self.asker, self.feed, self.world = asker, asker.context.feed, asker.world

    async def subscribe(self, document, **variables):
        context = self.asker.context
        return aclosing(await followed(self.asker.engine, context, document, variables))

    async def sql(self, statement, *arguments):
        async with self.asker.context.database.pool.acquire() as connection:
            await connection.execute(statement, *arguments)

    async def decide(self, rule):
        await self.sql(DECIDE, self.world.organisation, self.world.machine, rule)

    async def issue(self, key):
        channel = global_id.encode("Channel", self.world.channels["setpoint"])
        issued = await self.asker.ask(ISSUE, channel=channel, key=key)
        assert issued["issueCommand"]["userErrors"] == []

    async def first(self, stream, act):
        """Do something once the subscription follows, and return what it tells."""
        waiting = asyncio.create_task(event_of(stream))
        async with asyncio.timeout(PATIENCE_S):
            while not self.feed.followers:  # noqa: ASYNC110 - nobody else waits for this
                await asyncio.sleep(0)
        await act
        return await waiting


async def event_of(stream):
    async with asyncio.timeout(PATIENCE_S):
        result = await anext(stream)
    assert result.errors is None, result.errors
    (event,) = result.data.values()
    return event


@pytest.fixture
async def watch(asker):
    await asker.context.feed.now()
    watch = Watch(asker)
    await watch.sql(
        "insert into readings (observed_at, value, channel_number, organisation_number) "
        "select now(), 5000, number, organisation_number from channels where key = 'setpoint'"
    )
    return watch


async def test_a_command_is_told_when_it_is_issued_and_whenever_it_goes_on(watch):
    async with await watch.subscribe(COMMANDS) as stream:
        event = await watch.first(stream, watch.issue("first"))
        assert (event["caughtUp"], event["gap"]) == (True, None)
        (command,) = event["commands"]
        assert (command["status"], command["channel"]["key"]) == ("QUEUED", "setpoint")
        await watch.sql(
            "insert into command_transitions (command_id, organisation_id, status, at, actor) "
            "select id, organisation_id, 'SENT', now(), 'worker:test' from commands"
        )
        (command,) = (await event_of(stream))["commands"]
        assert command["status"] == "SENT"
        assert [step["status"] for step in command["transitions"]] == ["REQUESTED", "QUEUED", "SENT"]


async def test_only_the_wanted_decisions_are_told(watch):
    async with await watch.subscribe(DECISIONS, filter={"status": ["ACCEPTED"]}) as stream:

        async def act():
            await watch.decide("one")
            await watch.sql("update decisions set status = 'ACCEPTED', settled_at = now()")

        event = await watch.first(stream, act())
        assert event["decisions"] == [{"rule": "one", "status": "ACCEPTED"}]


async def test_decisions_made_meanwhile_are_told_to_whoever_comes_back(watch):
    async with await watch.subscribe(DECISIONS) as stream:
        cursor = (await watch.first(stream, watch.decide("one")))["cursor"]
    await watch.decide("two")
    await watch.decide("three")
    await caught_up(watch.feed, watch.asker.context.database, watch.world.number)
    async with await watch.subscribe(DECISIONS, after=cursor) as stream:
        told = await event_of(stream)
        assert sorted(each["rule"] for each in told["decisions"]) == ["three", "two"]
        assert (told["caughtUp"], (await event_of(stream))["caughtUp"]) == (False, True)


async def test_a_cursor_of_another_life_gives_a_gap(watch):
    strange = Cursor(watch.feed.at.epoch, watch.feed.at.position + 9)
    async with await watch.subscribe(COMMANDS, after=watch.feed.write_cursor(strange)) as stream:
        assert (await event_of(stream))["gap"] == {"reason": "FEED_RESET"}


async def test_a_filter_on_a_channel_that_is_not_there_is_refused(watch):
    nowhere = {"channelIds": [global_id.encode("Channel", Site.NOWHERE)]}
    for document in (COMMANDS, DECISIONS):
        async with await watch.subscribe(document, filter=nowhere) as stream:
            (error,) = (await anext(stream)).errors
            assert error["extensions"]["code"] == "NOT_FOUND"


async def test_commands_of_another_organisation_are_not_told(watch, database_url):
    async with Site.open(database_url, "Other") as other, await watch.subscribe(DECISIONS) as stream:

        async def act():
            await watch.sql(DECIDE, other.world.organisation, other.world.machine, "foreign")
            await watch.decide("own")

        assert [each["rule"] for each in (await watch.first(stream, act()))["decisions"]] == ["own"]
