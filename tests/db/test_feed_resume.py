"""Whoever comes back to the live feed gets everything since, once, or is told of a gap."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.feeds import A_DAY, following_batch, tailed, values_of
from twinql.domain.cursor import Cursor
from twinql.domain.events import FeedGapReason
from twinql.live.feed import Feed
from twinql.live.pruning import prune_outbox


async def test_a_large_batch_comes_in_pieces_and_each_piece_can_be_gone_on_from(site, feed):
    with feed.follow(site.following("temperature"), most=300) as follower:
        await site.insert(1, 2_500)
        sizes, cursors, values = [], [], []
        while len(values) < 2_500:
            batch = await following_batch(follower)
            sizes.append(len(batch.readings))
            cursors.append(batch.cursor)
            values += [reading.value for reading in batch.readings]
    assert values == [float(value) for value in range(1, 2_501)]
    assert max(sizes) == 300
    done = 0
    for size, cursor in zip(sizes, cursors, strict=True):
        done += size
        if done < 2_500:
            with feed.follow(site.following("temperature"), after=cursor, most=1_000) as resumed:
                assert (await values_of(resumed, 2_500 - done))[0] == values[done:]


async def test_whoever_comes_back_gets_everything_since_once_and_then_what_is_new(site, feed):
    with feed.follow(site.following("temperature")) as follower:
        await site.insert(1)
        _, cursor = await values_of(follower, 1)
    for value in range(2, 252):
        await site.insert(value)
        await site.insert(value, key="energy")
    with feed.follow(site.following("temperature"), after=cursor) as resumed:
        await site.insert(252)
        caught_up, values = [], []
        while len(values) < 251 or not caught_up[-1]:
            batch = await following_batch(resumed)
            caught_up.append(batch.caught_up)
            values += [reading.value for reading in batch.readings]
        assert values == [float(value) for value in range(2, 253)]
        assert caught_up == sorted(caught_up)
        await site.insert(253)
        batch = await following_batch(resumed)
        assert ([reading.value for reading in batch.readings], batch.caught_up) == ([253.0], True)


async def test_whoever_missed_nothing_is_told_so_at_once(site, feed):
    with feed.follow(site.following("temperature")) as follower:
        await site.insert(1)
        _, cursor = await values_of(follower, 1)
    await site.insert(2, key="energy")
    with feed.follow(site.following("temperature"), after=cursor) as resumed:
        batch = await following_batch(resumed)
        assert (batch.readings, batch.caught_up, batch.gap) == ((), True, None)
        assert batch.cursor.position >= cursor.position


async def test_a_cursor_that_another_process_handed_out_may_be_ahead_of_this_tail(site, database, feed):
    late = Feed(database)
    late.begin(feed.at, pruned=0, secret=bytes(32))
    with feed.follow(site.following("temperature"), most=3) as follower:
        await site.insert(1, 5)
        _, piece = await values_of(follower, 3)
    assert piece.rows == 3
    with late.follow(site.following("temperature"), after=piece) as resumed:
        assert (await following_batch(resumed)).caught_up
        async with tailed(late, site.url):
            assert (await values_of(resumed, 2))[0] == [4.0, 5.0]


async def test_a_cursor_older_than_what_is_kept_gives_a_gap_and_then_the_rest(site, database, feed):
    with feed.follow(site.following("temperature")) as follower:
        await site.insert(1)
        _, cursor = await values_of(follower, 1)
        await site.insert(2, 4)
        _, pruned_to = await values_of(follower, 3)
    assert await prune_outbox(database, timedelta(0)) > 0
    await site.insert(5)
    with feed.follow(site.following("temperature"), after=cursor) as resumed:
        first = await following_batch(resumed)
        assert first.gap.reason is FeedGapReason.RETENTION_EXCEEDED
        assert (first.gap.since, first.gap.until) == (cursor, pruned_to)
        assert (first.readings, first.cursor) == ((), pruned_to)
        assert (await values_of(resumed, 1))[0] == [5.0]
    with feed.follow(site.following("temperature"), after=pruned_to) as resumed:
        assert (await values_of(resumed, 1))[0] == [5.0]


async def test_pruning_stops_at_the_first_event_that_is_young_and_works_in_steps(site, database, monkeypatch):
    monkeypatch.setattr("twinql.live.pruning.STEP", 2)
    for value in range(6):
        await site.insert(value)
    newest = await site.connection.fetchval("select max(position) from twinql_private.outbox")
    await site.connection.execute(
        "update twinql_private.outbox set written_at = now() - interval '2 days' where position <> $1", newest - 1
    )
    assert await prune_outbox(database, A_DAY) == newest - 2
    assert await site.connection.fetchval(
        "select array_agg(position order by position) from twinql_private.outbox"
    ) == [newest - 1, newest]
    assert await site.connection.fetchval("select pruned_position from twinql_private.feed") == newest - 2


@pytest.mark.parametrize("strange", ["another epoch", "a restored database"])
async def test_a_cursor_of_another_life_of_the_feed_gives_a_gap(site, feed, strange):
    at = Cursor(uuid4(), 1) if strange == "another epoch" else Cursor(feed.at.epoch, feed.at.position + 1_000)
    with feed.follow(site.following("temperature"), after=at) as resumed:
        first = await following_batch(resumed)
        assert (first.gap.since, first.gap.reason) == (at, FeedGapReason.FEED_RESET)
        assert first.cursor == feed.at
        await site.insert(1)
        assert (await values_of(resumed, 1))[0] == [1.0]


async def test_a_long_replay_is_no_reason_for_a_gap(site, database):
    async with tailed(Feed(database, queue_bytes=1_200), site.url) as feed:
        start = feed.at
        await site.insert(1)
        with feed.follow(site.following("temperature"), after=start) as resumed:
            with feed.follow(site.following("temperature")) as witness:
                for value in range(2, 42):
                    await site.insert(value)
                    await values_of(witness, 1)
            assert (await values_of(resumed, 41))[0] == [float(value) for value in range(1, 42)]


async def test_a_tail_that_was_away_longer_than_events_are_kept_says_so(site, database):
    feed = Feed(database)
    with feed.follow(site.following("temperature")) as follower:
        async with tailed(feed, site.url):
            await site.insert(1)
            _, cursor = await values_of(follower, 1)
        await site.insert(2)
        await prune_outbox(database, timedelta(0))
        async with tailed(feed, site.url):
            batch = await following_batch(follower)
            assert (batch.gap.reason, batch.gap.since) == (FeedGapReason.RETENTION_EXCEEDED, cursor)
            await site.insert(3)
            assert (await values_of(follower, 1))[0] == [3.0]
            await site.connection.execute("update twinql_private.feed set epoch = gen_random_uuid()")
        async with tailed(feed, site.url):
            assert (await following_batch(follower)).gap.reason is FeedGapReason.FEED_RESET
            await site.insert(4)
            assert (await values_of(follower, 1))[0] == [4.0]


async def test_concurrent_writers_and_followers_that_are_cut_lose_and_double_nothing(site, feed):
    """Six writers with transactions of all lengths; a reader that leaves and comes back after every batch."""
    writers = 6
    rows = 60

    async def write(first):
        connection = await asyncpg.connect(site.url)
        try:
            for place in range(rows):
                async with connection.transaction():
                    await site.insert(first + place, connection=connection)
                    await asyncio.sleep((first * 7 + place * 13) % 5 / 1_000)
        finally:
            await connection.close()

    at, seen, positions = feed.at, [], []
    async with asyncio.TaskGroup() as group:
        for writer in range(writers):
            group.create_task(write(writer * rows))
        while len(seen) < writers * rows:
            with feed.follow(site.following("temperature"), after=at, most=7) as follower:
                batch = await following_batch(follower)
                while not batch.readings:
                    batch = await following_batch(follower)
            assert batch.gap is None
            seen += [reading.value for reading in batch.readings]
            at = batch.cursor
            positions.append((at.complete, at.rows))
    assert sorted(seen) == [float(value) for value in range(writers * rows)]
    assert positions == sorted(positions)
