"""Followers who are told the same: it is worked out once, and written as executing it would write it."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime

import orjson
import pytest

from subscriptions.known import KnownChannels
from tests.asking import boundless
from tests.feeds import A_DAY, PATIENCE_S, Site, begun
from twinql.api import make_schema
from twinql.api.operation import Asked
from twinql.api.sharing import Sharing, Worked
from twinql.context import Context
from twinql.domain.identity import User
from twinql.live import open_feed
from twinql.storage.database import Database

PLAIN = """
subscription($filter: ReadingFilter! = {}, $after: Cursor, $names: Boolean! = true) {
  told: readingsRecorded(filter: $filter, after: $after) {
    __typename caughtUp gap { reason to }
    rows: readings {
      ...Said observedAt at: observedAt interval: intervalStart
      channel @include(if: $names) { id key name unit asset { __typename id name site { name timeZone } } }
    }
    ranges { firstAt lastAt count from: channel { key limits { high } } }
  }
}
fragment Said on Reading { id value unit label status quality source __typename }
"""


class Desk:
    """Followers at one server."""

    def __init__(self, site, database, feed):
        self.site, self.database, self.feed = site, database, feed
        self.engine, self.resolving = (boundless(make_schema(), pass_through=each) for each in (True, False))

    async def follow(self, stack, *, engine=None, actor=None, document=PLAIN, **variables):
        engine = engine or self.engine
        context = Context(self.database, actor or self.site.world.viewer, datetime.now(UTC), feed=self.feed)
        before = self.feed.followers
        operation = await engine.prepare(Asked(document, variables=variables), context)
        stream = await stack.enter_async_context(aclosing(await engine.subscribe(operation, context)))
        first = asyncio.ensure_future(anext(stream))
        stack.callback(first.cancel)
        async with asyncio.timeout(PATIENCE_S):
            while self.feed.followers == before:  # noqa: ASYNC110 - nobody else waits for this
                await asyncio.sleep(0)
        return stream, first


@pytest.fixture
async def desk(database_url):
    async with (
        Site.open(database_url) as site,
        Database.open(database_url, pool_size=4) as database,
        open_feed(database, database_url, retention=A_DAY) as feed,
    ):
        await begun(feed)
        yield Desk(site, database, feed)


async def soon(awaited):
    async with asyncio.timeout(PATIENCE_S):
        return await awaited


async def told_by_both(desk, act, **variables):
    async with AsyncExitStack() as stack:
        followers = [await desk.follow(stack, engine=each, **variables) for each in (desk.engine, desk.resolving)]
        await act
        answers = [await soon(first) for _, first in followers]
    assert [each.text is not None for each in answers] == [True, False]
    data = [orjson.loads(each.body())["data"] for each in answers]
    assert data[0] == data[1]
    assert list(data[0]["told"]) == list(data[1]["told"])
    return data[0]["told"]


@pytest.mark.parametrize("key", ["temperature", "energy", "execution", "price", "register"])
async def test_readings_are_written_as_executing_writes_them(desk, key):
    told = await told_by_both(desk, desk.site.insert(0, 3, key=key))
    assert [each["value"] for each in told["rows"]] == [0.0, 1.0, 2.0, 3.0]
    assert told["rows"][0]["channel"]["key"] == key


async def test_what_is_left_out_is_left_out(desk):
    told = await told_by_both(desk, desk.site.insert(1), names=False)
    assert "channel" not in told["rows"][0]


async def test_qualities_and_sources_are_written_as_executing_writes_them(desk):
    insert = """
    insert into readings (observed_at, value, quality, source, channel_number, organisation_number)
    select '2026-03-01T12:00:00.25Z'::timestamptz + n * interval '1 hour',
        case when q = 'BAD' then null else n / 7.0 end, q, (enum_range(null::reading_source))[1 + n % 3], $1, $2
    from unnest(enum_range(null::reading_quality)) with ordinality as e (q, n)
    """
    number = desk.site.numbers["temperature"]
    told = await told_by_both(desk, desk.site.connection.execute(insert, number, desk.site.world.number))
    assert {each["quality"] for each in told["rows"]} == {"GOOD", "UNCERTAIN", "BAD"}
    assert told["rows"][0]["observedAt"].endswith(":00.25Z")


async def test_ranges_are_written_as_executing_writes_them(desk):
    told = await told_by_both(desk, desk.site.insert(1, 10_001))
    assert (told["ranges"][0]["count"], told["ranges"][0]["from"]["key"], told["rows"]) == (10_001, "temperature", [])


async def test_an_event_is_worked_out_once_for_all_who_are_told_the_same(desk):
    async with AsyncExitStack() as stack:
        followers = [await desk.follow(stack) for _ in range(5)]
        await desk.site.insert(1)
        first = [await soon(each) for _, each in followers]
        await desk.site.insert(2)
        second = [await soon(anext(stream)) for stream, _ in followers]
    assert len(set(map(id, first))) == len(set(map(id, second))) == 1
    assert first[0] is not second[0]
    assert orjson.loads(second[0].body())["data"]["told"]["rows"][0]["value"] == 2.0


async def test_followers_who_came_from_different_places_are_told_alike_from_then_on(desk):
    async with AsyncExitStack() as stack:
        _, first = await desk.follow(stack)
        await desk.site.insert(1)
        cursor = (await soon(first)).cursor
        await desk.site.insert(2, 3)
        latecomer, missed = await desk.follow(stack, after=cursor)
        assert [each["value"] for each in orjson.loads((await soon(missed)).body())["data"]["told"]["rows"]] == [2, 3]
        assert orjson.loads((await soon(anext(latecomer))).body())["data"]["told"] == {
            "__typename": "ReadingsRecorded", "caughtUp": True, "gap": None, "rows": [], "ranges": [],
        }  # fmt: skip
        newcomer, live = await desk.follow(stack)
        await desk.site.insert(4)
        assert await soon(anext(latecomer)) is await soon(live)
        assert newcomer is not latecomer


async def test_whoever_sees_less_shares_with_nobody_who_sees_more(desk):
    async with AsyncExitStack() as stack:
        _, viewer = await desk.follow(stack)
        owner = User(desk.site.world.viewer.issuer, "acme-owner")
        _, other = await desk.follow(stack, actor=owner)
        await desk.site.insert(1)
        mine, theirs = await soon(viewer), await soon(other)
    assert mine is not theirs
    assert orjson.loads(mine.body())["data"]["told"]["rows"] == orjson.loads(theirs.body())["data"]["told"]["rows"]


async def test_the_past_is_looked_at_by_each_anew(desk):
    latest = """
    subscription($after: Cursor) {
      told: readingsRecorded(filter: {}, after: $after) { cursor readings { channel { latest { value } } } }
    }
    """

    async def first_of_the_past(stack):
        _, first = await desk.follow(stack, document=latest, after=cursor)
        reading, *_ = orjson.loads((await soon(first)).body())["data"]["told"]["readings"]
        return reading["channel"]["latest"]["value"]

    async with AsyncExitStack() as stack:
        stream, first = await desk.follow(stack, document=latest)
        await desk.site.insert(1)
        cursor = (await soon(first)).cursor
        await desk.site.insert(2)
        await soon(anext(stream))
        before = await first_of_the_past(stack)
        await desk.site.connection.execute("update readings set value = 7 where value = 2")
        assert (before, await first_of_the_past(stack)) == (2.0, 7.0)


async def test_each_is_told_what_they_themselves_may_do(desk):
    mine = """
    subscription { told: readingsRecorded(filter: {}) { readings { channel { id latest { value } } } } }
    """
    async with AsyncExitStack() as stack:
        _, first = await desk.follow(stack, document=mine)
        _, other = await desk.follow(stack, document=mine, actor=User(desk.site.world.viewer.issuer, "acme-operator"))
        await desk.site.insert(1)
        assert await soon(first) is not await soon(other)


async def test_what_goes_on_by_itself_is_looked_at_for_each_event(desk):
    latest = "subscription { told: readingsRecorded(filter: {}) { readings { channel { latest { value } } } } }"
    async with AsyncExitStack() as stack:
        stream, first = await desk.follow(stack, document=latest)
        await desk.site.insert(1)
        answers = [await soon(first)]
        await desk.site.insert(2)
        answers.append(await soon(anext(stream)))
    values = [
        orjson.loads(each.body())["data"]["told"]["readings"][0]["channel"]["latest"]["value"] for each in answers
    ]
    assert values == [1.0, 2.0]


async def test_what_is_broken_off_somewhere_below_is_told_and_not_swallowed(desk, monkeypatch):
    async def broken_off(_known, _numbers):
        raise asyncio.CancelledError

    async with AsyncExitStack() as stack:
        stream, first = await desk.follow(stack)
        monkeypatch.setattr(KnownChannels, "of", broken_off)
        await desk.site.insert(1)
        (error,) = (await soon(first)).errors
        assert error["extensions"]["code"] == "INTERNAL"
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_whoever_leaves_in_the_middle_takes_nothing_from_the_others():
    sharing, begun_, go_on = Sharing(), asyncio.Event(), asyncio.Event()

    async def work():
        begun_.set()
        await go_on.wait()
        return Worked("told", common=True)

    with sharing.among("us") as alike, sharing.among("us"):
        first = asyncio.create_task(alike.once(1, work))
        await begun_.wait()
        second = asyncio.create_task(alike.once(1, work))
        await asyncio.sleep(0)
        first.cancel()
        go_on.set()
        assert (await second).answer == "told"


async def test_what_was_worked_out_with_other_rights_is_for_nobody_else():
    sharing, asked = Sharing(), []

    async def work():
        asked.append(1)
        await asyncio.sleep(0)
        return Worked(f"of {len(asked)}", common=False)

    with sharing.among("us") as alike, sharing.among("us"):
        told = await asyncio.gather(alike.once(1, work), alike.once(1, work))
    assert len(asked) == 2
    assert [each.answer for each in told] == ["of 1", "of 2"]


async def test_what_went_wrong_goes_wrong_for_all_and_is_not_kept_for_ever():
    sharing, asked = Sharing(), []

    async def work():
        asked.append(1)
        raise ConnectionResetError

    with sharing.among("us") as alike, sharing.among("us"):
        for place in range(10):
            outcomes = await asyncio.gather(alike.once(place, work), alike.once(place, work), return_exceptions=True)
            assert [type(each) for each in outcomes] == [ConnectionResetError] * 2
        assert len(asked) == 10
        assert len(alike._kept) <= 4
    assert not sharing._alike
