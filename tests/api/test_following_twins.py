"""`twinUpdated`: an asset's readings, alarms, decisions and commands on one feed, in the order of their commits."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest

from tests.api.alarms import NOON, raised, record, write
from tests.asking import followed
from tests.feeds import PATIENCE_S, Site, caught_up
from twinql.domain.cursor import Cursor
from twinql.domain.global_id import encode
from twinql.domain.orders import Order
from twinql.storage.commands import issue

TWIN = """
subscription ($assets: [ID!]!, $after: Cursor) {
  twinUpdated(assetIds: $assets, after: $after) {
    cursor caughtUp gap { reason }
    readings { value channel { key } }
    ranges { channel { key } count }
    alarms { cause state }
    decisions { rule status }
    commands { status channel { key } }
  }
}
"""
DECIDE = """
insert into decisions (organisation_id, asset_id, rule, action, urgency, reasons)
values ($1, $2, $3, 'INSPECT', 'LOW', '[]')
"""
KINDS = ("readings", "ranges", "alarms", "decisions", "commands")


@pytest.fixture
async def watcher(asker):
    await asker.context.feed.now()
    await record(asker, "setpoint", 1)
    await read(asker)
    return asker


async def read(asker):
    """Wait until the feed has read what happened so far."""
    await caught_up(asker.context.feed, asker.context.database, asker.world.number)


async def follow(asker, *assets, **variables):
    ids = list(assets) or [encode("Machine", asker.world.machine)]
    return aclosing(await followed(asker.engine, asker.context, TWIN, {"assets": ids, **variables}))


async def told(stream):
    async with asyncio.timeout(PATIENCE_S):
        answer = await anext(stream)
    assert answer.errors is None, answer.errors
    return answer.data["twinUpdated"]


def said(event):
    """Return the one list of an event that holds something, and what that says."""
    (kind,) = [each for each in KINDS if event[each]]
    return kind, [next(iter(row.values())) for row in event[kind]]


async def heard(stream, count):
    return [said(await told(stream)) for _ in range(count)]


async def begins(asker, stream, act):
    """Do something once the subscription follows, and return its first event."""
    waiting = asyncio.create_task(told(stream))
    async with asyncio.timeout(PATIENCE_S):
        while not asker.context.feed.followers:  # noqa: ASYNC110 - nobody else waits for this
            await asyncio.sleep(0)
    await act
    return await waiting


async def decide(asker, rule, asset=None):
    await write(asker, DECIDE, asker.world.organisation, asset or asker.world.machine, rule)


async def command(asker, key="slower"):
    order = Order(asker.world.channels["setpoint"], key, desired=6_000, expires_in=timedelta(minutes=5))
    issued = await issue(asker.context.database, asker.world.operator, order, now=NOON)
    assert issued.obstacles == ()


async def everything(asker):
    """Let a reading be followed by all that may come of it, and by its effect."""
    await record(asker, "temperature", 1, at=NOON)
    await raised(asker)
    await decide(asker, "LIMIT_WILL_BE_CROSSED")
    await command(asker)
    await record(asker, "temperature", 2, at=NOON + timedelta(minutes=5))


STORY = [
    ("readings", [60.0]),
    ("alarms", ["LIMIT_HIGH"]),
    ("decisions", ["LIMIT_WILL_BE_CROSSED"]),
    ("commands", ["QUEUED"]),
    ("readings", [60.0, 61.0]),
]


async def test_all_that_happens_to_a_machine_is_told_in_the_order_of_its_commits(watcher):
    async with await follow(watcher) as stream:
        first = await begins(watcher, stream, everything(watcher))
        assert (first["caughtUp"], first["gap"]) == (True, None)
        assert [said(first), *await heard(stream, 4)] == STORY


async def test_whoever_comes_back_hears_all_of_it_once_in_the_same_order_from_wherever_they_were(watcher):
    start = watcher.context.feed.write_cursor(watcher.context.feed.at)
    await everything(watcher)
    await read(watcher)
    cursors = [start]
    async with await follow(watcher, after=start) as stream:
        for number, expected in enumerate([*STORY, None]):
            event = await told(stream)
            assert event["caughtUp"] is (expected is None)
            if expected:
                assert said(event) == expected, number
                cursors.append(event["cursor"])
    for done, cursor in enumerate(cursors):
        async with await follow(watcher, after=cursor) as stream:
            assert await heard(stream, len(STORY) - done) == STORY[done:]
            assert (await told(stream))["caughtUp"] is True


async def test_what_happens_to_others_does_not_even_show(watcher, database_url):
    async with Site.open(database_url, "Other") as other, await follow(watcher) as stream:

        async def act():
            await record(watcher, "register", 1)
            await raised(watcher, "energy")
            await decide(watcher, "of the meter", watcher.world.meter)
            await other.insert(1)
            await other.connection.execute(DECIDE, other.world.organisation, other.world.machine, "foreign")
            await decide(watcher, "own")

        assert said(await begins(watcher, stream, act())) == ("decisions", ["own"])


async def test_several_twins_are_followed_at_once(watcher):
    both = [encode("Machine", watcher.world.machine), encode("Meter", watcher.world.meter)]
    async with await follow(watcher, *both) as stream:
        await begins(watcher, stream, record(watcher, "register", 1))
        await raised(watcher)
        assert said(await told(stream)) == ("alarms", ["LIMIT_HIGH"])


async def test_a_cursor_of_another_life_gives_a_gap(watcher):
    feed = watcher.context.feed
    strange = Cursor(feed.at.epoch, feed.at.position + 9)
    async with await follow(watcher, after=feed.write_cursor(strange)) as stream:
        assert (await told(stream))["gap"] == {"reason": "FEED_RESET"}


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([encode("Machine", Site.NOWHERE)], "NOT_FOUND"),
        ([encode("Site", Site.NOWHERE)], "BAD_USER_INPUT"),
        ([], "BAD_USER_INPUT"),
        ([encode("Machine", Site.NOWHERE)] * 1_001, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_followed_is_refused_in_a_sentence(watcher, ids, code):
    async with aclosing(await followed(watcher.engine, watcher.context, TWIN, {"assets": ids})) as stream:
        (error,) = (await anext(stream)).errors
    assert error["extensions"]["code"] == code
    assert error["message"].endswith(".")


DECISIONS_ALONE = """
subscription ($assets: [ID!]!) { twinUpdated(assetIds: $assets) { cursor ...Acts } }
fragment Acts on TwinUpdated { told: decisions { rule } ... on TwinUpdated { commands { status } } }
"""


async def test_whoever_selects_no_readings_is_not_woken_by_them(watcher):
    assets = {"assets": [encode("Machine", watcher.world.machine)]}
    async with aclosing(await followed(watcher.engine, watcher.context, DECISIONS_ALONE, assets)) as stream:
        first = await begins(watcher, stream, everything(watcher))
        second = await told(stream)
    assert (first["told"], first["commands"]) == ([{"rule": "LIMIT_WILL_BE_CROSSED"}], [])
    assert (second["told"], second["commands"]) == ([], [{"status": "QUEUED"}])
