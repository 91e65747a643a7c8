"""Live connections are told when access to their organisation changes, and before anything that happens afterwards."""

import asyncio

import pytest

from tests.feeds import NOON, PATIENCE_S, Site, following_batch, tailed
from twinql.domain.cursor import Cursor
from twinql.live import Feed

CHANGES = [
    "insert into memberships (organisation_id, issuer, subject, role) values ($1, 'i', 's', 'VIEWER')",
    "update memberships set role = 'VIEWER' where organisation_id = $1 and role = 'OPERATOR'",
    "delete from memberships where organisation_id = $1 and role = 'VIEWER'",
    "update api_keys set revoked_at = now() where organisation_id = $1",
    "update api_keys set expires_at = $2::timestamptz + interval '1 day' where organisation_id = $1",
    "delete from api_key_channels where organisation_id = $1",
]
KEY = """
with key as (
    insert into api_keys (organisation_id, name, hash, prefix, created_at, created_by)
    values ($1, 'gateway', sha256('key'), 'twinql_', $2, 'owner') returning id
)
insert into api_key_channels (api_key_id, channel_id, organisation_id)
select key.id, channels.id, $1 from key, channels where organisation_id = $1
"""


class Watch:
    """Notes when access was doubted."""

    def __init__(self):
        self.doubts, self._doubted = 0, asyncio.Event()

    def doubt(self):
        self.doubts += 1
        self._doubted.set()

    async def doubted(self):
        async with asyncio.timeout(PATIENCE_S):
            await self._doubted.wait()
        self._doubted.clear()


@pytest.fixture
async def key(site):
    await site.connection.execute(KEY, site.world.organisation, NOON)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_of_access_is_told_to_its_organisation_before_what_happens_next(
    site, feed, database_url, change
):
    watch, foreign = Watch(), Watch()
    async with Site.open(database_url, "Other") as other:
        await feed.now()
        with (
            feed.access.watch(site.world.number, watch.doubt),
            feed.access.watch(other.world.number, foreign.doubt),
            feed.follow(site.following("temperature")) as follower,
        ):
            before = feed.access.changes(site.world.number)
            async with site.connection.transaction():
                await site.connection.execute(change, site.world.organisation, *([NOON] if "$2" in change else []))
                await site.insert(1)
            await following_batch(follower)
            assert (watch.doubts, foreign.doubts) == (1, 0)
            assert feed.access.changes(site.world.number) == before + 1
    assert feed.access.connections(site.world.number) == 0


@pytest.mark.usefixtures("key")
async def test_the_use_of_a_key_changes_nobodys_access(site, feed):
    watch = Watch()
    with feed.access.watch(site.world.number, watch.doubt), feed.follow(site.following("temperature")) as follower:
        async with site.connection.transaction():
            await site.connection.execute("update api_keys set last_used_at = now()")
            await site.insert(1)
        await following_batch(follower)
    assert watch.doubts == 0


async def test_a_change_while_the_tail_was_cut_off_is_told_when_it_is_back(site, feed):
    watch = Watch()
    with feed.access.watch(site.world.number, watch.doubt):
        await site.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'twinql feed' and datname = current_database()"
        )
        await site.connection.execute("delete from memberships where role = 'VIEWER'")
        await watch.doubted()


async def test_a_change_without_a_notification_is_told(site, database, monkeypatch):
    monkeypatch.setattr("twinql.storage.outbox.CHANNEL", "nobody_speaks_here")
    watch = Watch()
    async with tailed(Feed(database), site.url, poll_s=0.05) as feed:
        with feed.access.watch(site.world.number, watch.doubt):
            await site.connection.execute("delete from memberships where role = 'VIEWER'")
            await watch.doubted()


async def test_everybody_is_doubted_when_the_feed_begins_anew_or_forgot_more_than_was_read(site, feed):
    watches = [Watch(), Watch()]
    with feed.access.watch(1, watches[0].doubt), feed.access.watch(2, watches[1].doubt):
        feed.begin(Cursor(Site.NOWHERE, 5), pruned=0, secret=bytes(32))
        assert [each.doubts for each in watches] == [1, 1]
        feed.forget(9)
        assert [each.doubts for each in watches] == [2, 2]
    assert feed.access.changes(site.world.number) == 2
