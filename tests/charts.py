"""A desk for tests of series: writes readings straight into the table, and asks as a viewer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import numpy as np
import orjson

from tests.world import make_world
from twinql.domain.readings import QUALITIES, to_us
from twinql.domain.series import Subject, Wish
from twinql.domain.units import Quantity, Unit
from twinql.storage.channels import facts_by_id
from twinql.storage.completeness import completeness_of, gaps_of
from twinql.storage.database import Database
from twinql.storage.read.json_text import NOT_PASSED_STATE
from twinql.storage.read.text import Text
from twinql.storage.series import series_of, statistics_of

_COPY = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds, states
)
select
    organisation_id, organisation_number, site_id, asset_id, $2, name, quantity, unit, kind, resolution_seconds, states
from channels where id = $1
returning id
"""
_WRITE = """
insert into readings (observed_at, channel_number, organisation_number, value, quality)
select timestamptz 'epoch' + us * interval '1 microsecond', $1, $2, nullif(value, 'NaN'), quality::reading_quality
from unnest($3::int8[], $4::float8[], $5::text[]) as r (us, value, quality)
"""


CHANNEL_ROW = """
select
    c.number, c.kind::text, c.quantity::text, c.unit::text, s.time_zone as zone, c.resolution_seconds as resolution_s,
    c.schedule, c.id as row_id, c.register_maximum
from channels as c join sites as s on s.id = c.site_id where c.number = $1
"""


class Charts:
    """One world's channels by key."""

    def __init__(self, database, world, now):
        self.database, self.world, self.now = database, world, now

    @classmethod
    @asynccontextmanager
    async def open(cls, url, *, now) -> AsyncIterator["Charts"]:
        world = await make_world(url)
        async with Database.open(url, pool_size=2) as database:
            yield cls(database, world, now)

    def reading(self):
        return self.database.transaction(self.world.viewer, readonly=True)

    async def facts(self, *keys):
        async with self.reading() as connection:
            found = await facts_by_id(connection, [self.world.channels[key] for key in keys])
        return [found[self.world.channels[key]] for key in keys]

    async def sql(self, statement, *arguments):
        async with self.database.pool.acquire() as connection:
            await connection.execute(statement, *arguments)

    async def move_to(self, time_zone):
        await self.sql("update sites set time_zone = $1", time_zone)

    async def copy(self, key):
        """Make another channel like this one, and return its key."""
        new = f"{key}_{len(self.world.channels)}"
        async with self.database.pool.acquire() as connection:
            self.world.channels[new] = await connection.fetchval(_COPY, self.world.channels[key], new)
        return new

    async def write(self, key, rows):
        """Insert (instant, value) or (instant, value, quality)."""
        [facts] = await self.facts(key)
        columns = [
            [to_us(row[0]) for row in rows],
            [np.nan if row[1] is None else row[1] for row in rows],
            [(*row, "GOOD")[2] for row in rows],
        ]
        await self.sql(_WRITE, facts.number, facts.organisation_number, *columns)

    async def subjects(self, *keys):
        return [
            Subject(
                number=facts.number,
                kind=facts.kind,
                quantity=Quantity(facts.quantity),
                unit=Unit(facts.unit),
                time_zone=facts.time_zone,
                resolution_s=facts.resolution_s,
                register_maximum=facts.register_maximum,
                schedule=facts.schedule,
            )
            for facts in await self.facts(*keys)
        ]

    async def all(self, keys, first, last, bucket=None, *, aggregate=None, most=1_000, as_of=None):
        """Return the answers of several channels."""
        subjects = await self.subjects(*keys)
        async with self.reading() as connection:
            return await series_of(connection, Wish(first, last, bucket, aggregate, most, as_of), subjects)

    async def one(self, key, *asked, **more):
        """Return the series of one channel, or raise what it answers instead."""
        [answer] = await self.all([key], *asked, **more)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def completeness(self, key, first, last, *, as_of=None):
        """Return how many readings a channel should have, and has."""
        async with self.reading() as connection:
            [both] = await completeness_of(connection, first, last, self.now, await self.subjects(key), as_of=as_of)
        return both

    async def statistics(self, keys, first, last, *, as_of=None):
        async with self.reading() as connection:
            return await statistics_of(connection, first, last, await self.subjects(*keys), as_of=as_of)

    async def passed(self, write, subject, *asked):
        """Return what SQL writes of a channel, as Python reads JSON; None where it ends because it does not."""
        text = Text([subject.number], self.now)
        written = write(text, *asked)
        if written is None:
            return None
        async with self.reading() as connection:
            try:
                found = await connection.fetchval(f"select {written} from ({CHANNEL_ROW}) as c", *text.values)
            except asyncpg.PostgresError as error:
                if error.sqlstate != NOT_PASSED_STATE:
                    raise
                return None
        assert found is not None
        return orjson.loads(found)

    async def gaps(self, keys, first, last, *, as_of=None):
        async with self.reading() as connection:
            return await gaps_of(connection, first, last, self.now, await self.subjects(*keys), as_of=as_of)


def every(start, minutes, values):
    return [(start + timedelta(minutes=minutes * place), value) for place, value in enumerate(values)]


def qualities(series):
    return [None if code < 0 else QUALITIES[code].value for code in series.quality.tolist()]


def plain(values):
    return [None if np.isnan(value) else value for value in values.tolist()]
