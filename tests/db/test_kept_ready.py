"""What is kept ready answers as readings would, whatever is written, and when."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.charts import every
from tests.tenants import DEVICE_CHANNELS, Acting, make_tenant
from twinql.domain.calendar import edges
from twinql.domain.readings import to_us
from twinql.domain.series import Aggregate, Bucket, Wish
from twinql.live.ready import build_waiting
from twinql.storage.rollups import rebuild, waiting
from twinql.storage.series import series_of
from twinql.storage.statements import load
from twinql.storage.stretches import period_of

NOW = datetime(2026, 11, 2, tzinfo=UTC)
# Two days before clocks change, in March in Berlin and in October in Sydney.
STARTS = [datetime(2026, 3, 27, 22, 10, tzinfo=UTC), datetime(2026, 10, 2, 1, tzinfo=UTC)]
ZONES = ["Europe/Berlin", "Australia/Sydney", "Asia/Kolkata", "UTC"]
BUCKETS = [each for each in Bucket if each is not Bucket.BILLING_MONTH]
QUALITIES = ["GOOD", "GOOD", "GOOD", "UNCERTAIN", "EDITED", "BAD"]
DAY = timedelta(days=1)
one_world = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def compared(charts, key, first, last, bucket):
    """Ask for buckets in both ways, in one transaction of a viewer; return what each answers, bucket by bucket."""
    [subject] = await charts.subjects(key)
    bounds = edges(bucket, first, last, ZoneInfo(subject.time_zone)) + int(subject.by_end)
    asked = [[subject.number], bounds.tolist(), *period_of(first, last, subject.by_end)]
    found = []
    async with charts.reading() as connection:
        for names in (("bucketed", "bucketed_ends"), ("buckets", "ends")):
            answers = [await connection.fetchrow(load("series")[names[0]], *asked)]
            answers += [await connection.fetchrow(load("series")[names[1]], *asked, newest) for newest in (True, False)]
            found.append([None if each is None else by_bucket(each) for each in answers])
    return found


def by_bucket(row):
    names = [name for name in row.keys() if name not in ("place", "buckets")]  # noqa: SIM118 - a Record
    columns = np.array([row[name] for name in names], dtype=float)
    return columns[:, np.argsort(row["buckets"])]


async def agree(charts, key, first, last):
    for bucket in BUCKETS:
        ready, raw = await compared(charts, key, first, last, bucket)
        for mine, theirs in zip(ready, raw, strict=True):
            assert (mine is None) == (theirs is None)
            if mine is not None:
                assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-9, nan_ok=True)


async def kept(charts, key):
    """Return the days of a channel that are kept ready, and its marks."""
    number = (await charts.facts(key))[0].number
    async with charts.database.pool.acquire() as connection:
        days = await connection.fetch(
            "select * from twinql.rollups where channel_number = $1 order by starts_at", number
        )
        marks = await connection.fetch(
            "select * from twinql.rollup_marks where channel_number = $1 order by first_at", number
        )
    return days, marks


class Life:
    """What may happen to a channel's readings; each of these by its name."""

    def __init__(self, charts, key, number, start, rng, *, dense):
        self.charts, self.key, self.number, self.start, self.rng, self.dense = charts, key, number, start, rng, dense

    def _period(self):
        begin = self.start + timedelta(minutes=int(self.rng.integers(-2_000, 4_000)))
        return begin, begin + timedelta(minutes=int(self.rng.integers(1, 1_500)))

    async def write(self):
        first, last = self._period()
        step = 2 if self.dense else 45
        at = [first + timedelta(minutes=m) for m in range(0, int((last - first).total_seconds() // 60), step)]
        values = self.rng.normal(0, 100, len(at))
        await self.charts.sql(
            "insert into readings (observed_at, value, channel_number, organisation_number, quality)"
            " select at, value, $1, $2, quality::reading_quality"
            " from unnest($3::timestamptz[], $4::float8[], $5::text[]) as r (at, value, quality)"
            " on conflict do nothing",
            self.number, self.charts.world.number, at, values.tolist(), self.rng.choice(QUALITIES, len(at)).tolist(),
        )  # fmt: skip

    async def copy(self):
        instant = self.start + timedelta(seconds=int(self.rng.integers(-100_000, 300_000)), microseconds=1)
        async with self.charts.database.pool.acquire() as connection:
            await connection.copy_records_to_table(
                "readings",
                records=[
                    (instant + timedelta(seconds=s), 1.5, self.number, self.charts.world.number) for s in range(20)
                ],
                columns=["observed_at", "value", "channel_number", "organisation_number"],
            )

    async def correct(self):
        await self.charts.sql(
            "update readings set value = value + 1, quality = 'EDITED'"
            " where channel_number = $1 and observed_at >= $2 and observed_at < $3", self.number, *self._period(),
        )  # fmt: skip

    async def shift(self):
        await self.charts.sql(
            "update readings set observed_at = observed_at + interval '1 day 0.25 seconds'"
            " where channel_number = $1 and observed_at >= $2 and observed_at < $3", self.number, *self._period(),
        )  # fmt: skip

    async def delete(self):
        await self.charts.sql(
            "delete from readings where channel_number = $1 and observed_at >= $2 and observed_at < $3",
            self.number, *self._period(),
        )  # fmt: skip

    async def move(self):
        await self.charts.move_to(self.rng.choice(ZONES))

    async def archive(self):
        await self.charts.sql("update channels set archived_at = now() where number = $1", self.number)

    async def build(self):
        await build_waiting(self.charts.database, NOW)

    async def build_some(self):
        await build_waiting(self.charts.database, self.start + timedelta(hours=int(self.rng.integers(0, 72))))


DOINGS = ["write", "copy", "correct", "shift", "delete", "move", "archive", "build", "build_some"]


@one_world
@given(
    st.integers(0, 2**32),
    st.tuples(
        st.sampled_from(["temperature", "energy"]), st.sampled_from(ZONES), st.sampled_from(STARTS), st.booleans()
    ),
    st.lists(st.sampled_from(DOINGS), max_size=8),
)
async def test_whatever_happens_to_readings_is_answered_as_they_are(charts, seed, setting, doings):
    kind, zone, start, dense = setting
    await charts.move_to(zone)
    key = await charts.copy(kind)
    [facts] = await charts.facts(key)
    life = Life(charts, key, facts.number, start, np.random.default_rng(seed), dense=dense)
    for doing in ["write", "write", "build", *doings]:
        await getattr(life, doing)()
    asked = [start - 2 * DAY, start + 4 * DAY]
    await agree(charts, key, *asked)
    await life.build()
    assert (await kept(charts, key))[1] == []
    await agree(charts, key, *asked)
    await agree(charts, key, start.replace(minute=7) - DAY, start + 3 * DAY + timedelta(seconds=1))


async def spoil(charts):
    """Let what is kept ready say something else than readings: whoever takes it is seen to."""
    await charts.sql("update twinql.rollups set total = 1e6, quarter_totals = array_fill(1000.0, array[96])")


async def test_days_that_are_over_are_kept_and_what_is_marked_of_them_is_read(charts):
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 29, tzinfo=zone)
    await charts.write("temperature", every(first, 2, [1.0] * (5 * 720)))
    await build_waiting(charts.database, NOW)
    days, marks = await kept(charts, "temperature")
    # It is the 2nd of November, one in the morning: that day is not over.
    assert [day["starts_at"].astimezone(zone).day for day in days] == [29, 30, 31, 1]
    assert {mark["first_at"].astimezone(zone).day for mark in marks} == {2}
    await spoil(charts)
    whole = await charts.one("temperature", first, first + 5 * DAY, Bucket.DAY)
    assert whole.values.tolist() == [pytest.approx(1e6 / 720)] * 4 + [1.0]
    await charts.write("temperature", [(first + timedelta(hours=5, minutes=1), 1.0)])
    hours = await charts.one("temperature", first, first + DAY, Bucket.PT1H)
    # A quarter of an hour was marked; the others are taken as they are kept.
    assert (
        hours.values.tolist()
        == [pytest.approx(4000 / 30)] * 5 + [pytest.approx(3009 / 31)] + [pytest.approx(4000 / 30)] * 18
    )
    await build_waiting(charts.database, NOW)
    day = await charts.one("temperature", first, first + DAY, Bucket.DAY)
    assert day.values.tolist() == [1.0]


async def test_what_was_known_at_a_time_is_never_taken_from_what_is_kept(charts):
    await charts.write("energy", every(STARTS[0], 30, [1.0] * 200))
    async with charts.database.pool.acquire() as connection:
        before = await connection.fetchval("select clock_timestamp()")
    await build_waiting(charts.database, NOW)
    await spoil(charts)
    asked = STARTS[0], STARTS[0] + 3 * DAY, Bucket.DAY
    assert np.nanmax((await charts.one("energy", *asked)).values) == 1e6
    assert np.nanmax((await charts.one("energy", *asked, as_of=before)).values) <= 50


@pytest.mark.parametrize(
    "written",
    [
        "insert into {} (channel_number, organisation_number, observed_at, value) values ($1, $2, '2026-03-20Z', 1)",
        "update {} set value = 5 where (channel_number, organisation_number) = ($1, $2)",
        "update {} set observed_at = observed_at + '1 second' where (channel_number, organisation_number) = ($1, $2)",
        "delete from {} where (channel_number, organisation_number) = ($1, $2)",
    ],
)
@pytest.mark.parametrize("table", ["readings", "twinql_private.readings_2026_03"])
async def test_every_door_marks_also_that_of_a_partition(charts, written, table):
    await charts.sql("select twinql.prepare_readings('2026-03-01Z', '2026-03-01Z')")
    await charts.write("temperature", every(STARTS[0], 30, [1.0, 2.0]))
    await build_waiting(charts.database, NOW)
    [facts] = await charts.facts("temperature")
    assert (await kept(charts, "temperature"))[1] == []
    await charts.sql(written.format(table), facts.number, facts.organisation_number)
    assert (await kept(charts, "temperature"))[1] != []
    await agree(charts, "temperature", STARTS[0] - 20 * DAY, STARTS[0] + 2 * DAY)


@pytest.mark.parametrize("emptied", ["readings", "twinql_private.readings_2026_03"])
async def test_what_is_emptied_is_not_answered_any_more(charts, emptied):
    await charts.sql("select twinql.prepare_readings('2026-03-01Z', '2026-03-01Z')")
    await charts.write("temperature", every(STARTS[0], 30, [1.0, 2.0]))
    await build_waiting(charts.database, NOW)
    await charts.sql(f"truncate {emptied}")
    await agree(charts, "temperature", STARTS[0] - DAY, STARTS[0] + DAY)
    await build_waiting(charts.database, NOW)
    assert await kept(charts, "temperature") == ([], [])


async def test_what_moves_into_a_partition_made_later_stays_right(charts):
    await charts.write("energy", every(STARTS[0], 30, [1.0] * 200))
    await build_waiting(charts.database, NOW)
    await charts.sql("select twinql.prepare_readings('2026-03-01Z', '2026-04-01Z')")
    await agree(charts, "energy", STARTS[0] - DAY, STARTS[0] + 5 * DAY)
    async with charts.database.pool.acquire() as connection, connection.transaction():
        await connection.execute("alter table readings detach partition twinql_private.readings_2026_04")
        await connection.execute("select twinql_private.mark_period('2026-04-01Z', '2026-05-01Z')")
    await agree(charts, "energy", STARTS[0] - DAY, STARTS[0] + 5 * DAY)


async def test_a_writer_who_commits_after_the_building_is_not_missed(charts, database_url):
    await charts.write("energy", every(STARTS[0], 30, [1.0] * 100))
    [facts] = await charts.facts("energy")
    late = await asyncpg.connect(database_url)
    try:
        transaction = late.transaction()
        await transaction.start()
        await late.execute(
            "insert into readings (observed_at, value, channel_number, organisation_number) values ($1, 7, $2, $3)",
            STARTS[0] + timedelta(minutes=1), facts.number, facts.organisation_number,
        )  # fmt: skip
        await build_waiting(charts.database, NOW)  # waits for nobody
        assert (await kept(charts, "energy"))[1] == []
        await agree(charts, "energy", STARTS[0] - DAY, STARTS[0] + 5 * DAY)
        await transaction.commit()
    finally:
        await late.close()
    assert len((await kept(charts, "energy"))[1]) == 1
    await agree(charts, "energy", STARTS[0] - DAY, STARTS[0] + 5 * DAY)
    await build_waiting(charts.database, NOW)
    assert (await kept(charts, "energy"))[1] == []
    await agree(charts, "energy", STARTS[0] - DAY, STARTS[0] + 5 * DAY)


async def test_a_day_written_while_it_is_built_stays_marked_and_nobody_waits(charts):
    await charts.write("energy", every(STARTS[0], 30, [1.0] * 100))
    [facts] = await charts.facts("energy")
    bounds = edges(Bucket.DAY, STARTS[0], STARTS[0] + 3 * DAY, ZoneInfo("Europe/Berlin")) + 1
    async with charts.database.pool.acquire() as building:
        async with building.transaction():
            assert await building.fetchval(load("rollups")["rebuild"], facts.number, bounds.tolist())
            await charts.write("energy", [(STARTS[0] + timedelta(minutes=1), 7.0)])
            await charts.sql("delete from readings where observed_at = $1", STARTS[0] + timedelta(minutes=30))
            # Another process does not build from a moment before these.
            assert not await build_waiting(charts.database, NOW)
            assert await kept(charts, "energy") != ([], [])
        async with building.transaction(isolation="repeatable_read"):
            with pytest.raises(asyncpg.InvalidTransactionStateError):
                async with building.transaction():
                    await building.fetchval(load("rollups")["rebuild"], facts.number, bounds.tolist())
    assert len((await kept(charts, "energy"))[1]) == 2
    await agree(charts, "energy", STARTS[0] - DAY, STARTS[0] + 5 * DAY)


async def test_what_another_server_has_built_is_not_built_again(charts):
    await charts.write("energy", every(STARTS[0], 30, [1.0] * 100))
    async with charts.database.pool.acquire() as connection:
        [stretch] = await waiting(connection, NOW, most=10)
        await build_waiting(charts.database, NOW)
        await spoil(charts)
        [bounds] = stretch.steps(NOW)
        assert await rebuild(connection, stretch.number, bounds.tolist())
    days, _ = await kept(charts, "energy")
    assert {day["total"] for day in days} == {1e6}


async def test_the_marks_of_a_day_that_is_not_over_become_few(charts):
    at = datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    for second in range(20):
        await charts.write("temperature", [(at + timedelta(seconds=second), 1.0)])
    assert len((await kept(charts, "temperature"))[1]) == 20
    await build_waiting(charts.database, NOW)
    days, [mark] = await kept(charts, "temperature")
    assert days == []
    assert (mark["first_at"], mark["last_at"]) == (at, at + timedelta(seconds=19))
    await build_waiting(charts.database, NOW + DAY)
    days, marks = await kept(charts, "temperature")
    assert (len(days), marks) == (1, [])


async def test_of_one_statement_what_is_over_is_built_and_the_rest_stays_marked(charts):
    midnight = datetime(2026, 11, 1, 23, tzinfo=UTC)  # in Berlin, in the midst of a day of marks
    await charts.write("temperature", every(midnight - timedelta(minutes=30), 1, [1.0] * 60))
    assert len((await kept(charts, "temperature"))[1]) == 1
    await build_waiting(charts.database, midnight + timedelta(minutes=30))
    [day], [mark] = await kept(charts, "temperature")
    assert (day["ends_at"], mark["first_at"]) == (midnight, midnight)
    assert mark["last_at"] == midnight + timedelta(minutes=29)
    await agree(charts, "temperature", midnight - DAY, midnight + DAY)


async def test_a_long_past_is_built_in_bounded_steps(charts):
    await charts.sql("update channels set resolution_seconds = 10 where key = 'temperature'")
    await charts.write("temperature", every(STARTS[0], 1440, [1.0] * 100))
    [facts] = await charts.facts("temperature")
    await charts.sql("delete from twinql.rollup_marks")
    await charts.sql("select twinql_private.mark_channels($1::int4[])", [facts.number])
    async with charts.database.pool.acquire() as connection:
        [stretch] = await connection.fetch(load("rollups")["waiting"], NOW, 10)
    assert stretch["last_at"] - stretch["first_at"] > 99 * DAY
    await build_waiting(charts.database, NOW)
    days, marks = await kept(charts, "temperature")
    assert (len(days), marks) == (101, [])  # of 24 hours each, over a day of 23
    assert to_us(days[0]["starts_at"]) == to_us(stretch["first_at"])


async def test_the_readers_of_readings_see_what_is_kept_of_them_and_nobody_else_does(database_url):
    connection = await asyncpg.connect(database_url)
    acme = await make_tenant(database_url, connection, "Acme")
    other = await make_tenant(database_url, connection, "Other")
    day = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)]
    numbers = {row["id"]: row["number"] for row in await connection.fetch("select id, number from channels")}
    for number in numbers.values():
        assert await connection.fetchval("select twinql_private.rebuild_rollups($1, $2)", number, day)
    await connection.execute("update readings set value = value + 1")
    visible = {
        table: {row[0] for row in await connection.fetch(f"select channel_number from {table}")}
        for table in ("twinql.rollups", "twinql.rollup_marks")
    }
    for tenant, who in product((acme, other), ("OWNER", "VIEWER", "device", "stranger")):
        own = set() if who == "stranger" else {numbers[each] for each in tenant.world.channels.values()}
        if who == "device":
            own = {numbers[tenant.world.channels[key]] for key in DEVICE_CHANNELS}
        async with tenant.acting(connection, who):
            for table, everything in visible.items():
                seen = {row[0] for row in await connection.fetch(f"select channel_number from {table}")}
                assert seen == everything & own
                assert everything - own
                for change in (f"delete from {table}", f"update {table} set channel_number = 1", f"truncate {table}"):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        async with connection.transaction():
                            await connection.execute(change)
            asked = [list(numbers.values()), [to_us(each) for each in day], *day]
            for name, ends in (("bucketed", []), ("bucketed_ends", [True])):
                found = await connection.fetch(load("series")[name], *asked, *ends)
                assert len(found) == len(visible["twinql.rollups"] & own)
            for private in ("rebuild_rollups(1, array[now()])", "mark_period(now(), now())"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(f"select twinql_private.{private}")
    async with Acting(connection, "anon", {}):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("select from twinql.rollups")
    await connection.close()


_SCANS = """
select relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) as scans from pg_stat_xact_all_tables
where schemaname = 'twinql_private' and relname like 'readings%'
"""


@pytest.mark.parametrize("plans", ["force_generic_plan", "force_custom_plan"])
async def test_no_partition_outside_of_a_period_is_read_and_none_for_what_is_kept(charts, plans):
    await charts.sql("select twinql.prepare_readings('2026-01-01Z', '2026-06-01Z')")
    await charts.write("temperature", every(datetime(2026, 1, 1, tzinfo=UTC), 360, [1.0] * 700))
    [subject] = await charts.subjects("temperature")
    march = datetime(2026, 3, 10, 5, tzinfo=UTC)
    day = datetime(2026, 3, 9, 23, tzinfo=UTC), datetime(2026, 3, 12, 23, tzinfo=UTC)

    async def scanned(wish):
        async with charts.reading() as connection:
            await connection.execute(f"set local plan_cache_mode = {plans}")
            before = dict(await connection.fetch(_SCANS))
            await series_of(connection, wish, [subject])
            return {name for name, scans in await connection.fetch(_SCANS) if scans > before.get(name, 0)}

    wishes = [Wish(march, march + DAY, bucket) for bucket in (None, Bucket.PT15M, Bucket.DAY)]
    wishes.append(Wish(march, march + DAY, Bucket.DAY, Aggregate.LAST))
    for wish in wishes:
        assert await scanned(wish) == {"readings_2026_03"}
    await build_waiting(charts.database, NOW)
    for wish in (Wish(*day, Bucket.DAY), Wish(*day, Bucket.DAY, Aggregate.LAST)):
        assert await scanned(wish) == set()
