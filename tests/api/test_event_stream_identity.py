"""Who may follow over an event stream, for how long, and from where: the whole graph over a real database."""

import asyncio
import json
import time

import pytest

from tests.edge import READINGS, bearer, open_edge
from tests.feeds import caught_up
from tests.listening import listening
from twinql.api.services import Limits
from twinql.domain import global_id
from twinql.live.replay import Replay

PLACED = """
subscription ($filter: ReadingFilter!, $after: Cursor, $snapshot: Boolean = false) {
  readingsRecorded(filter: $filter, after: $after, snapshot: $snapshot) { caughtUp readings { value } gap { reason } }
}
"""


@pytest.fixture
async def edge(database_url, schema):
    async with open_edge(database_url, schema) as edge:
        yield edge


async def readings(stream, count):
    """Hear until so many readings were told, in however many events, and return their values."""
    values = []
    while len(values) < count:
        event = (await stream.told())["readingsRecorded"]
        assert event.get("gap") is None
        values += [each["value"] for each in event["readings"]]
    return values


async def test_whoever_is_not_known_is_refused_with_401(edge):
    for authorization in (None, "Bearer nonsense"):
        async with listening(edge.streams, READINGS, authorization=authorization, filter={}) as stream:
            assert stream.answer.status_code == 401
            assert stream.answer.headers["www-authenticate"] == "Bearer"
            (error,) = json.loads(await stream.answer.aread())["errors"]
            assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_what_may_not_be_followed_is_told_in_an_event(edge):
    for authorization, wanted, code in (
        (bearer("nobody"), {}, "FORBIDDEN"),
        (bearer("acme-viewer"), {"channelIds": ["nonsense"]}, "BAD_USER_INPUT"),
    ):
        async with listening(edge.streams, READINGS, authorization=authorization, filter=wanted) as stream:
            (error,) = await stream.ending()
            assert error["extensions"]["code"] == code
    async with listening(
        edge.streams, PLACED, authorization=bearer("acme-viewer"), last="nonsense", filter={}
    ) as stream:
        (error,) = await stream.ending()
        assert "cursor" in error["message"]


async def test_a_stream_ends_with_the_token_that_began_it(edge):
    async with edge.listening(bearer("acme-viewer", lasts_s=2)) as stream:
        expires_at = time.time() + 2
        (error,) = await stream.ending()
        assert abs(time.time() - expires_at) < 1.5
        assert error["extensions"]["code"] == "UNAUTHENTICATED"
        assert error["message"] == "The token expired: begin this again with a new one."
    assert edge.feed.followers == 0


async def test_who_leaves_the_organisation_is_told_nothing_that_happens_afterwards(edge):
    async with edge.listening(bearer("acme-viewer")) as stream, edge.listening(bearer("acme-operator")) as other:
        await edge.site.insert(1)
        assert await readings(stream, 1) == [1.0]
        async with edge.site.connection.transaction():
            await edge.sql("delete from memberships where subject = 'acme-viewer'")
            await edge.site.insert(2)
        name, told = await stream.hear()
        assert (name, told["errors"][0]["extensions"]["code"]) == ("next", "FORBIDDEN")
        assert await stream.hear() == ("complete", None)
        assert await readings(other, 2) == [1.0, 2.0]


async def test_whoever_was_cut_off_goes_on_from_their_last_id(edge):
    who = bearer("acme-viewer")
    async with edge.listening(who, PLACED) as stream:
        await edge.site.insert(1, 2)
        assert await readings(stream, 2) == [1.0, 2.0]
        last = stream.last
    await edge.site.insert(3, 4)
    # The address of a page's stream stays the same: what it says of a place is older than the id.
    async with edge.listening(who, PLACED) as other:
        await edge.site.insert(5)
        assert await readings(other, 1) == [5.0]
        newer = other.last
    for variables in ({}, {"after": newer}, {"snapshot": True}):
        async with edge.listening(who, PLACED, last=last, **variables) as stream:
            assert await readings(stream, 3) == [3.0, 4.0, 5.0]
    async with edge.listening(who, PLACED, after=newer) as stream:
        assert (await stream.told())["readingsRecorded"] == {"caughtUp": True, "readings": [], "gap": None}


async def test_whoever_was_cut_off_before_anything_happened_misses_nothing(edge):
    who = bearer("acme-viewer")
    async with edge.listening(who, PLACED) as stream:
        pass
    await edge.site.insert(1)
    await caught_up(edge.feed, edge.database, edge.world.number)
    async with edge.listening(who, PLACED, last=stream.opening["id"]) as stream:
        assert await readings(stream, 1) == [1.0]


async def test_the_place_to_go_on_from_moves_on_while_nothing_is_told(database_url, schema):
    async with open_edge(database_url, schema, limits=Limits(keep_alive_s=0.05)) as edge:
        who, elsewhere = bearer("acme-viewer"), {"assetIds": [global_id.encode("Meter", edge.world.meter)]}
        async with edge.listening(who, PLACED, filter=elsewhere) as stream:
            await edge.site.insert(1)
            await caught_up(edge.feed, edge.database, edge.world.number)
            place = stream.opening["id"]
            while (await edge.feed.read_cursor(place)).position < edge.feed.at.position:
                place = (await stream.block()).get("id", place)
        async with edge.listening(who, PLACED, last=place) as stream:
            await edge.site.insert(2)
            assert await readings(stream, 1) == [2.0]


async def test_streams_of_the_same_are_told_without_reading_the_past(edge, monkeypatch):
    read, reads = Replay.read, []

    async def counted(replay, until):
        reads.append(until)
        return await read(replay, until)

    monkeypatch.setattr(Replay, "read", counted)
    who = bearer("acme-viewer")
    async with edge.listening(who) as first, edge.listening(who) as second, edge.following(who) as socket:
        for value in (1, 2, 3):
            await edge.site.insert(value)
            assert [await readings(each, 1) for each in (first, second)] == [[float(value)]] * 2
            await socket.hear()
    assert reads == []


async def test_a_snapshot_that_was_cut_off_begins_anew(edge):
    who = bearer("acme-viewer")
    await edge.site.insert(1)
    await edge.site.insert(2, key="execution")
    async with edge.listening(who, PLACED, snapshot=True) as stream:
        newest = await stream.block()
        assert "id" not in stream.opening
        assert "id" not in newest
        first = json.loads(newest["data"])["data"]["readingsRecorded"]
        assert sorted(each["value"] for each in first["readings"]) == [1.0, 2.0]
        assert "id" in await stream.block()


async def test_a_hundred_streams_leave_no_task_and_no_follower(edge):
    who = bearer("acme-viewer")

    async def come_and_go():
        async with edge.listening(who) as stream:
            assert "id" in stream.opening

    await come_and_go()
    before = len(asyncio.all_tasks())
    for _ in range(25):
        await asyncio.gather(*(come_and_go() for _ in range(4)))
    async with asyncio.timeout(20):
        while edge.feed.followers or len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - nobody waits for this
            await asyncio.sleep(0)
