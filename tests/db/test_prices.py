"""What price channels told, read from the table."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.charts import every
from twinql.domain.readings import to_us
from twinql.storage.prices import carbon_channels, price_channels, prices_told

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALF = timedelta(minutes=30)
CARBON = """
insert into channels (
    organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds
)
select organisation_id, organisation_number, site_id, $2, $3, $3, 'CARBON_INTENSITY', 'GRAM_PER_KILOWATT_HOUR', $4, 1800
from channels where id = $1
returning id
"""


@pytest.fixture
async def told(charts):
    """Return (start, end, price) of each point that the price channel tells of a period."""

    async def ask(first, last, **more):
        async with charts.reading() as connection:
            channels = await price_channels(connection, [charts.world.channels["price"]])
            found = await prices_told(connection, channels, first, last, **more)
        points = found[charts.world.channels["price"]]
        columns = (points.starts.tolist(), points.ends.tolist(), points.prices.tolist())
        noon, half = to_us(NOON), 30 * 60_000_000
        return [((start - noon) / half, (end - noon) / half, price) for start, end, price in zip(*columns, strict=True)]

    return ask


async def test_prices_of_a_period_are_told_with_their_holes(charts, told):
    rows = every(NOON, 30, [0.1, 0.2, -0.05, 0.4, 0.5, 0.6])
    await charts.write("price", [*rows[:3], (rows[3][0], None, "BAD"), *rows[4:]])
    assert await told(NOON, NOON + 4 * HALF) == [
        (-1, 0, 100_000_000),
        (0, 1, 200_000_000),
        (1, 2, -50_000_000),
        (3, 4, 500_000_000),
    ]


async def test_a_period_that_nothing_is_known_of_reaches_to_its_neighbours(charts, told):
    await charts.write("price", [(NOON, 0.1), (NOON + 10 * HALF, 0.2)])
    assert await told(NOON + 4 * HALF, NOON + 6 * HALF) == [(-1, 0, 100_000_000), (9, 10, 200_000_000)]
    await charts.sql("delete from readings")
    assert await told(NOON, NOON + HALF) == []


async def test_prices_are_told_as_they_were_known(charts, told):
    await charts.write("price", every(NOON + HALF, 30, [0.1, 0.2]))
    await charts.sql("update readings set recorded_at = $1", NOON - HALF)
    async with charts.database.pool.acquire() as connection:
        between = await connection.fetchval("select clock_timestamp()")
    await charts.sql("update readings set value = 0.3, recorded_at = now() where observed_at = $1", NOON + HALF)
    assert await told(NOON, NOON + 2 * HALF) == [(0, 1, 300_000_000), (1, 2, 200_000_000)]
    assert await told(NOON, NOON + 2 * HALF, as_of=between) == [(0, 1, 100_000_000), (1, 2, 200_000_000)]
    assert await told(NOON, NOON + 2 * HALF, as_of=NOON - 2 * HALF) == []


async def test_a_meter_s_own_carbon_intensity_comes_before_that_of_its_site(charts):
    world = charts.world
    meters = [world.meter, world.machine]

    async def found():
        async with charts.reading() as connection:
            return [each and each.id for each in await carbon_channels(connection, meters)]

    async def make(asset, key, kind="INTERVAL"):
        async with charts.database.pool.acquire() as connection:
            return await connection.fetchval(CARBON, world.channels["price"], asset, key, kind)

    assert await found() == [None, None]
    of_site = await make(None, "carbon")
    await make(world.machine, "carbon")
    await make(world.meter, "register_of_carbon", "CUMULATIVE")
    assert await found() == [of_site, None]
    of_meter = await make(world.meter, "carbon")
    assert await found() == [of_meter, None]
    await charts.sql("update channels set archived_at = now() where id = $1", of_meter)
    assert await found() == [of_site, None]
    # The grid's intensity says nothing of gas.
    await charts.sql("update meters set commodity = 'GAS'")
    assert await found() == [None, None]


async def test_only_channels_that_tell_prices_are_asked_for_prices(charts):
    async with charts.reading() as connection:
        found = await price_channels(connection, list(charts.world.channels.values()))
    assert [each.id for each in found] == [charts.world.channels["price"]]
