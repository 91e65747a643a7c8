"""Followers who rest while another of the same leads them: each is told everything, once, in order."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, aclosing, suppress
from datetime import UTC, datetime
from random import Random

import orjson
import pytest

from tests.asking import boundless
from tests.feeds import A_DAY, PATIENCE_S, Site, begun
from twinql.api import make_schema
from twinql.api.operation import Asked
from twinql.context import Context
from twinql.live import open_feed
from twinql.storage.database import Database

FOLLOW = """
subscription { told: readingsRecorded(filter: {}, maxBatch: 7) { cursor caughtUp gap { reason } readings { value } } }
"""


class Reader:
    """One follower, who takes what is sent at once unless it is `busy`."""

    def __init__(self):
        self.values, self.gaps, self.ways = [], [], Counter()
        self.busy = lambda: False
        self.task = None

    def take(self, answer):
        if self.busy():
            return False
        self._note(answer, "taken")
        return True

    def _note(self, answer, way):
        told = orjson.loads(answer.body())["data"]["told"]
        assert told["caughtUp"]
        self.values += [each["value"] for each in told["readings"]]
        self.gaps += [told["gap"]] if told["gap"] else []
        self.ways[way] += 1

    async def follow(self, engine, context):
        operation = await engine.prepare(Asked(FOLLOW), context)
        async with aclosing(await engine.subscribe(operation, context, self.take)) as answers:
            async for answer in answers:
                self._note(answer, "waited for")

    async def leave(self):
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


class Hall:
    """Readers of one site, at one server."""

    def __init__(self, site, database, feed, stack):
        self.site, self.database, self.feed, self.stack = site, database, feed, stack
        self.engine = boundless(make_schema())
        self.readers = []
        self.written = 0

    async def come(self):
        reader, before = Reader(), self.feed.followers
        context = Context(self.database, self.site.world.viewer, datetime.now(UTC), feed=self.feed)
        reader.task = asyncio.create_task(reader.follow(self.engine, context))
        self.stack.push_async_callback(reader.leave)
        await self.until(lambda: self.feed.followers > before)
        self.readers.append(reader)
        return reader

    async def write(self, count):
        first, self.written = self.written, self.written + count
        await self.site.insert(first, self.written - 1)

    async def until(self, holds):
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110 - nobody else waits for this
                await asyncio.sleep(0)

    @property
    def resting(self):
        return sum(len(group.resting) for group in self.feed.groups._groups.values())

    async def all_told(self, *readers):
        last = self.written - 1
        await self.until(lambda: all(each.values and each.values[-1] == last for each in readers or self.readers))


@pytest.fixture
async def hall(database_url):
    async with (
        Site.open(database_url) as site,
        Database.open(database_url, pool_size=4) as database,
        open_feed(database, database_url, retention=A_DAY) as feed,
        AsyncExitStack() as stack,
    ):
        await begun(feed)
        yield Hall(site, database, feed, stack)


async def rested(hall, count):
    """Wait until all but one rest, which they do as soon as they have nothing to take."""
    await hall.until(lambda: hall.resting == count)


async def test_those_who_stand_at_the_same_place_are_led_by_one(hall):
    readers = [await hall.come() for _ in range(5)]
    await rested(hall, 4)
    assert hall.feed.followers == 5
    await hall.write(3)
    await hall.write(10)
    await hall.all_told()
    assert {tuple(each.values) for each in readers} == {tuple(range(13))}
    assert all(each.ways["waited for"] == 0 for each in readers)
    assert hall.resting == 4


async def test_whoever_is_slow_falls_behind_alone_and_comes_back(hall):
    readers = [await hall.come() for _ in range(4)]
    await rested(hall, 3)
    slow = readers[2]
    slow.busy = lambda: len(slow.values) in {2, 3, 4}
    for _ in range(6):
        await hall.write(1)
        await hall.all_told()
    assert slow.values == list(range(6))
    assert slow.ways["waited for"] > 0
    assert all(each.ways["waited for"] == 0 for each in readers if each is not slow)
    await rested(hall, 3)


async def test_a_slow_leader_leads_nobody(hall):
    readers = [await hall.come() for _ in range(3)]
    await rested(hall, 2)
    readers[0].busy = lambda: True
    for _ in range(3):
        await hall.write(2)
    await hall.all_told()
    assert [each.values for each in readers] == [list(range(6))] * 3


async def test_another_one_leads_when_the_leader_leaves(hall):
    readers = [await hall.come() for _ in range(3)]
    await rested(hall, 2)
    await hall.write(1)
    await hall.all_told()
    await readers[0].leave()
    await hall.write(2)
    await hall.all_told(*readers[1:])
    assert [each.values for each in readers] == [[0], [0, 1, 2], [0, 1, 2]]
    await rested(hall, 1)


async def test_a_stop_ends_those_who_rest_too(hall):
    readers = [await hall.come() for _ in range(3)]
    await rested(hall, 2)
    hall.feed.close()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(each.task for each in readers))
    assert not hall.feed.groups


async def test_a_change_of_access_lets_everybody_look_for_themselves(hall):
    readers = [await hall.come() for _ in range(3)]
    await rested(hall, 2)
    hall.feed.access.changed(hall.site.world.number)
    await hall.write(2)
    await hall.all_told()
    await hall.write(1)  # they stand at the same place again, and know it when they have been told something
    await hall.all_told()
    assert [each.values for each in readers] == [[0, 1, 2]] * 3
    await rested(hall, 2)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_each_is_told_everything_once(hall, seed):
    random, came = Random(seed), []
    for _ in range(60):
        match random.randrange(6):
            case 0 if len(hall.readers) < 8:
                came.append((await hall.come(), hall.feed.at))
                came[-1][0].busy = lambda: random.random() < 0.15
            case 1 if len(hall.readers) > 2:
                await hall.readers.pop(random.randrange(len(hall.readers))).leave()
            case 2:
                hall.feed.access.changed(hall.site.world.number)
            case _:
                await hall.write(random.choice([1, 1, 3, 20]))
        for _ in range(random.randrange(20)):
            await asyncio.sleep(0)
    await hall.write(1)
    await hall.all_told()
    assert len(came) > 3
    for reader, _ in came:
        assert not reader.gaps
        first = int(reader.values[0]) if reader.values else 0
        assert reader.values == list(range(first, first + len(reader.values)))
    assert sum(each.ways["taken"] for each, _ in came) > 0
    assert sum(each.ways["waited for"] for each, _ in came) > 0
