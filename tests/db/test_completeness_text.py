"""Completeness that the database writes as JSON: what Python would have said."""

from datetime import UTC, datetime, timedelta
from itertools import product

from tests.charts import every
from twinql.domain.series import Wish
from twinql.storage.read.completeness_text import completeness_text

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = ("energy", "temperature", "execution", "price", "register")
PERIODS = [
    (NOON, NOON + timedelta(hours=2)),
    (NOON - timedelta(minutes=7), NOON + timedelta(minutes=61)),
    (NOON - timedelta(days=3), NOON),
    (NOON + timedelta(hours=1), NOON + timedelta(days=2)),
    (NOON + timedelta(days=30), NOON + timedelta(days=31)),
]


async def test_completeness_is_written_as_it_is_resolved(charts):
    charts.now = NOON + timedelta(hours=1, minutes=10)
    # Of a day, whose length clocks change.
    await charts.sql("update channels set resolution_seconds = 86400 where key = 'register'")
    for key in KEYS[:-1]:
        rows = every(NOON - timedelta(hours=1), 13, [1.0] * 15)
        await charts.write(key, [*rows, (NOON + timedelta(minutes=32), 1.0, "BAD"), (NOON + timedelta(seconds=3), 1.0)])
    await charts.sql("update readings set recorded_at = observed_at")
    for key, (first, last), as_of in product(KEYS, PERIODS, (None, NOON + timedelta(minutes=20))):
        [subject] = await charts.subjects(key)
        names = [("due", "expected"), ("there", "actual"), ("of", "__typename")]
        answer = await charts.passed(
            lambda text, *asked: completeness_text(text, "c", *asked), subject, Wish(first, last, as_of=as_of), names
        )
        expected, actual = await charts.completeness(key, first, last, as_of=as_of)
        assert answer == {"due": expected, "there": actual, "of": "Completeness"}, (key, first, last, as_of)
