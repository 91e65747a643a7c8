"""The live feed over a real database: every committed row is told once, in commit order, or a gap is."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.feeds import A_DAY, NOON, PATIENCE_S, Site, following_batch, tailed, values_of
from twinql.domain.events import EventKind, FeedGapReason, Following
from twinql.domain.readings import ReadingSource, StoredQuality
from twinql.errors import UnavailableError
from twinql.live import open_feed
from twinql.live.feed import Feed


async def test_a_row_inserted_with_plain_sql_arrives_whole(site, feed):
    with feed.follow(site.following("temperature")) as follower:
        await site.insert(7)
        batch = await following_batch(follower)
    (reading,) = batch.readings
    assert reading.observed_at == NOON + timedelta(seconds=7)
    assert reading.value == 7.0
    assert reading.channel_number == site.numbers["temperature"]
    assert abs(datetime.now(UTC) - reading.recorded_at) < timedelta(seconds=PATIENCE_S)
    assert (reading.quality, reading.source) == (StoredQuality.GOOD, ReadingSource.DATABASE)
    assert (batch.caught_up, batch.gap, batch.ranges) == (True, None, ())


async def test_every_digit_arrives_whatever_the_writers_settings(site, feed):
    await site.connection.execute("set extra_float_digits = -10; set timezone = 'Australia/Lord_Howe'")
    with feed.follow(site.following("temperature")) as follower:
        await site.connection.execute(
            "insert into readings (observed_at, value, channel_number, organisation_number) values ($1, $2, $3, $4)",
            NOON,
            0.1 + 0.2,
            site.numbers["temperature"],
            site.world.number,
        )
        (reading,) = (await following_batch(follower)).readings
    assert (reading.value, reading.observed_at) == (0.1 + 0.2, NOON)


async def test_a_follower_hears_of_its_channels_only(site, feed):
    with feed.follow(site.following("temperature")) as one, feed.follow(site.following("energy", "register")) as other:
        await site.insert(1, key="setpoint")
        await site.insert(2, key="energy")
        await site.insert(3)
        assert (await values_of(one, 1))[0] == [3.0]
        assert (await values_of(other, 1))[0] == [2.0]


async def test_nothing_of_another_organisation_arrives(site, feed, database_url):
    async with Site.open(database_url, "Other") as other:
        stolen = Following(other.world.number, channels=frozenset(site.numbers.values()))
        everything = Following(other.world.number, everything=True, sites=frozenset({site.world.site}))
        with feed.follow(stolen) as thief, feed.follow(everything) as whole:
            await site.insert(1)
            await other.insert(2)
            assert (await values_of(whole, 1))[0] == [2.0]
            assert thief.waiting == 0


async def test_channels_made_later_on_a_followed_asset_or_site_arrive_too(site, feed):
    mill = Following(site.world.number, assets=frozenset({site.world.machine}))
    whole = Following(site.world.number, sites=frozenset({site.world.site}))
    with feed.follow(mill) as of_mill, feed.follow(whole) as of_site:
        await site.insert(1)
        number = await site.connection.fetchval(
            """insert into channels
            (organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind)
            select organisation_id, organisation_number, site_id, asset_id, 'late', 'Late', quantity, unit, kind
            from channels where number = $1 returning number""",
            site.numbers["temperature"],
        )
        site.numbers["late"] = number
        await site.insert(2, key="late")
        await site.insert(3, key="price")
        await site.insert(4)
        assert (await values_of(of_mill, 3))[0] == [1.0, 2.0, 4.0]
        assert (await values_of(of_site, 4))[0] == [1.0, 2.0, 3.0, 4.0]


async def test_transactions_that_commit_out_of_order_are_told_in_commit_order(site, feed, database_url):
    slow = await asyncpg.connect(database_url)
    try:
        with feed.follow(site.following("temperature")) as follower:
            transaction = slow.transaction()
            await transaction.start()
            await site.insert(1, connection=slow)
            await site.insert(2)
            first = await following_batch(follower)
            await transaction.commit()
            second = await following_batch(follower)
    finally:
        await slow.close()
    assert [first.readings[0].value, second.readings[0].value] == [2.0, 1.0]
    assert first.cursor.position < second.cursor.position


async def test_what_is_rolled_back_is_never_told(site, feed):
    with feed.follow(site.following("temperature")) as follower:
        transaction = site.connection.transaction()
        await transaction.start()
        await site.insert(1)
        await transaction.rollback()
        await site.insert(2)
        assert (await values_of(follower, 1))[0] == [2.0]


async def test_a_large_import_is_told_as_a_range(site, feed):
    with feed.follow(site.following("temperature")) as follower, feed.follow(site.following("energy")) as other:
        await site.insert(1, 10_001)
        batch = await following_batch(follower)
        assert other.waiting == 0
    (changed,) = batch.ranges
    assert (changed.readings, batch.readings) == (10_001, ())
    assert changed.first_at == NOON + timedelta(seconds=1)
    assert changed.last_at == NOON + timedelta(seconds=10_001)
    assert changed.channel_number == site.numbers["temperature"]


async def test_a_deletion_is_told_as_a_range(site, feed):
    await site.insert(1, 3)
    with feed.follow(site.following("temperature")) as follower:
        await site.connection.execute("delete from readings where value = 2")
        batch = await following_batch(follower)
        while not batch.ranges:
            batch = await following_batch(follower)
    assert batch.ranges[0].first_at == batch.ranges[0].last_at == NOON + timedelta(seconds=2)


async def test_a_lost_connection_delays_and_loses_nothing(site, feed):
    with feed.follow(site.following("temperature")) as follower:
        for value in range(1, 4):
            await site.connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'twinql feed' and datname = current_database()"
            )
            await site.insert(value)
            assert (await values_of(follower, 1))[0] == [float(value)]


async def test_without_a_single_notification_everything_still_arrives(site, database, monkeypatch):
    monkeypatch.setattr("twinql.storage.outbox.CHANNEL", "nobody_speaks_here")
    async with tailed(Feed(database), site.url, poll_s=0.05) as feed:
        with feed.follow(site.following("temperature")) as follower:
            await site.insert(1)
            assert (await values_of(follower, 1))[0] == [1.0]


async def test_a_follower_may_come_before_the_tail_has_begun(site, database):
    feed = Feed(database)
    with feed.follow(site.following("temperature")) as follower:
        waiting = asyncio.create_task(following_batch(follower))
        await asyncio.sleep(0)
        async with tailed(feed, site.url):
            await site.insert(1)
            assert (await waiting).readings[0].value == 1.0


async def test_a_slow_follower_is_told_of_its_gap_and_delays_nobody(site, database):
    following = site.following("temperature")
    async with tailed(Feed(database, queue_bytes=2_500), site.url) as feed:
        with feed.follow(following) as slow, feed.follow(following) as quick:
            await site.insert(1)
            before = (await values_of(slow, 1))[1]
            values = (await values_of(quick, 1))[0]
            for value in range(2, 36):
                await site.insert(value)
                values += (await values_of(quick, 1))[0]
                assert slow.waiting <= 2_500
            assert values == [float(value) for value in range(1, 36)]
            told = await following_batch(slow)
            assert (told.gap.reason, told.gap.since) == (FeedGapReason.SLOW_FOLLOWER, before)
            assert told.cursor == told.gap.until
            rest = [reading.value for reading in (await following_batch(slow)).readings]
            assert rest
            assert rest == values[-len(rest) :]
            # What it missed is still in the table, for whoever asks.
            with feed.follow(following, after=before) as patient:
                assert (await values_of(patient, 34))[0] == values[1:]


async def test_commands_and_decisions_are_told_by_their_ids(site, feed):
    decisions = Following(site.world.number, EventKind.DECISIONS)
    with feed.follow(decisions) as follower, feed.follow(site.following("temperature")) as other:
        made = await site.connection.fetchval(
            """insert into decisions (organisation_id, asset_id, rule, action, urgency, reasons)
            values ($1, $2, 'limit', 'INSPECT', 'LOW', '[]') returning id""",
            site.world.organisation,
            site.world.machine,
        )
        assert (await following_batch(follower)).ids == (made,)
        assert other.waiting == 0


async def test_what_meters_are_charged_by_is_told_among_their_readings(site, feed):
    register, own = site.numbers["register"], site.world
    start = feed.at
    following = site.following("register", beside=frozenset({EventKind.METERING}))
    with feed.follow(following) as follower, feed.follow(site.following("register")) as other:
        tariff = await site.connection.fetchval(
            """insert into tariffs (organisation_id, name, direction, currency, unit)
            values ($1, 'Flat', 'IMPORT', 'EUR', 'KILOWATT_HOUR') returning id""",
            own.organisation,
        )
        await site.connection.execute(
            "insert into agreements (organisation_id, meter_id, tariff_id) values ($1, $2, $3)",
            own.organisation,
            own.meter,
            tariff,
        )
        assert (await following_batch(follower)).ids == (own.meter,)
        await site.connection.execute(
            """insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms)
            values ($1, $2, '2026-01-01', 'somebody', '{}')""",
            own.organisation,
            tariff,
        )
        assert (await following_batch(follower)).ids == (own.meter,)
        await site.connection.execute(
            """insert into register_events
            (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
            values ($1, $2, $3, 'RESET', 9, 0, 'somebody')""",
            own.organisation,
            own.channels["register"],
            NOON,
        )
        assert (await following_batch(follower)).ids == (own.meter,)
        await site.insert(1, key="register")
        (reading,) = (await following_batch(follower)).readings
        assert reading.channel_number == register
        assert (await following_batch(other)).readings == (reading,)
    with feed.follow(following, after=start) as resumed:
        past = await following_batch(resumed)
    assert (past.ids, len(past.readings)) == ((own.meter,), 1)


async def test_an_event_that_cannot_be_read_is_a_gap_and_stops_nothing(site, feed):
    async def write(kind):
        await site.connection.execute(
            "insert into twinql_private.outbox (organisation_number, kind, payload) values ($1, $2, '{}')",
            site.world.number,
            kind,
        )

    await site.connection.execute("alter table twinql_private.outbox drop constraint outbox_kind_check")
    start = feed.at
    with feed.follow(site.following("temperature")) as follower:
        await write("READINGS")
        live = await following_batch(follower)
        await write("WEATHER")
        await site.insert(1)
        assert (await values_of(follower, 1))[0] == [1.0]
    assert live.gap.reason is FeedGapReason.UNREADABLE
    with feed.follow(site.following("temperature"), after=start) as resumed:
        assert (await following_batch(resumed)).gap.reason is FeedGapReason.UNREADABLE
        assert (await values_of(resumed, 1))[0] == [1.0]


async def test_a_thousand_followers_come_and_go_and_leave_nothing(site, feed):
    tasks = len(asyncio.all_tasks())

    async def read_one(following):
        with feed.follow(following) as follower:
            return await following_batch(follower)

    for _ in range(10):
        several = [
            site.following("temperature"),
            site.following("energy", "price"),
            Following(site.world.number, assets=frozenset({site.world.machine})),
            Following(site.world.number, sites=frozenset({site.world.site})),
            Following(site.world.number, everything=True),
        ]
        readers = [asyncio.create_task(read_one(following)) for following in several * 20]
        await asyncio.sleep(0)
        assert feed.followers == 100
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    assert feed.followers == 0
    assert not feed.groups
    assert not feed.groups._index
    assert len(asyncio.all_tasks()) <= tasks  # the first pruning may still have been under way at the start


async def test_the_end_of_the_feed_ends_every_follower_and_lets_nobody_in(site, database, database_url):
    async with open_feed(database, database_url, retention=A_DAY) as feed:
        with feed.follow(site.following("temperature")) as follower:
            waiting = asyncio.create_task(following_batch(follower))
            await asyncio.sleep(0)
            feed.close()
            with pytest.raises(StopAsyncIteration):
                await waiting
            with pytest.raises(UnavailableError), feed.follow(site.following("temperature")):
                pass
