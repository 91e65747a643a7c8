"""What is written of a stretch opens no month outside of it, though its plan was made before the stretch was known."""

from datetime import UTC, datetime

import orjson
import pytest

from tests.charts import CHANNEL_ROW, every
from twinql.domain.series import Aggregate, Bucket, Wish
from twinql.storage.read.completeness_text import completeness_text
from twinql.storage.read.series_text import series_text
from twinql.storage.read.statistics_text import statistics_text
from twinql.storage.read.stretch import Chart
from twinql.storage.read.text import Text

FIRST, LAST = datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
WANTED = {"readings_2026_02", "readings_2026_03"}


def divided(text, chart):
    return series_text(text, chart, ["Europe/Berlin"])


def actual(text, chart):
    return completeness_text(text, chart.channel, chart.wish, chart.wanted)


CHARTS = {
    "line": (series_text, Chart("c", Wish(FIRST, LAST), None, [("values", "values"), ("starts", "starts")])),
    "days": (divided, Chart("c", Wish(FIRST, LAST, Bucket.DAY), None, [("values", "values"), ("quality", "quality")])),
    "last of days": (divided, Chart("c", Wish(FIRST, LAST, Bucket.DAY, Aggregate.LAST), None, [("values", "values")])),
    "what a register counted": (divided, Chart("c", Wish(FIRST, LAST, Bucket.DAY), None, [("values", "values")])),
    "completeness": (actual, Chart("c", Wish(FIRST, LAST), None, [("actual", "actual")])),
    "statistics": (statistics_text, Chart("c", Wish(FIRST, LAST), None, [("mean", "mean")])),
}


def literal(value):
    """Return a parameter as EXECUTE takes it."""
    if isinstance(value, list):
        return "'{" + ",".join(f'"{each}"' for each in value) + "}'"
    return f"'{value}'"


def opened(plan):
    """Yield the tables that a plan read."""
    if "Relation Name" in plan and plan["Actual Loops"]:
        yield plan["Relation Name"]
    for each in plan.get("Plans", ()):
        yield from opened(each)


@pytest.fixture
async def winter(charts):
    await charts.sql("select twinql.prepare_readings('2025-11-01Z', '2026-06-01Z')")
    for key in ("energy", "register", "temperature"):
        await charts.write(key, every(datetime(2025, 11, 1, tzinfo=UTC), 24 * 60, [1.0] * 200))
    await charts.sql("analyze")
    return charts


async def test_no_month_outside_of_the_period_is_opened(winter):
    for mode in ("force_generic_plan", "force_custom_plan"):
        for name, (write, chart) in CHARTS.items():
            [subject] = await winter.subjects("register" if "register" in name else "energy")
            text = Text([subject.number])
            written = write(text, chart)
            async with winter.reading() as connection:
                await connection.execute(f"set local plan_cache_mode = {mode}")
                await connection.execute(f"prepare asked as select {written} from ({CHANNEL_ROW}) as c")
                arguments = ", ".join(literal(each) for each in text.values)
                found = await connection.fetchval(f"explain (analyze, format json) execute asked({arguments})")
                await connection.execute("deallocate asked")
            [explained] = found if isinstance(found, list) else orjson.loads(found)
            tables = {each for each in opened(explained["Plan"]) if each.startswith("readings")}
            assert tables == WANTED, (mode, name)
