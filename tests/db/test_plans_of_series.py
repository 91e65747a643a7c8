"""A prepared plan, which knows no arguments, reads the readings of the channels that are asked for, and no others."""

import json

import pytest

from schema.reading import readings_asked
from twinql.storage.read import PageRequest, page_statement
from twinql.storage.statements import load, load_known

NAMES = ["buckets", "ends", "deltas", "raw", "actual", "statistics", "gaps"]
STATEMENTS = {**load("series"), **{f"{name} as of a time": text for name, text in load_known("series").items()}}


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


@pytest.mark.parametrize("name", [*NAMES, *(f"{name} as of a time" for name in NAMES)])
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


async def test_the_newest_reading_of_a_time_is_found_without_those_behind_it(charts):
    await charts.sql("select twinql.prepare_readings('2026-01-01 00:00+00', '2026-06-01 00:00+00')")
    await charts.sql("""
        insert into readings (observed_at, value, channel_number, organisation_number)
        select timestamptz '2026-01-01 00:00+00' + n * interval '30 minutes', n, number, organisation_number
        from channels, generate_series(0, 7199) as n where key = 'energy'
    """)
    before = await charts.database.pool.fetchval("select clock_timestamp()")
    await charts.sql("update readings set value = value + 1 where value::int % 3 = 0")
    await charts.sql("analyze")
    [energy] = await charts.facts("energy")
    for as_of in (before, await charts.database.pool.fetchval("select clock_timestamp()")):
        statement, values = page_statement(readings_asked(PageRequest(1), as_of=as_of).question, [energy.number])
        async with charts.reading() as connection:
            plan = plan_in(await connection.fetchval(f"explain (analyze, format json) {statement}", *values))
        read = [each["Actual Rows"] * each["Actual Loops"] for each in nodes(plan) if "Relation Name" in each]
        assert 0 < sum(read) < 100
