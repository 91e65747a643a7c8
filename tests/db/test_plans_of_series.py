"""A prepared plan, which knows no arguments, reads the readings of the channels that are asked for, and no others."""

import json
from datetime import UTC, datetime
from itertools import product

import pytest

from schema.reading import readings_asked
from twinql.storage.read import PageRequest, page_statement
from twinql.storage.statements import load, load_known

OF_A_TIME = ["buckets", "ends", "counted", "raw", "actual", "statistics", "gaps"]
NAMES = ["bucketed", "bucketed_ends", "deltas", *OF_A_TIME]
KNOWN = {**load_known("series"), **load_known("metering")}
NOW = {**load("series"), **load("metering"), **load("registers")}
STATEMENTS = {**NOW, **{f"{name} as of a time": text for name, text in KNOWN.items()}}


def scans(plan):
    """Yield the conditions of every scan of readings in a plan, as one text each."""
    if plan.get("Relation Name", "").startswith("reading"):
        yield " ".join(plan.get(name, "") for name in ("Index Cond", "Recheck Cond", "Filter"))
    for each in plan.get("Plans", ()):
        yield from scans(each)


def plan_in(explained):
    """Return the plan, whether or not the connection reads JSON."""
    [found] = explained if isinstance(explained, list) else json.loads(explained)
    return found["Plan"]


def nodes(plan):
    """Yield a plan and all below it."""
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


@pytest.mark.parametrize("name", [*NAMES, *(f"{name} as of a time" for name in OF_A_TIME)])
async def test_a_prepared_plan_reads_only_the_channels_asked_for(charts, name):
    async with charts.reading() as connection:
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        # As with many readings, where any other way to join looks cheaper than a loop.
        await connection.execute("set local enable_nestloop = off")
        await connection.execute(f"prepare asked as {STATEMENTS[name]}")
        count = await connection.fetchval(
            "select cardinality(parameter_types) from pg_prepared_statements where name = 'asked'"
        )
        found = await connection.fetchval(f"explain (format json) execute asked({', '.join(['null'] * count)})")
        await connection.execute("deallocate asked")
    conditions = list(scans(plan_in(found)))
    assert conditions
    assert [each for each in conditions if "channel_number = " not in each] == []


def test_what_is_known_now_is_asked_without_a_look_at_corrections():
    assert [name for name in NAMES if "reading_corrections" in STATEMENTS[name]] == []
    statement, _ = page_statement(readings_asked(PageRequest(1)).question, [1])
    assert "reading_corrections" not in statement


async def test_pages_and_newest_readings_of_a_time_are_found_without_the_others(charts):
    for _ in range(3):
        await charts.copy("energy")
    await charts.sql("select twinql.prepare_readings('2026-01-01 00:00+00', '2026-04-01 00:00+00')")
    # As live channels write them: those of one moment beside each other.
    await charts.sql("""
        insert into readings (observed_at, recorded_at, value, channel_number, organisation_number)
        select at, at + interval '1 hour', extract(hour from at), number, organisation_number
        from generate_series(
            timestamptz '2026-01-01 00:00+00', timestamptz '2026-03-31 23:30+00', interval '30 minutes'
        ) as at, channels
        where key like 'energy%' order by at
    """)
    before = await charts.database.pool.fetchval("select clock_timestamp()")
    await charts.sql("update readings set value = value + 1 where value::int % 3 = 0")
    await charts.sql("analyze")
    [energy] = await charts.facts("energy")
    winter = datetime(2026, 2, 1, tzinfo=UTC)
    after = await charts.database.pool.fetchval("select clock_timestamp()")
    for as_of, size in product((before, after, winter), (1, 100)):
        statement, values = page_statement(readings_asked(PageRequest(size), as_of=as_of).question, [energy.number])
        async with charts.reading() as connection:
            plan = plan_in(await connection.fetchval(f"explain (analyze, format json) {statement}", *values))
        read = [each["Actual Rows"] * each["Actual Loops"] for each in nodes(plan) if "Relation Name" in each]
        assert size < sum(read) < 3 * size + 100
        # Where it expects few rows, it reads and sorts them all once there are many channels.
        whole, values = page_statement(readings_asked(PageRequest(2000), as_of=as_of).question, [energy.number])
        async with charts.reading() as connection:
            plan = plan_in(await connection.fetchval(f"explain (format json) {whole}", *values))
        assert plan["Plan Rows"] > 300
