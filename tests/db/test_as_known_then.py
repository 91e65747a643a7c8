"""What was answered at a time is what is answered as of that time, whatever became of the readings since."""

import random
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from schema.orders import ReadingOrder
from schema.reading import readings_asked
from twinql.domain.series import Aggregate, Bucket
from twinql.storage.read import PageRequest, counts, pages

BEGIN = datetime(2026, 10, 24, 22, tzinfo=UTC)
# The day of Berlin on which clocks are set back: buckets of an hour that happens twice are told apart too.
END = BEGIN + timedelta(hours=25)
INSTANTS = [BEGIN + timedelta(minutes=30 * each) for each in range(0, 50, 5)]
EVERYTHING = [
    ("energy", None, None),
    ("energy", Bucket.PT1H, Aggregate.SUM),
    ("energy", Bucket.PT30M, Aggregate.COUNT),
    ("register", None, None),
    ("register", Bucket.DAY, Aggregate.DELTA),
    ("register", Bucket.PT1H, Aggregate.FIRST),
    ("register", Bucket.DAY, Aggregate.LAST),
    ("register", Bucket.DAY, Aggregate.MAX),
]
INSERT = """
insert into readings (observed_at, value, quality, channel_number, organisation_number)
select $2, $3, $4::text::reading_quality, number, organisation_number from channels where id = $1
"""
# As this program corrects: with the time at which the new value was learned. Then as others do, and as an upsert writes
# what is there already.
CORRECT = "set value = $3, quality = $4::text::reading_quality, recorded_at = now()"
MEND = "set value = $3, quality = $4::text::reading_quality"
TOUCH = "set recorded_at = now()"
OF_IT = "channels as c where c.id = $1 and r.channel_number = c.number and r.observed_at = $2"
DELETE = f"delete from readings as r using {OF_IT}"
UPDATE = f"update readings as r {{}} from {OF_IT}"
PAGE = 3


class History:
    """Writes one channel's readings, changes them, and keeps in a dict what they are."""

    def __init__(self, charts, seed):
        self.charts, self.rng = charts, random.Random(seed)
        self.known = {}

    async def step(self):
        """Do one thing in a transaction of its own, and return the time after it."""
        async with self.charts.database.pool.acquire() as connection:
            async with connection.transaction():
                for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
                    await self._change(connection)
            return await connection.fetchval("select clock_timestamp()")

    async def _change(self, connection):
        key, at = self.rng.choice(("energy", "register")), self.rng.choice(INSTANTS)
        quality = self.rng.choice(("GOOD", "GOOD", "UNCERTAIN", "BAD", "ESTIMATED", "EDITED"))
        value = None if quality == "BAD" else self.rng.randrange(100) / 4
        channel = self.charts.world.channels[key]
        how = self.rng.choice((CORRECT, CORRECT, MEND, TOUCH, DELETE)) if (key, at) in self.known else INSERT
        if how in {INSERT, CORRECT, MEND}:
            await connection.execute(how if how == INSERT else UPDATE.format(how), channel, at, value, quality)
            self.known[key, at] = (value, quality)
        else:
            await connection.execute(how if how == DELETE else UPDATE.format(how), channel, at)
            if how == DELETE:
                del self.known[key, at]


async def everything(charts, as_of=None):
    """Ask all that can be asked of readings."""
    told = [
        await charts.one(key, BEGIN - timedelta(hours=1), END, bucket, aggregate=aggregate, as_of=as_of)
        for key, bucket, aggregate in EVERYTHING
    ]
    keys = ["energy", "register"]
    found = [(each.starts.tolist(), each.values.tolist(), each.quality.tolist()) for each in told]
    figures = [astuple(each) for each in await charts.statistics(keys, BEGIN, END, as_of=as_of)]
    # What is added up in another order may differ in its last digit.
    found += [[each and round(each, 9) for each in row] for row in figures]
    found += await charts.gaps(keys, BEGIN, END, as_of=as_of)
    found += [await charts.completeness(key, BEGIN, END, as_of=as_of) for key in keys]
    return repr(found)  # in which one NaN is like the other


async def listed(charts, order, as_of=None):
    """Walk a list from page to page, forwards and backwards, and count it."""
    walks, counted = [], None
    for backward in (False, True):
        cursor, more, rows = None, True, []
        while more:
            asked = readings_asked(PageRequest(PAGE, cursor, backward), order=order.columns, as_of=as_of)
            async with charts.reading() as connection:
                [facts] = await charts.facts("energy")
                [page] = await pages(connection, asked.question, [facts.number])
                [counted] = await counts(connection, asked.question, [facts.number])
            more = page.has_previous if backward else page.has_next
            cursor = page.cursors[0 if backward else -1] if page.rows else None
            taken = [(row["observed_at"], row["value"], row["recorded_at"], row["status"]) for row in page.rows]
            rows = taken + rows if backward else rows + taken
        walks.append(rows)
    assert walks[0] == walks[1]
    assert counted == len(walks[0])
    return walks[0]


@pytest.mark.parametrize("seed", range(4))
async def test_what_was_answered_then_is_answered_as_of_then(charts, seed):
    history = History(charts, seed)
    await charts.sql("select twinql.prepare_readings($1, $2)", BEGIN, END)
    before = await charts.database.pool.fetchval("select clock_timestamp()")
    nothing, answers = await everything(charts), []
    for _ in range(25):
        at = await history.step()
        lists = [await listed(charts, order) for order in ReadingOrder]
        answers.append((at, await everything(charts), lists, dict(history.known)))
    for at, told, lists, known in answers:
        assert await everything(charts, at) == told
        assert [await listed(charts, order, at) for order in ReadingOrder] == lists
        await matches(charts, known, at)
    assert await everything(charts, before) == nothing
    assert await listed(charts, ReadingOrder.NEWEST_FIRST, before) == []
    assert len({told for _, told, _, _ in answers}) > len(answers) // 2


async def matches(charts, known, at):
    """Hold what is told of a time against what was written up to then."""
    for key in ("energy", "register"):
        series = await charts.one(key, BEGIN - timedelta(hours=1), END, as_of=at)
        kept = [value for (channel, _), (value, _) in sorted(known.items()) if channel == key]
        assert np.array_equal(series.values, np.array(kept, dtype=np.float64), equal_nan=True)
