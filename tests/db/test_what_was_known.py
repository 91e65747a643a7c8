"""Readings as they were known at a time: in SQL, whoever changed them."""

import asyncpg
import pytest

from tests.world import make_world
from twinql.storage.known import readings_known

_RECORD = """
insert into readings (observed_at, recorded_at, value, channel_number, organisation_number, source)
select timestamptz '2026-03-01 12:00:00+00', $2::text::timestamptz, $3, number, organisation_number, 'API'
from channels where id = $1
"""
_SAID = f"""
select r.value from {readings_known(1)} as r
where r.channel_number = (select number from channels where id = $2) and r.observed_at = '2026-03-01 12:00:00+00'
"""


class Story:
    """One reading, told and changed at moments that the database's own clock gives."""

    def __init__(self, connection, channel):
        self.connection, self.channel = connection, channel

    async def now(self):
        return await self.connection.fetchval("select clock_timestamp()")

    async def said(self, at):
        return [row["value"] for row in await self.connection.fetch(_SAID, at, self.channel)]

    async def change(self, statement):
        of_it = "channel_number = (select number from channels where id = $1)"
        await self.connection.execute(f"{statement} where {of_it}", self.channel)


@pytest.fixture
async def story(database_url):
    world = await make_world(database_url)
    connection = await asyncpg.connect(database_url)
    yield Story(connection, world.channels["temperature"])
    await connection.close()


async def test_before_it_was_recorded_nothing_was_known(story):
    before = await story.now()
    await story.connection.execute(_RECORD, story.channel, "now", 20.0)
    assert await story.said(before) == []
    assert await story.said(await story.now()) == [20.0]


async def test_a_correction_changes_what_is_known_from_then_on(story):
    await story.connection.execute(_RECORD, story.channel, "2026-03-01 12:00:01+00", 20.0)
    first = await story.now()
    await story.change("update readings set value = 21, recorded_at = now()")
    second = await story.now()
    await story.change("update readings set value = 22")  # somebody who forgets to say when
    assert [await story.said(at) for at in (first, second, await story.now())] == [[20.0], [21.0], [22.0]]


async def test_what_was_deleted_was_known_until_then_and_can_be_told_anew(story):
    await story.connection.execute(_RECORD, story.channel, "2026-03-01 12:00:01+00", 20.0)
    there = await story.now()
    await story.change("delete from readings")
    gone = await story.now()
    await story.connection.execute(_RECORD, story.channel, "now", 23.0)
    assert [await story.said(at) for at in (there, gone, await story.now())] == [[20.0], [], [23.0]]
    (kept,) = await story.connection.fetch("select former_value, corrected_by from reading_corrections")
    assert (kept["former_value"], kept["corrected_by"]) == (20.0, "postgres")


async def test_a_channel_and_a_stretch_find_their_index_through_it(story):
    await story.connection.execute("select twinql.prepare_readings('2026-01-01 00:00+00', '2026-06-01 00:00+00')")
    asked = (
        f"explain select from {readings_known(1)} as r where r.channel_number = 3"
        " and r.observed_at >= '2026-02-01 00:00+00' and r.observed_at < '2026-03-01 00:00+00'"
    )
    text = "\n".join(row[0] for row in await story.connection.fetch(asked, await story.now()))
    assert "readings_2026_02_pkey" in text
    assert "readings_2026_03" not in text
    assert "reading_corrections_channel_number_observed_at_number_idx" in text
