"""Readings in the order of time are taken month by month, and are the same whatever is known of the months."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schema.reading import readings_asked
from tests.db.test_plans_of_series import nodes, plan_in
from twinql.storage.months import MONTHS, Months, learn_months
from twinql.storage.read import PageRequest, page_statement, pages
from twinql.storage.read.conditions import equals
from twinql.storage.read.entity import OLDEST_READING

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
RUNS = [
    None,
    (date(2026, 3, 1), date(2026, 7, 1)),
    (date(2026, 5, 1), date(2026, 6, 1)),
    (date(1990, 1, 1), date(1990, 2, 1)),
    (date(2100, 1, 1), date(2101, 1, 1)),
]


@pytest.fixture
async def energy(charts):
    """Months of readings in partitions, and on both sides of them some for which no month was made."""
    await charts.sql("select twinql.prepare_readings('2026-03-01 00:00+00', '2026-06-15 00:00+00')")
    times = [FIRST + timedelta(hours=7 * step) for step in range(400)]
    times += [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for year in (1995, 2026) for day in range(5)]
    times += [datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=day) for day in range(5)]
    await charts.write("energy", [(at, float(number), "GOOD") for number, at in enumerate(times)])
    known = MONTHS.run
    yield charts, (await charts.facts("energy"))[0].number
    MONTHS.run = known


def asked():
    """Yield questions in both orders, from both ends, from within, and with a condition."""
    inside = "WyIyMDI2LTA1LTAxIDA5OjAwOjAwKzAwIl0"
    for page in (PageRequest(1), PageRequest(30), PageRequest(500), PageRequest(7, inside), PageRequest(90, inside)):
        for request in (page, PageRequest(page.size, page.cursor, backward=True)):
            for order in ({}, {"order": OLDEST_READING}):
                yield readings_asked(request, **order).question
                yield readings_asked(request, equals("r.source", "DATABASE", "reading_source"), **order).question


async def test_pages_of_readings_are_the_same_whatever_is_known_of_the_months(energy):
    charts, number = energy
    told = []
    for run in RUNS:
        MONTHS.run = run
        async with charts.reading() as connection:
            found = [(await pages(connection, each, [number]))[0] for each in asked()]
        told.append([([row["observed_at"] for row in each.rows], each.has_next, each.has_previous) for each in found])
    assert all(each == told[0] for each in told)
    assert sum(bool(rows) for rows, _, _ in told[0]) > len(told[0]) / 2


async def test_the_newest_reading_is_found_in_the_newest_month_alone(energy):
    charts, number = energy
    await charts.sql("delete from readings where observed_at >= '2026-07-01'")
    await learn_months(charts.database.pool)
    statement, values = page_statement(readings_asked(PageRequest(1)).question, [number])
    async with charts.reading() as connection:
        found = await connection.fetchval(f"explain (analyze, format json) {statement}", *values)
    looked = {
        each["Relation Name"]
        for each in nodes(plan_in(found))
        if each.get("Relation Name", "").startswith("readings") and each["Actual Loops"] > 0
    }
    assert looked == {"readings_2026_06", "readings_other"}


async def test_what_a_process_makes_it_knows(charts):
    await charts.sql("select twinql.prepare_readings('2026-02-01 00:00+00', '2026-04-15 00:00+00')")
    await charts.sql("select twinql.prepare_readings('2025-12-01 00:00+00', '2025-12-15 00:00+00')")
    await learn_months(charts.database.pool)
    assert MONTHS.run == (date(2026, 2, 1), date(2026, 5, 1))


def test_the_run_of_months_ends_at_a_gap_and_goes_over_the_turn_of_a_year():
    months = Months()
    assert months.stretches("at") == ()
    months.learn([date(2026, 1, 1), date(2025, 12, 1), date(2026, 2, 1), date(2025, 10, 1)])
    assert months.run == (date(2025, 12, 1), date(2026, 3, 1))
    newer, inside, older = months.stretches("at")
    assert (newer, older) == ("at >= timestamptz '2026-03-01 00:00:00+00'", "at < timestamptz '2025-12-01 00:00:00+00'")
    assert inside == "at >= timestamptz '2025-12-01 00:00:00+00' and at < timestamptz '2026-03-01 00:00:00+00'"
