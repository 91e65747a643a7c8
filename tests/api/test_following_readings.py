"""`readingsRecorded`, run on the executable schema over a real database."""

import asyncio
import gc
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from tests.asking import answer_of, boundless, followed
from tests.feeds import A_DAY, PATIENCE_S, Site, begun
from twinql.api import make_schema
from twinql.context import Context
from twinql.domain import global_id
from twinql.domain.cursor import Cursor
from twinql.domain.identity import User
from twinql.live import open_feed
from twinql.storage.database import Database

FOLLOW = """
subscription($filter: ReadingFilter!, $after: Cursor, $snapshot: Boolean! = false, $maxBatch: Int! = 200) {
  readingsRecorded(filter: $filter, after: $after, snapshot: $snapshot, maxBatch: $maxBatch) {
    cursor
    caughtUp
    gap { from to reason }
    ranges { channel { key } firstAt lastAt count }
    readings {
      id value unit label status quality source observedAt intervalStart
      channel { key site { name } latest { value } }
      corrections { formerValue }
    }
  }
}
"""


class Watch:
    """Subscriptions of one organisation's viewer."""

    def __init__(self, site, database, feed):
        self.site, self.database, self.feed, self.engine = site, database, feed, boundless(make_schema())

    async def subscribe(self, wanted, *, actor=None, **variables):
        context = Context(self.database, actor or self.site.world.viewer, datetime.now(UTC), feed=self.feed)
        variables = {"filter": wanted, **variables}
        return aclosing(await followed(self.engine, context, FOLLOW, variables))

    def id(self, type_name, key):
        return global_id.encode(type_name, key)

    def channels(self, *keys):
        return {"channelIds": [self.id("Channel", self.site.world.channels[key]) for key in keys]}

    async def followed_by(self, count):
        async with asyncio.timeout(PATIENCE_S):
            while self.feed.followers != count:  # noqa: ASYNC110 - nobody else waits for this
                await asyncio.sleep(0)


@pytest.fixture
async def watch(database_url):
    async with (
        Site.open(database_url) as site,
        Database.open(database_url, pool_size=4) as database,
        open_feed(database, database_url, retention=A_DAY) as feed,
    ):
        await begun(feed)
        yield Watch(site, database, feed)


async def event_of(stream):
    async with asyncio.timeout(PATIENCE_S):
        result = await anext(stream)
    assert result.errors is None, result.errors
    return result.data["readingsRecorded"]


async def refusal_of(stream):
    async with asyncio.timeout(PATIENCE_S):
        result = await anext(stream)
    (error,) = result.errors
    return error["extensions"]["code"], error["message"]


async def first_event(watch, stream, act):
    """Do something once the subscription follows, and return what it tells."""
    waiting = asyncio.create_task(event_of(stream))
    await watch.followed_by(1)
    await act
    return await waiting


async def test_a_row_inserted_with_sql_arrives_as_a_reading_of_the_graph(watch):
    async with await watch.subscribe(watch.channels("energy")) as stream:
        event = await first_event(watch, stream, watch.site.insert(1800, key="energy"))
        assert await watch.feed.read_cursor(event["cursor"]) == watch.feed.at
        assert (event["caughtUp"], event["gap"], event["ranges"]) == (True, None, [])
        (reading,) = event["readings"]
        asked = await answer_of(
            watch.engine,
            Context(watch.database, watch.site.world.viewer, datetime.now(UTC), watch.feed),
            "query($id: ID!) { node(id: $id) { ... on Reading { "
            "id value unit label status quality source observedAt intervalStart "
            "channel { key site { name } latest { value } } corrections { formerValue } } } }",
            {"id": reading["id"]},
        )
        assert asked.errors is None
        assert reading == asked.data["node"]
        assert (reading["value"], reading["source"]) == (1800.0, "DATABASE")
        assert reading["intervalStart"] is not None


async def test_a_state_arrives_with_its_label(watch):
    async with await watch.subscribe(watch.channels("execution")) as stream:
        event = await first_event(watch, stream, watch.site.insert(1, key="execution"))
    assert event["readings"][0]["label"] == "RUNNING"


async def test_each_event_is_looked_at_anew(watch):
    async with await watch.subscribe(watch.channels("temperature")) as stream:
        first = await first_event(watch, stream, watch.site.insert(1))
        await watch.site.insert(2)
        second = await event_of(stream)
    latest = [event["readings"][0]["channel"]["latest"]["value"] for event in (first, second)]
    assert latest == [1.0, 2.0]


@pytest.mark.parametrize("which", ["assetIds", "siteIds", "everything"])
async def test_an_asset_a_site_or_everything_can_be_followed(watch, which):
    world = watch.site.world
    filters = {
        "assetIds": {"assetIds": [watch.id("Machine", world.machine)]},
        "siteIds": {"siteIds": [watch.id("Site", world.site)]},
        "everything": {},
    }
    async with await watch.subscribe(filters[which]) as stream:
        event = await first_event(watch, stream, watch.site.insert(1))
    assert event["readings"][0]["channel"]["key"] == "temperature"


async def test_a_snapshot_comes_first_and_then_the_word_that_it_is_over(watch):
    await watch.site.insert(1, 5)
    await watch.site.insert(1, key="execution")
    async with await watch.subscribe({}, snapshot=True) as stream:
        snapshot = await event_of(stream)
        assert {each["channel"]["key"]: each["value"] for each in snapshot["readings"]} == {
            "temperature": 5.0,
            "execution": 1.0,
        }
        assert snapshot["caughtUp"] is False
        begins = await event_of(stream)
        assert (begins["caughtUp"], begins["readings"]) == (True, [])
        await watch.site.insert(6)
        assert (await event_of(stream))["readings"][0]["value"] == 6.0


async def test_it_goes_on_from_a_cursor_in_pieces_of_the_size_asked_for(watch):
    async with await watch.subscribe(watch.channels("temperature")) as stream:
        cursor = (await first_event(watch, stream, watch.site.insert(1)))["cursor"]
    await watch.site.insert(2, 26)
    values = []
    async with await watch.subscribe(watch.channels("temperature"), after=cursor, maxBatch=10) as stream:
        event = await event_of(stream)
        while not event["caughtUp"]:
            assert len(event["readings"]) <= 10
            values += [reading["value"] for reading in event["readings"]]
            event = await event_of(stream)
    assert values == [float(value) for value in range(2, 27)]


async def test_a_gap_is_told(watch):
    strange = Cursor(watch.feed.at.epoch, watch.feed.at.position + 5)
    async with await watch.subscribe({}, after=watch.feed.write_cursor(strange)) as stream:
        event = await event_of(stream)
    assert event["gap"]["reason"] == "FEED_RESET"
    ends = [await watch.feed.read_cursor(text) for text in (event["gap"]["from"], event["gap"]["to"], event["cursor"])]
    assert ends == [strange, watch.feed.at, watch.feed.at]


async def test_a_cursor_is_as_good_at_another_server_of_the_same_database(watch, database_url):
    async with await watch.subscribe(watch.channels("temperature")) as stream:
        cursor = (await first_event(watch, stream, watch.site.insert(1)))["cursor"]
    await watch.site.insert(2)
    async with open_feed(watch.database, database_url, retention=A_DAY) as feed:
        other = Watch(watch.site, watch.database, feed)
        async with await other.subscribe(watch.channels("temperature"), after=cursor) as stream:
            event = await event_of(stream)
    assert ([each["value"] for each in event["readings"]], event["gap"]) == ([2.0], None)


async def test_a_cursor_of_another_database_is_refused(watch, database_url):
    cursor = watch.feed.write_cursor(watch.feed.at)
    # The databases of tests are copies of one, and so would have one secret.
    await watch.site.connection.execute("update twinql_private.feed set cursor_secret = sha256('another')")
    async with (
        open_feed(watch.database, database_url, retention=A_DAY) as feed,
        await Watch(watch.site, watch.database, feed).subscribe({}, after=cursor) as stream,
    ):
        code, message = await refusal_of(stream)
    assert code == "BAD_USER_INPUT"
    assert "no cursor of a feed" in message


async def test_cursors_do_not_show_whether_anything_happened(watch):
    cursors = [watch.feed.write_cursor(watch.feed.at) for _ in range(2)]
    assert cursors[0] != cursors[1]
    assert [await watch.feed.read_cursor(each) for each in cursors] == [watch.feed.at] * 2


async def test_a_large_import_is_told_as_a_range(watch):
    async with await watch.subscribe(watch.channels("temperature")) as stream:
        event = await first_event(watch, stream, watch.site.insert(1, 10_001))
    (changed,) = event["ranges"]
    assert (changed["channel"]["key"], changed["count"], event["readings"]) == ("temperature", 10_001, [])


@pytest.mark.parametrize(
    ("wanted", "variables", "code", "sentence"),
    [
        ({"channelIds": ["nonsense"]}, {}, "BAD_USER_INPUT", "no id of TwinQL"),
        ({"channelIds": []}, {}, "BAD_USER_INPUT", "1 to 1,000 ids"),
        ({"siteIds": [global_id.encode("Meter", Site.NOWHERE)]}, {}, "BAD_USER_INPUT", "id of a Site is needed"),
        ({"channelIds": [global_id.encode("Channel", Site.NOWHERE)]}, {}, "NOT_FOUND", "no channel with the id at"),
        ({"assetIds": [global_id.encode("Meter", Site.NOWHERE)]}, {}, "NOT_FOUND", "no meter or machine"),
        ({}, {"after": "nonsense"}, "BAD_USER_INPUT", "no cursor of a feed"),
        ({}, {"maxBatch": 0}, "BAD_USER_INPUT", "from 1 to 1,000"),
        ({}, {"maxBatch": 1_001}, "BAD_USER_INPUT", "from 1 to 1,000"),
        ({}, {"actor": User("https://issuer.test", "nobody")}, "FORBIDDEN", "No organisation is in force"),
    ],
)
async def test_what_cannot_be_followed_is_refused_with_one_sentence(watch, wanted, variables, code, sentence):
    async with await watch.subscribe(wanted, **variables) as stream:
        told, message = await refusal_of(stream)
    assert told == code
    assert sentence in message
    assert watch.feed.followers == 0


async def test_what_belongs_to_another_organisation_is_not_found(watch, database_url):
    async with Site.open(database_url, "Other") as other:
        foreign = {"siteIds": [watch.id("Site", other.world.site)]}
        async with await watch.subscribe(foreign) as stream:
            assert (await refusal_of(stream))[0] == "NOT_FOUND"


async def test_a_subscription_that_is_closed_leaves_nothing(watch):
    async def cycles(count):
        for _ in range(count):
            async with await watch.subscribe({}, snapshot=True) as stream:
                await event_of(stream)
        await watch.followed_by(0)
        gc.collect()
        return len(asyncio.all_tasks()), len(gc.get_objects())

    tasks, objects = await cycles(100)
    still, more = await cycles(300)
    assert still <= tasks
    assert more - objects < 300  # less than one object for each
    assert not watch.feed.groups


async def test_followers_come_and_go_while_something_happens(watch):
    for place in range(30):
        async with await watch.subscribe({}) as stream:
            await first_event(watch, stream, watch.site.insert(1 + place))
        await watch.followed_by(0)
    assert not watch.feed.groups
