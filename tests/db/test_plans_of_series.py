"""A prepared plan, which knows no arguments, reads the readings of the channels that are asked for, and no others."""

import json

import pytest

from twinql.storage.statements import load


def scans(plan):
    """Yield the conditions of every scan of readings in a plan, as one text each."""
    if plan.get("Relation Name", "").startswith("readings"):
        yield " ".join(plan.get(name, "") for name in ("Index Cond", "Recheck Cond", "Filter"))
    for each in plan.get("Plans", ()):
        yield from scans(each)


@pytest.mark.parametrize("name", ["buckets", "ends", "deltas", "raw", "actual", "statistics", "gaps"])
async def test_a_prepared_plan_reads_only_the_channels_asked_for(charts, name):
    async with charts.reading() as connection:
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        # As with many readings, where any other way to join looks cheaper than a loop.
        await connection.execute("set local enable_nestloop = off")
        await connection.execute(f"prepare asked as {load('series')[name]}")
        count = await connection.fetchval(
            "select cardinality(parameter_types) from pg_prepared_statements where name = 'asked'"
        )
        found = await connection.fetchval(f"explain (format json) execute asked({', '.join(['null'] * count)})")
        await connection.execute("deallocate asked")
    [plan] = found if isinstance(found, list) else json.loads(found)
    conditions = list(scans(plan["Plan"]))
    assert conditions
    assert [each for each in conditions if "channel_number = " not in each] == []
