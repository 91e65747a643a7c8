"""`alarmUpdated`: the same feed as for commands and decisions, for the alarms that events name."""

import asyncio
from contextlib import aclosing

import pytest

from tests.api.alarms import NOON, minutes, moved, raised
from tests.asking import followed
from tests.feeds import PATIENCE_S, Site, caught_up
from twinql.domain.cursor import Cursor
from twinql.domain.global_id import encode

ALARMS = """
subscription ($filter: AlarmFilter, $after: Cursor) {
  alarmUpdated(filter: $filter, after: $after) {
    cursor caughtUp gap { reason } alarms { id cause state severity transitions(first: 1) { action } }
  }
}
"""


@pytest.fixture
async def watcher(asker):
    await asker.context.feed.now()
    return asker


async def follow(asker, **variables):
    return aclosing(await followed(asker.engine, asker.context, ALARMS, variables))


async def told(stream):
    async with asyncio.timeout(PATIENCE_S):
        answer = await anext(stream)
    assert answer.errors is None, answer.errors
    return answer.data["alarmUpdated"]


async def first(asker, stream, act):
    """Do something once the subscription follows, and return what it tells."""
    waiting = asyncio.create_task(told(stream))
    async with asyncio.timeout(PATIENCE_S):
        while not asker.context.feed.followers:  # noqa: ASYNC110 - nobody else waits for this
            await asyncio.sleep(0)
    await act
    return await waiting


async def test_an_alarm_is_told_when_it_is_raised_and_whenever_it_goes_on(watcher):
    async with await follow(watcher) as stream:
        event = await first(watcher, stream, raised(watcher))
        assert (event["caughtUp"], event["gap"]) == (True, None)
        (alarm,) = event["alarms"]
        assert (alarm["cause"], alarm["state"]) == ("LIMIT_HIGH", "ACTIVE_UNACKNOWLEDGED")
        for action, state in (("RETURNED", "RETURNED_UNACKNOWLEDGED"), ("ACKNOWLEDGED", "NORMAL")):
            await moved(watcher, alarm["id"], action, at=NOON + minutes(1))
            (moved_on,) = (await told(stream))["alarms"]
            assert (moved_on["id"], moved_on["state"]) == (alarm["id"], state)
            assert moved_on["transitions"] == [{"action": action}]


async def test_whoever_comes_back_is_told_what_happened_meanwhile_once(watcher):
    async with await follow(watcher) as stream:
        cursor = (await first(watcher, stream, raised(watcher)))["cursor"]
    await raised(watcher, cause="STALE")
    await moved(watcher, await raised(watcher, cause="DRIFT"), "ACKNOWLEDGED")
    await caught_up(watcher.context.feed, watcher.context.database, watcher.world.number)
    async with await follow(watcher, after=cursor) as stream:
        event = await told(stream)
        assert {each["cause"]: each["state"] for each in event["alarms"]} == {
            "STALE": "ACTIVE_UNACKNOWLEDGED",
            "DRIFT": "ACTIVE_ACKNOWLEDGED",
        }
        assert (event["caughtUp"], (await told(stream))["caughtUp"]) == (False, True)


async def test_a_cursor_of_another_life_gives_a_gap(watcher):
    feed = watcher.context.feed
    strange = Cursor(feed.at.epoch, feed.at.position + 9)
    async with await follow(watcher, after=feed.write_cursor(strange)) as stream:
        assert (await told(stream))["gap"] == {"reason": "FEED_RESET"}


async def test_only_the_wanted_alarms_are_told_and_none_of_others(watcher, database_url):
    wanted = {"minimumSeverity": "HIGH", "assetIds": [encode("Machine", watcher.world.machine)]}
    async with Site.open(database_url, "Other") as other, await follow(watcher, filter=wanted) as stream:

        async def act():
            await raised(watcher, "temperature", "DIP", "MEDIUM")
            await raised(watcher, "energy", "SPIKE", "CRITICAL")
            channel = other.world.channels["temperature"]
            await other.connection.execute(
                "insert into alarms"
                " (organisation_id, site_id, asset_id, channel_id, cause, severity, message, raised_at)"
                " select organisation_id, site_id, asset_id, id, 'STUCK', 'CRITICAL', 'Theirs.', now() from channels"
                " where id = $1",
                channel,
            )
            await raised(watcher, "temperature", "STALE", "CRITICAL")

        assert [each["cause"] for each in (await first(watcher, stream, act()))["alarms"]] == ["STALE"]


@pytest.mark.parametrize(("name", "kind"), [("channelIds", "Channel"), ("assetIds", "Meter"), ("siteIds", "Site")])
async def test_a_filter_on_what_is_not_there_is_refused(watcher, name, kind):
    async with await follow(watcher, filter={name: [encode(kind, Site.NOWHERE)]}) as stream:
        (error,) = (await anext(stream)).errors
    assert error["extensions"]["code"] == "NOT_FOUND"
