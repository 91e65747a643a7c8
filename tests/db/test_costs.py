"""What many meters cost, from the tables: in parts or at once, and what becomes of one that cannot be rated."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.charging import Billing, at, ends, flat
from tests.world import make_world
from twinql.domain.metering.intervals import Fill
from twinql.domain.tariffs.cost import CostProblemCode
from twinql.domain.tariffs.terms import Band, Block, Dynamic, Window
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import InvalidInputError, RangeTooLargeError
from twinql.storage.costs import carbons_of, costs_of

NOON, LATER, NOW = at("2026-03-01T12:00:00"), at("2026-03-01T14:00:00"), at("2026-03-10T00:00:00")
TWO_HOURS = CostWish(NOON, LATER, NOW)
GRAMS = {"quantity": "CARBON_INTENSITY", "unit": "GRAM_PER_KILOWATT_HOUR", "direction": None}

EVENT = """
insert into register_events (organisation_id, channel_id, at, type, final_value, start_value, recorded_by)
select organisation_id, id, $2, 'EXCHANGE', $3, $4, 'somebody' from channels where id = $1
"""


@pytest.fixture
async def billing(charts):
    return Billing(charts.database.pool, charts.world)


async def rated(charts, *meters, wish=TWO_HOURS):
    """Return what meters cost, or else why not."""
    return await costs_of(charts.reading, wish, meters)


async def meters_with(billing, tariff, count):
    """Make meters that used 0.5, 1.5, 2.5 … kWh in each of four half hours."""
    made = []
    for place in range(count):
        meter = await billing.meter(f"Meter {place}")
        await billing.agree(tariff, meter=meter)
        await billing.write(await billing.channel("energy", meter=meter), ends(NOON, [place + 0.5] * 4))
        made.append(meter)
    return made


async def test_meters_cost_the_same_in_parts_as_at_once(charts, billing, monkeypatch):
    meters = await meters_with(billing, await billing.tariff(flat(Decimal("0.25"))), 5)
    at_once = await rated(charts, *meters)
    assert [each.cost.total for each in at_once] == [Decimal(place) + Decimal("0.5") for place in range(5)]
    monkeypatch.setattr("twinql.storage.costs.AT_ONCE", 8)
    assert [each.cost for each in await rated(charts, *meters)] == [each.cost for each in at_once]


async def test_a_meter_that_nobody_sees_or_that_is_asked_for_twice(charts, billing, database_url):
    [meter] = await meters_with(billing, await billing.tariff(flat(Decimal("0.25"))), 1)
    other = await make_world(database_url, "Other")
    found = await rated(charts, meter, uuid4(), other.meter, meter)
    assert [each and each.cost.total for each in found] == [Decimal("0.5"), None, None, Decimal("0.5")]


async def test_one_meter_that_cannot_be_rated_leaves_the_others(charts, billing):
    first, second = await meters_with(billing, await billing.tariff(flat(Decimal("0.25"))), 2)
    await billing.pool.execute("update agreements set valid_until = $2 where meter_id = $1", first, date(2026, 3, 2))
    yen = await billing.tariff(flat(Decimal(30)), name="Tokyo", currency="JPY")
    await billing.agree(yen, meter=first, first=date(2026, 3, 2))
    wish = CostWish(NOON, at("2026-03-03T00:00:00"), NOW)
    refused, paid = await rated(charts, first, second, wish=wish)
    assert isinstance(refused, InvalidInputError)
    assert "EUR" in refused.message
    assert "JPY" in refused.message
    assert paid.cost.total == Decimal("1.5")


async def test_what_flowed_across_the_end_of_an_agreement_is_charged_up_to_there_however_one_asks(charts, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.5"))), last=date(2026, 2, 4))
    meter = charts.world.meter
    await billing.pool.execute("delete from channels where asset_id = $1", meter)
    register = await billing.channel("only", meter=meter, kind="CUMULATIVE", resolution_s=3600)
    hours = ends(at("2026-02-03T20:30:00"), [100.0, 101.0, 102.0, 103.0, 104.0], minutes=60)
    await billing.write(register, hours)
    await billing.write(
        await billing.channel("fed_in", meter=meter, direction="EXPORT"), ends(at("2026-02-03T22:00:00"), [1.0] * 9)
    )
    third, fourth, fifth, sixth = (at(f"2026-02-0{day}T23:00:00") for day in (2, 3, 4, 5))  # midnights in Berlin
    periods = (third, fifth), (third, fourth), (fourth, fifth), (fifth, sixth)
    found = [(await rated(charts, meter, wish=CostWish(*each, NOW)))[0] for each in periods]
    assert [each.cost.total for each in found] == [Decimal("0.75"), Decimal("0.5"), Decimal("0.25"), 0]
    assert [each.charged for each in found] == [True, True, True, False]
    assert {each.cost.currency for each in found} == {"EUR"}
    unrated = [[(each.code.value, each.quantity) for each in costed.cost.problems] for costed in found]
    rest = [("NO_AGREEMENT", Decimal("2.5"))]
    assert unrated[0][-1:] == unrated[2] == rest
    assert unrated[3] == []


async def test_export_that_nobody_pays_for_any_longer_earns_nothing_and_that_is_no_problem(charts, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.5"))))
    feed_in = await billing.tariff(flat(Decimal("0.1")), name="Feed-in", direction="EXPORT")
    await billing.agree(feed_in, last=date(2026, 3, 1))
    fed_in = await billing.channel("fed_in", meter=charts.world.meter, direction="EXPORT")
    await billing.write(fed_in, ends(NOON, [1.0] * 4))
    await billing.write("energy", ends(NOON, [1.0] * 4))
    [found] = await rated(charts, charts.world.meter)
    assert (found.cost.total, found.cost.problems) == (2, ())
    assert (found.cost.expected, found.cost.actual) == (4, 4)


async def test_blocks_count_from_the_beginning_of_the_billing_month(charts, billing):
    blocks = [Block(Decimal(100), Decimal("0.10")), Block(None, Decimal("0.30"))]
    await billing.agree(await billing.tariff(Band("all", blocks=blocks)))
    # 96 kWh on the first day of the month in Berlin, and 4 of the first block's left for the two hours.
    await billing.write("energy", ends(at("2026-02-28T23:00:00"), [96.0]))
    await billing.write("energy", ends(NOON, [3.0, 3.0, 3.0, 3.0]))
    [found] = await rated(charts, charts.world.meter)
    assert [(each.block, each.quantity) for each in found.cost.lines] == [(1, 4), (2, 8)]
    assert found.cost.total == Decimal("2.8")


async def test_registers_for_day_and_night_are_charged_by_their_own_bands(charts, billing):
    meter = await billing.meter("Two registers")
    bands = [
        Band("high", register="day", price=Decimal("0.3")),
        Band("low", register="night", price=Decimal("0.1")),
    ]
    await billing.agree(await billing.tariff(*bands), meter=meter)
    for register, used in (("day", 10.0), ("night", 4.0)):
        made = await billing.channel(register, meter=meter, kind="CUMULATIVE", register=register, resolution_s=7200)
        await billing.write(made, [(NOON, 500.0), (LATER, 500.0 + used)])
    [found] = await rated(charts, meter)
    assert {each.band: each.amount for each in found.cost.lines} == {"high": Decimal(3), "low": Decimal("0.4")}
    assert (found.cost.expected, found.cost.actual) == (2, 2)
    assert len(found.channels) == 2


async def test_archiving_one_of_two_registers_leaves_what_was_billed_as_it_is(charts, billing):
    meter = await billing.meter("Two registers")
    await billing.agree(await billing.tariff(flat(Decimal("0.5"))), meter=meter)
    made = {}
    for register, until in (("day", 3), ("night", 5)):
        made[register] = await billing.channel(
            register, meter=meter, kind="CUMULATIVE", register=register, resolution_s=3600
        )
        await billing.write(made[register], [(NOON + timedelta(hours=hour), float(hour)) for hour in range(until)])
    later = CostWish(LATER, at("2026-03-01T16:00:00"), NOW)
    all_day = CostWish(NOON, later.last, NOW)
    before = await rated(charts, meter)
    await billing.pool.execute("update channels set archived_at = $2 where id = $1", made["day"], LATER)
    assert [each.cost for each in await rated(charts, meter)] == [each.cost for each in before]
    assert (before[0].cost.total, before[0].cost.expected, before[0].cost.problems) == (2, 4, ())
    for wish, total, expected in ((later, 1, 2), (all_day, 3, 6)):
        [found] = await rated(charts, meter, wish=wish)
        assert (found.cost.total, found.cost.expected, found.cost.actual) == (total, expected, expected)
        assert found.cost.problems == ()
    # With the last of them nothing counts any longer, and that is said.
    await billing.pool.execute("update channels set archived_at = $2 where id = $1", made["night"], LATER)
    [found] = await rated(charts, meter, wish=all_day)
    told = [(each.code, each.first, each.last) for each in found.cost.problems]
    assert (found.cost.total, told) == (2, [(CostProblemCode.NO_REGISTER, LATER, later.last)])


async def test_energy_of_long_ago_is_rated_by_prices_of_then_where_it_is_spread(charts, billing):
    # Read once at noon and once two hours later, though a reading was due each half hour: the price changed between.
    meter = await billing.meter("Seldom read")
    register = await billing.channel("register", meter=meter, kind="CUMULATIVE", resolution_s=1800)
    await billing.write(register, [(NOON, 0.0), (LATER, 8.0)])
    await billing.agree(
        await billing.tariff(Band("hourly", dynamic=Dynamic(charts.world.channels["price"]))), meter=meter
    )
    await billing.write("price", ends(NOON, [0.1, 0.2, 0.3, 0.4]))
    last_hour = CostWish(at("2026-03-01T13:00:00"), LATER, NOW)
    [undated] = await rated(charts, meter, wish=last_hour)
    assert undated.cost.total == 0
    assert [each.code for each in undated.cost.problems] == [CostProblemCode.UNDATED_ENERGY]
    [spread] = await rated(charts, meter, wish=CostWish(last_hour.first, LATER, NOW, fill=Fill.LINEAR))
    assert spread.cost.total == Decimal("1.4")
    assert spread.cost.lines[0].evidence.estimated > 0


async def test_energy_emits_by_the_meter_s_own_channel_or_by_that_of_its_site(charts, billing):
    tariff = await billing.tariff(flat(Decimal("0.25")))
    own, shared, gas = *await meters_with(billing, tariff, 2), await billing.meter("Gas", commodity="GAS")
    await billing.write(await billing.channel("carbon", meter=None, **GRAMS), ends(NOON, [100.0, 200.0, 300.0, 400.0]))
    await billing.write(await billing.channel("carbon", meter=own, **GRAMS), ends(NOON, [10.0] * 4))
    found = await carbons_of(charts.reading, TWO_HOURS, [own, shared, gas])
    assert [each and each.kg for each in found] == [Decimal("0.02"), Decimal("1.5"), None]
    assert [each.energy_kwh for each in found[:2]] == [2, 6]
    # It emits whatever somebody agreed on, and a window of the tariff does not matter.
    await billing.pool.execute("delete from agreements")
    assert (await carbons_of(charts.reading, TWO_HOURS, [own]))[0].kg == Decimal("0.02")


async def test_gas_emits_by_its_own_channel_where_its_calorific_value_is_known(charts, billing):
    gas = await billing.meter("Gas", commodity="GAS", calorific_value=Decimal(36))
    volume = await billing.channel("volume", meter=gas, quantity="VOLUME", unit="CUBIC_METRE")
    await billing.write(volume, ends(NOON, [1.0] * 4))
    await billing.write(await billing.channel("carbon", meter=gas, **GRAMS), ends(NOON, [200.0] * 4))
    [found] = await carbons_of(charts.reading, TWO_HOURS, [gas])
    assert (found.kg, found.energy_kwh, found.complete) == (8, 40, True)
    await billing.pool.execute("update meters set calorific_value = null")
    [refused] = await carbons_of(charts.reading, TWO_HOURS, [gas])
    assert "calorificValue" in refused.message


async def test_what_is_charged_and_nothing_counts_is_told(charts, billing):
    meter = await billing.meter("Bare")
    await billing.agree(await billing.tariff(flat(Decimal("0.25"))), meter=meter)
    [found] = await rated(charts, meter)
    assert [each.code for each in found.cost.problems] == [CostProblemCode.NO_REGISTER]
    assert await carbons_of(charts.reading, TWO_HOURS, [meter]) == [None]
    fed_in = await billing.tariff(flat(Decimal("0.1")), name="Feed-in", direction="EXPORT")
    [found] = await rated(charts, meter, wish=replace(TWO_HOURS, tariff_id=fed_in))
    assert isinstance(found, InvalidInputError)


async def test_register_events_are_no_readings(charts, billing):
    meter = await billing.meter("Read by hand")
    await billing.agree(await billing.tariff(flat(Decimal("0.25"))), meter=meter)
    register = await billing.channel("register", meter=meter, kind="CUMULATIVE", resolution_s=None)
    later = [NOON + timedelta(minutes=minutes) for minutes in (30, 60, 90)]
    # Of the reading at 13:00 the event of that instant says that it is the new register's.
    await billing.write(register, [(NOON, 500.0), (later[1], 3.0), (LATER, 4.0)])
    for instant, final, start in ((later[0], 501.0, 500.0), (later[1], 502.0, 3.0), (later[2], 3.5, 3.0)):
        await billing.pool.execute(EVENT, register, instant, final, start)
    [found] = await rated(charts, meter)
    assert (found.cost.lines[0].quantity, len(found.cost.lines[0].evidence.events)) == (Decimal("4.5"), 3)
    assert (found.cost.expected, found.cost.actual) == (None, 2)


async def test_only_what_is_charged_counts_as_read(charts, billing):
    await billing.agree(await billing.tariff(flat(Decimal("0.25"))))
    await billing.write("energy", ends(NOON, [1.0] * 4))
    await billing.channel("fed_in", meter=charts.world.meter, direction="EXPORT")
    [found] = await rated(charts, charts.world.meter)
    assert (found.cost.expected, found.cost.actual, found.cost.problems) == (4, 4, ())


async def test_a_meter_that_is_read_too_often_for_a_long_period_is_told_so(charts, billing):
    often, seldom = await meters_with(billing, await billing.tariff(flat(Decimal("0.25"))), 2)
    await billing.pool.execute("update channels set resolution_seconds = 1 where asset_id = $1", often)
    long, fine = await rated(charts, often, seldom, wish=CostWish(at("2026-01-01T00:00:00"), NOW, NOW))
    assert isinstance(long, RangeTooLargeError)
    assert fine.cost.total == Decimal("1.5")


async def test_a_band_by_day_charges_each_half_of_an_interval_that_crosses_it(charts, billing):
    # In Berlin 13:00 is noon in UTC: an hour's reading that ends at 12:30 lies half in each band.
    afternoon = Window(first_minute=13 * 60, last_minute=24 * 60)
    tariff = await billing.tariff(Band("afternoon", [afternoon], price=Decimal(1)), flat(Decimal(0), "else"))
    meter = await billing.meter("Hourly")
    await billing.agree(tariff, meter=meter)
    hourly = await billing.channel("energy", meter=meter, resolution_s=3600)
    await billing.write(hourly, [(at("2026-03-01T12:30:00"), 3.0)])
    [found] = await rated(charts, meter)
    assert found.cost.total == Decimal("1.5")
    assert {each.evidence.estimated for each in found.cost.lines} == {1}
