"""Statistics that the database writes as JSON: what Python would have said, or nothing."""

import dataclasses
from datetime import UTC, datetime, timedelta
from itertools import product

from schema.series import Statistics
from tests.charts import every
from twinql.domain.series import Wish
from twinql.domain.units import Unit
from twinql.storage.read.statistics_text import FIELDS, statistics_text
from twinql.storage.read.stretch import Chart

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SNAKE = {"standardDeviation": "standard_deviation"}


VALUES = {
    "temperature": [20.0, 21.5, 19.0, 1e-7, -3.25],
    "energy": [1.0, 0.1, 1e21],
    "register": [1.0],
    "execution": [],
}
CASES = [
    ("temperature", None),
    ("temperature", Unit.DEGREE_FAHRENHEIT),
    ("energy", Unit.JOULE),
    ("energy", Unit.KILOWATT),
    ("register", Unit.KILOWATT_HOUR),
    ("execution", None),
]


async def test_statistics_are_written_as_they_are_resolved(charts):
    for key, values in VALUES.items():
        await charts.write(key, [*every(NOON, 30, values), (NOON + timedelta(minutes=7), 99.0, "BAD")])
    before = await charts.database.pool.fetchval("select clock_timestamp()")
    await charts.sql("update readings set value = 2.0 where quality <> 'BAD'")
    for (key, unit), as_of in product(CASES, (None, before, NOON)):
        [subject] = await charts.subjects(key)
        wish = Wish(NOON, NOON + timedelta(minutes=30 * (len(VALUES[key]) - 1) + 1), as_of=as_of)
        asked = Chart(
            "c", wish, unit, [("of", "__typename"), *((f"{name}_", name) for name in ("unit", "count", *FIELDS))]
        )
        [found] = await charts.statistics([key], wish.first, wish.last, as_of=as_of)
        shown = dataclasses.asdict(Statistics.of(found, subject, unit or subject.unit, None))
        expected = {f"{name}_": shown[SNAKE.get(name, name)] for name in ("count", *FIELDS)}
        answer = await charts.passed(statistics_text, subject, asked)
        assert answer == {"of": "Statistics", "unit_": (unit or subject.unit).value, **expected}


async def test_statistics_in_a_unit_to_which_nothing_leads_are_not_written(charts):
    for key in ("temperature", "register"):
        [subject] = await charts.subjects(key)
        asked = Chart("c", Wish(NOON, NOON + timedelta(hours=1)), Unit.KILOWATT, [("mean", "mean")])
        assert await charts.passed(statistics_text, subject, asked) is None
