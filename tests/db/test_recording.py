"""Readings go in once, whoever sends them, and every row is told what became of it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import numpy as np
import pytest

from tests.world import make_world
from twinql.domain.identity import Worker
from twinql.domain.readings import (
    QUALITY_CODE,
    OnConflict,
    Outcome,
    ReadingBatch,
    ReadingSource,
    RejectionCode,
    StoredQuality,
    to_us,
)
from twinql.errors import ForbiddenError, TooSlowError
from twinql.storage.channels import facts_by_id
from twinql.storage.database import Database
from twinql.storage.record import AsSent, Recording, record_readings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW_US = to_us(datetime(2026, 3, 2, tzinfo=UTC))


def batch_of(*rows, quality=StoredQuality.GOOD):
    """Rows of (channel, minutes after noon, value) and, where it is not the usual one, a quality."""
    channel, minutes, value = zip(*(row[:3] for row in rows), strict=True)
    qualities = [QUALITY_CODE[row[3] if len(row) > 3 else quality] for row in rows]
    return ReadingBatch(
        np.array(channel, dtype=np.int32),
        np.array([to_us(NOON) + round(minute * 60e6) for minute in minutes], dtype=np.int64),
        np.array(value, dtype=np.float64),
        np.array(qualities, dtype=np.int8),
    )


class Desk:
    """Records into one world's temperature channel, as its operator."""

    def __init__(self, database, world, facts):
        self.database, self.world, self.facts = database, world, facts

    async def record(self, *rows, actor=None, **how):
        settings = Recording(source=ReadingSource.API, organisation_id=self.world.organisation, now_us=NOW_US)
        actor = actor or self.world.operator
        return await record_readings(self.database, actor, self.facts, batch_of(*rows), replace(settings, **how))

    async def sql(self, statement, *arguments):
        async with self.database.pool.acquire() as connection:
            return await connection.fetch(statement, *arguments)


@pytest.fixture
async def desk(database_url):
    world = await make_world(database_url)
    async with Database.open(database_url, pool_size=4) as database:
        async with database.transaction(world.owner) as connection:
            facts = await facts_by_id(connection, [world.channels["temperature"], world.channels["execution"]])
        yield Desk(database, world, [facts[world.channels["temperature"]], facts[world.channels["execution"]]])


def names(recorded):
    return [Outcome(code).name for code in recorded.outcomes]


async def test_the_second_run_of_the_same_rows_records_nothing(desk):
    rows = [(0, 0, 20.5), (0, 1, 20.6), (0, 2, 20.7)]
    assert names(await desk.record(*rows)) == ["RECORDED"] * 3
    again = await desk.record(*rows)
    assert names(again) == ["DUPLICATE"] * 3
    assert again.former_value.tolist() == [20.5, 20.6, 20.7]


async def test_another_value_for_the_same_instant_is_a_conflict_and_the_first_one_stays(desk):
    await desk.record((0, 0, 20.5))
    second = await desk.record((0, 0, 21.0), (0, 1, 3.0))
    assert names(second) == ["CONFLICT", "RECORDED"]
    assert second.former_value[0] == 20.5
    assert [row["value"] for row in await desk.sql("select value from readings order by observed_at")] == [20.5, 3.0]


async def test_a_correction_keeps_the_former_value_with_who_and_why(desk):
    await desk.record((0, 0, 20.5))
    corrected = await desk.record((0, 0, 21.0), on_conflict=OnConflict.CORRECT, reason="Sensor was swapped")
    assert names(corrected) == ["CORRECTED"]
    (former,) = await desk.sql("select former_value, corrected_by, reason from reading_corrections")
    assert tuple(former) == (20.5, "acme-operator", "Sensor was swapped")


@pytest.mark.parametrize("mode", list(OnConflict))
async def test_within_one_input_the_first_row_wins_so_that_a_second_run_changes_nothing(desk, mode):
    rows = [(0, 5, 1.0), (0, 5, 2.0), (0, 5, 1.0), (0, 4, 9.0)]
    first = await desk.record(*rows, on_conflict=mode)
    assert names(first) == ["RECORDED", "CONFLICT", "DUPLICATE", "RECORDED"]
    assert names(await desk.record(*rows, on_conflict=mode)) == ["DUPLICATE", "CONFLICT", "DUPLICATE", "DUPLICATE"]
    assert not await desk.sql("select from reading_corrections")


async def test_an_actual_value_supersedes_an_estimate_and_never_the_other_way_round(desk):
    await desk.record((0, 0, 5.0, StoredQuality.ESTIMATED), (0, 1, 6.0))
    later = await desk.record((0, 0, 5.5), (0, 1, 7.0, StoredQuality.ESTIMATED))
    assert names(later) == ["CORRECTED", "CONFLICT"]
    assert [row["value"] for row in await desk.sql("select value from readings order by observed_at")] == [5.5, 6.0]


async def test_a_bad_reading_needs_no_value_and_a_good_one_does(desk):
    recorded = await desk.record((0, 0, np.nan, StoredQuality.BAD), (0, 1, np.nan), (0, 2, np.inf))
    assert names(recorded) == ["RECORDED", "REJECTED", "REJECTED"]
    assert [r.code for r in recorded.rejections] == [RejectionCode.MISSING_VALUE, RejectionCode.INFINITE_VALUE]
    (row,) = await desk.sql("select value, quality::text from readings")
    assert tuple(row) == (None, "BAD")


async def test_what_is_refused_is_kept_once_in_the_words_of_the_sender_and_the_rest_is_recorded(desk):
    rows = [(0, 0, 1.0), (-1, 0, 2.0), (1, 0, 7.0), (0, 60 * 24 * 400, 3.0)]
    how = {"as_sent": lambda row: AsSent(f"ref{row}", f"time{row}", f"value{row}", f"file:{row}")}
    recorded = await desk.record(*rows, **how)
    await desk.record(*rows, **how)
    assert names(recorded) == ["RECORDED", "REJECTED", "REJECTED", "REJECTED"]
    kept = await desk.sql("select reference, code, channel_id from rejected_readings order by reference")
    assert [(row["reference"], row["code"]) for row in kept] == [
        ("ref1", "UNKNOWN_CHANNEL"),
        ("ref2", "UNKNOWN_STATE"),
        ("ref3", "IN_FUTURE"),
    ]
    assert kept[1]["channel_id"] == desk.world.channels["execution"]


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(desk):
    await desk.record((0, 0, 1.0))
    outcome = await desk.record((0, 0, 2.0), (0, 0, 1.0), (0, 1, 1.0), dry_run=True, on_conflict=OnConflict.CORRECT)
    assert names(outcome) == ["CORRECTED", "CONFLICT", "RECORDED"]
    assert len(await desk.sql("select from readings")) == 1


async def test_a_spike_is_marked_and_the_value_after_it_is_not_blamed(desk):
    await desk.sql("update channels set plausible_rate_per_minute = 5")
    async with desk.database.transaction(desk.world.owner) as connection:
        facts = await facts_by_id(connection, [desk.world.channels["temperature"]])
    desk.facts = list(facts.values())
    await desk.record((0, 0, 20.0))
    await desk.record((0, 1, 80.0), (0, 2, 21.0))
    marks = await desk.sql("select quality::text from readings order by observed_at")
    assert [row["quality"] for row in marks] == ["GOOD", "UNCERTAIN", "GOOD"]


async def test_old_readings_of_members_share_a_partition_and_an_import_makes_one_for_each_month(desk):
    minutes = (datetime(2013, 6, 3, tzinfo=UTC) - NOON).total_seconds() / 60
    told = "select tableoid::regclass::text as partition from readings order by observed_at"
    await desk.record((0, minutes, 1.0))
    assert [row["partition"] for row in await desk.sql(told)] == ["twinql_private.readings_other"]
    await desk.record((0, minutes + 1, 1.0), actor=Worker("import"))
    assert [row["partition"] for row in await desk.sql(told)] == ["twinql_private.readings_2013_06"] * 2


async def test_a_viewer_is_refused_and_a_stranger_sees_no_channel(desk, database_url):
    with pytest.raises(ForbiddenError):
        await desk.record((0, 0, 1.0), actor=desk.world.viewer)
    stranger = await make_world(database_url, "Rival")
    async with desk.database.transaction(stranger.owner) as connection:
        assert await facts_by_id(connection, [desk.world.channels["temperature"]]) == {}
    with pytest.raises(ForbiddenError):
        await desk.record((0, 0, 1.0), actor=stranger.owner)


async def test_two_writers_of_the_same_rows_at_once_record_them_once(desk):
    rows = [(0, minute, float(minute)) for minute in range(200)]
    both = await asyncio.gather(desk.record(*rows), desk.record(*rows, actor=Worker("import")))
    assert sorted(recorded.count(Outcome.RECORDED) for recorded in both) == [0, 200]
    assert sum(recorded.count(Outcome.DUPLICATE) for recorded in both) == 200


async def test_the_table_itself_refuses_what_is_no_reading(desk):
    number = desk.facts[0].number
    statement = "insert into readings (channel_number, organisation_number, observed_at, value) values ($1, $2, $3, $4)"
    for value in (float("nan"), float("inf"), 1.01e100, None):
        with pytest.raises(asyncpg.CheckViolationError):
            await desk.sql(statement, number, desk.world.number, NOON, value)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await desk.sql(statement, number, desk.world.number + 1, NOON, 1.0)


async def test_of_two_actual_values_for_one_estimate_the_first_stays_and_the_second_is_told_of_it(desk):
    minutes = range(200)
    await desk.record(*((0, minute, 1.0, StoredQuality.ESTIMATED) for minute in minutes))
    both = await asyncio.gather(*(desk.record(*((0, minute, value) for minute in minutes)) for value in (10.0, 11.0)))
    first, second = sorted(both, key=lambda recorded: recorded.count(Outcome.CONFLICT))
    assert (first.count(Outcome.CORRECTED), second.count(Outcome.CONFLICT)) == (200, 200)
    assert set(first.former_value) == {1.0}
    stored = {row["value"] for row in await desk.sql("select distinct value from readings")}
    assert set(second.former_value) == stored
    assert len(await desk.sql("select from reading_corrections")) == 200


@pytest.mark.parametrize("mode", list(OnConflict))
async def test_writers_of_the_same_instants_in_different_orders_do_not_wait_for_each_other_for_ever(desk, mode):
    rows = [(0, minute, float(minute)) for minute in range(700)]
    orders = [np.random.default_rng(seed).permutation(rows).tolist() for seed in range(4)]
    recorded = await asyncio.gather(
        *(
            desk.record(*((int(c), m, v + seed) for c, m, v in order), on_conflict=mode)
            for seed, order in enumerate(orders)
        )
    )
    assert sum(each.count(Outcome.RECORDED) for each in recorded) == len(rows)
    assert all(each.count(Outcome.REJECTED) == 0 for each in recorded)


async def test_a_statement_that_takes_too_long_is_cancelled_and_says_so(database_url):
    async with Database.open(database_url, statement_timeout_s=0.05) as database:
        with pytest.raises(TooSlowError, match="ask for less"):
            async with database.transaction(Worker("test"), readonly=True) as connection:
                await connection.execute("select pg_sleep(30)")


async def test_two_who_record_into_a_new_month_at_the_same_moment_both_find_it_made(database_url):
    prepare = "select twinql.prepare_readings($1, $1)"
    waiting = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
    async with asyncpg.create_pool(database_url, min_size=2) as pool, pool.acquire() as first, pool.acquire() as second:
        for month in (1, 2, 3):  # by now the session has the statements of the function at hand, and asks no catalogue
            assert await second.fetchval(prepare, datetime(2025, month, 1, tzinfo=UTC)) == 1
        new = datetime(2025, 5, 1, tzinfo=UTC)
        async with first.transaction():
            assert await first.fetchval(prepare, new) == 1
            made = asyncio.create_task(second.fetchval(prepare, new))
            while not await first.fetchval(waiting):
                pass
        assert await made == 0
