"""Which channels count what a meter is billed for, and what they counted, read from the tables."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from tests.charts import every
from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import BILLION, Flag
from twinql.domain.metering.overlay import ReadingColumns
from twinql.domain.readings import from_us, to_us
from twinql.storage.metering import intervals_of, meters_to_bill

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
EVENT = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
select organisation_id, id, $2, 'EXCHANGE', $3, $4, 'somebody' from channels where id = $1
"""


@pytest.fixture
async def meter(charts):
    """Return what billing knows of the meter at present."""

    async def ask():
        async with charts.reading() as connection:
            [found] = await meters_to_bill(connection, [charts.world.meter])
        return found

    return ask


@pytest.fixture
async def counted(charts, meter):
    """Return (end in quarters after noon, kWh, flags) of each interval of the only channel."""
    await charts.sql("update channels set archived_at = now() where key = 'energy'")

    async def ask(first, last, **more):
        [channel] = (await meter()).channels
        async with charts.reading() as connection:
            [found] = await intervals_of(connection, [channel], first, last, **{"as_of": None, **more})
        ends = [(from_us(end) - NOON) / QUARTER for end in found.ends.tolist()]
        return list(zip(ends, (found.amounts / BILLION).tolist(), found.flags.tolist(), strict=True))

    return ask


def keys(found, direction=FlowDirection.IMPORT):
    return [each.key for each in found.channels if each.direction is direction]


async def test_amounts_over_intervals_come_before_registers(charts, meter):
    assert keys(await meter()) == ["energy"]
    await charts.sql("update channels set archived_at = now() where key = 'energy'")
    assert keys(await meter()) == ["register"]
    await charts.sql("update channels set archived_at = now() where key = 'register'")
    assert (await meter()).channels == ()


async def test_named_registers_of_a_direction_bill_together_and_the_unnamed_one_does_not(charts, meter):
    await charts.sql("update channels set archived_at = now() where key = 'energy'")
    day, night, given = [await charts.copy("register") for _ in range(3)]
    name = "update channels set register = $2, direction = $3::text::flow_direction where key = $1"
    for key, register, direction in ((day, "day", "IMPORT"), (night, "night", "IMPORT"), (given, None, "EXPORT")):
        await charts.sql(name, key, register, direction)
    found = await meter()
    assert keys(found) == [day, night]
    assert keys(found, FlowDirection.EXPORT) == [given]
    assert [each.register for each in found.channels] == ["day", "night", None]


async def test_a_named_register_that_was_archived_counts_up_to_then_beside_others_and_not_beside_its_successor(
    charts, meter
):
    await charts.sql("update channels set archived_at = now() where key = 'energy'")
    day, night = [await charts.copy("register") for _ in range(2)]
    for key, register in ((day, "day"), (night, "night")):
        await charts.sql("update channels set register = $2 where key = $1", key, register)
    await charts.sql("update channels set archived_at = $2 where key = $1", day, NOON)
    assert [(each.key, each.until) for each in (await meter()).channels] == [(day, NOON), (night, None)]
    await charts.sql("update channels set archived_at = $2 where key = $1", night, NOON + QUARTER)
    assert keys(await meter()) == ["register"]  # the one without a name is in use
    await charts.sql("update channels set archived_at = now() where key = 'register'")
    assert [(each.key, each.until) for each in (await meter()).channels] == [(day, NOON), (night, NOON + QUARTER)]
    await charts.sql("update channels set archived_at = null where key = 'energy'")
    assert keys(await meter()) == ["energy"]


async def test_what_a_register_tells_after_it_was_archived_does_not_count(charts, meter):
    await charts.sql("update channels set archived_at = now() where key = 'energy'")
    await charts.sql("update channels set register = 'day', archived_at = $1 where key = 'register'", NOON + QUARTER)
    await charts.write("register", every(NOON, 15, [1.0, 3.0, 7.0]))
    async with charts.reading() as connection:
        [found] = await intervals_of(connection, (await meter()).channels, NOON, NOON + 4 * QUARTER, as_of=None)
    assert (found.amounts / BILLION).tolist() == [2.0]


async def test_one_channel_of_intervals_bills_and_one_whose_direction_is_declared_comes_first(charts, meter):
    other = await charts.copy("energy")
    assert keys(await meter()) == ["energy"]
    await charts.sql("update channels set direction = 'IMPORT' where key = $1", other)
    assert keys(await meter()) == [other]


async def test_gas_is_billed_by_its_volume(charts, meter):
    volume = await charts.copy("register")
    await charts.sql("update channels set quantity = 'VOLUME', unit = 'CUBIC_METRE' where key = $1", volume)
    assert keys(await meter()) == ["energy"]
    await charts.sql("update meters set commodity = 'GAS', billing_day = 15, calorific_value = 39.5")
    found = await meter()
    assert keys(found) == [volume]
    assert (found.commodity, found.billing_day, found.calorific_value) == (Commodity.GAS, 15, Decimal("39.5"))


async def test_meters_come_in_their_order_and_those_of_others_are_none(charts):
    async with charts.reading() as connection:
        found = await meters_to_bill(connection, [charts.world.machine, charts.world.meter, charts.world.meter])
    assert [each and each.meter_id for each in found] == [None, charts.world.meter, charts.world.meter]


async def test_the_reading_before_a_period_begins_its_first_interval(charts, counted):
    await charts.write("register", every(NOON - QUARTER, 15, [1.0, 2.0, 4.0, 8.0, 16.0]))
    assert await counted(NOON - QUARTER * 0.5, NOON + QUARTER) == [(0, 1.0, 0), (1, 2.0, 0)]
    assert await counted(NOON, NOON + 9 * QUARTER) == [(1, 2.0, 0), (2, 4.0, 0), (3, 8.0, 0)]


async def test_what_is_bad_or_missing_begins_and_ends_nothing(charts, counted):
    rows = [(NOON - 2 * QUARTER, 1.0), (NOON - QUARTER, 9.0, "BAD"), (NOON, None, "BAD"), (NOON + QUARTER, 4.0)]
    await charts.write("register", rows)
    assert await counted(NOON, NOON + QUARTER) == [(1, 3.0, Flag.LONG)]


async def test_what_lasts_too_long_is_told_though_it_ends_after_the_period(charts, counted):
    await charts.write("register", [(NOON - QUARTER, 1.0), (NOON + 9 * QUARTER, 11.0), (NOON + 10 * QUARTER, 12.0)])
    assert await counted(NOON, NOON + QUARTER) == [(9, 10.0, Flag.LONG)]
    assert await counted(NOON + 9 * QUARTER, NOON + 9.5 * QUARTER) == []


async def test_estimates_are_marked_and_what_was_edited_is_not(charts, counted):
    rows = every(NOON, 15, [1.0, 2.0, 3.0, 4.0])
    await charts.write("register", [rows[0], (*rows[1], "EDITED"), (*rows[2], "SUBSTITUTED"), rows[3]])
    found = await counted(NOON, NOON + 3 * QUARTER)
    assert [flags for _, _, flags in found] == [0, Flag.ESTIMATED, Flag.ESTIMATED]


async def test_a_multiplier_and_a_unit_are_counted_in(charts, counted):
    await charts.sql("update channels set unit = 'WATT_HOUR', multiplier = 40 where key = 'register'")
    await charts.write("register", every(NOON, 15, [100.0, 125.0]))
    assert await counted(NOON, NOON + QUARTER) == [(1, 1.0, 0)]


async def test_an_event_that_is_recorded_makes_a_fall_known_from_then_on(charts, counted):
    await charts.write("register", every(NOON, 15, [500.0, 3.0]))
    async with charts.database.pool.acquire() as connection:
        before = await connection.fetchval("select clock_timestamp()")
    asked = (NOON, NOON + QUARTER)
    assert await counted(*asked) == [(1, 0.0, Flag.UNKNOWN)]
    await charts.sql(EVENT, charts.world.channels["register"], NOON + QUARTER / 3, 501.0, 2.5)
    known = [(pytest.approx(1 / 3), 1.0, Flag.EVENT | Flag.UNREAD), (1, 0.5, Flag.EVENT)]
    assert await counted(*asked) == known
    assert await counted(*asked, as_of=before) == [(1, 0.0, Flag.UNKNOWN)]
    await charts.sql("update register_events set retracted_at = now(), retracted_by = 'somebody'")
    assert await counted(*asked) == [(1, 0.0, Flag.UNKNOWN)]


async def test_an_event_between_the_reading_before_and_the_period_begins_its_first_interval(charts, counted):
    await charts.write("register", [(NOON - QUARTER, 500.0), (NOON + QUARTER / 3, 3.0)])
    await charts.sql(EVENT, charts.world.channels["register"], NOON - QUARTER / 3, 501.0, 2.5)
    assert await counted(NOON, NOON + QUARTER) == [(pytest.approx(1 / 3), 0.5, Flag.EVENT)]


async def test_a_correction_is_told_and_what_was_known_before_it_too(charts, counted):
    await charts.write("register", every(NOON, 15, [1.0, 2.0]))
    async with charts.database.pool.acquire() as connection:
        before = await connection.fetchval("select clock_timestamp()")
    await charts.sql("update readings set value = 2.5, recorded_at = now() where value = 2")
    assert await counted(NOON, NOON + QUARTER) == [(1, 1.5, 0)]
    assert await counted(NOON, NOON + QUARTER, as_of=before) == [(1, 1.0, 0)]


async def test_supposed_readings_take_part(charts, counted):
    await charts.write("register", every(NOON, 15, [1.0, 2.0]))
    number = (await charts.facts("register"))[0].number
    at = np.array([to_us(NOON + QUARTER), to_us(NOON + 2 * QUARTER)])
    supposed = {number: ReadingColumns(at, np.array([3.0, 7.0]), np.zeros(2, np.int8))}
    assert await counted(NOON, NOON + 2 * QUARTER, supposed=supposed) == [(1, 2.0, 0), (2, 4.0, 0)]
