"""Loads are shed where a site takes too much, and shifted to cheap hours, over a real database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.charging import Billing, ends
from tests.world import make_world
from twinql.domain.tariffs.terms import Band, Window
from twinql.live.load_advice import LoadAdvisor
from twinql.storage.database import Database

# Ten in the evening in Berlin, a minute before; the cheap hours begin at midnight.
NOW = datetime(2026, 1, 15, 20, 59, tzinfo=UTC)
_LOAD = """
insert into deferrable_loads (
    organisation_id, site_id, meter_id, channel_id, name, power_kw, run_seconds, earliest_minute, latest_minute,
    interruptible, on_value
)
values ($1, $2, $3, $4, 'Boiler', 2, 7200, 1200, 420, true, 600)
"""
_SAID = """
select action::text, status::text, proposal, expected_impact, reasons -> 0 ->> 'code' as code from decisions
order by made_at, id
"""


@pytest.fixture
async def world(database_url):
    return await make_world(database_url)


@pytest.fixture
async def database(database_url):
    async with Database.open(database_url, pool_size=4) as database:
        yield database


@pytest.fixture
async def billing(database, world):
    """A boiler that runs behind a meter of which twenty flat days are known."""
    billing = Billing(database.pool, world)
    await database.pool.execute(_LOAD, world.organisation, world.site, world.meter, world.channels["setpoint"])
    await billing.write("setpoint", [(NOW - timedelta(minutes=30), 600.0)])
    await billing.write("energy", ends(NOW - timedelta(days=20, minutes=29), [0.5] * 960))
    return billing


async def test_a_load_in_dear_hours_is_paused_until_the_cheap_ones(database, billing, workshop):
    night = Band("night", price=Decimal("0.10"), windows=[Window(last_minute=6 * 60)])
    await billing.agree(await billing.tariff(night, Band("day", price=Decimal("0.30"))))
    advisor = LoadAdvisor(database, workshop, lambda: NOW)
    assert await advisor.look() == 1
    (said,) = await database.pool.fetch(_SAID)
    assert (said["action"], said["status"], said["code"]) == ("SHIFT_LOAD", "OPEN", "BEST_TIME_IS_LATER")
    assert said["proposal"]["desired"] == 0.0
    # Half an hour is done already: 1.5 h of 2 kW at 0.20 less.
    assert Decimal(said["expected_impact"]["cost"]) == pytest.approx(Decimal("0.60"), abs=Decimal("0.02"))
    await billing.write("setpoint", [(NOW + timedelta(minutes=5), 0.0)])
    advisor.clock = lambda: NOW + timedelta(minutes=15)
    await advisor.look()
    assert [each["status"] for each in await database.pool.fetch(_SAID)] == ["EXPIRED"]
    await billing.write("energy", ends(NOW + timedelta(minutes=1), [0.5] * 4))
    advisor.clock = lambda: NOW + timedelta(hours=2)
    await advisor.look()
    said = (await database.pool.fetch(_SAID))[-1]
    assert (said["action"], said["code"], said["proposal"]["desired"]) == ("SHIFT_LOAD", "BEST_TIME_BEGINS", 600.0)


async def test_a_load_is_shed_while_more_is_taken_in_than_the_site_may(database, billing, world, workshop):
    power = await billing.channel(
        "power", meter=world.meter, quantity="POWER", unit="KILOWATT", kind="INSTANTANEOUS", resolution_s=60
    )
    await database.pool.execute("update sites set limit_kw = 6 where id = $1", world.site)
    advisor = LoadAdvisor(database, workshop)

    async def look(seconds, *known):
        """Write what the meter read so many seconds after, look, and return what is said of shedding."""
        await billing.write(power, [(NOW + timedelta(seconds=at), kilowatts) for at, kilowatts in known])
        advisor.clock = lambda: NOW + timedelta(seconds=seconds)
        await advisor.look()
        return [each for each in await database.pool.fetch(_SAID) if each["action"] == "SHED_LOAD"]

    # One reading alone is no quarter of an hour.
    assert await look(-240, *((-720.0 + 60 * each, 5.0) for each in range(8)), (-250, 1000.0)) == []
    said = await look(-125, (-240, 7.5), (-180, 9.5), (-130, 9.5))
    assert [(each["code"], each["status"]) for each in said] == [("POWER_ABOVE_LIMIT", "OPEN")]
    assert said[0]["proposal"]["expect"]["channel_id"] == str(power)
    assert [each["status"] for each in await look(5, (0, 3.5))] == ["EXPIRED"]


async def test_a_meter_that_is_read_every_quarter_of_an_hour_sheds_too(database, billing, world, workshop):
    rarely = {"quantity": "POWER", "unit": "WATT", "kind": "INSTANTANEOUS", "resolution_s": 900}
    power = await billing.channel("power", meter=world.meter, **rarely)
    await database.pool.execute("update sites set limit_kw = 6 where id = $1", world.site)
    read = NOW - timedelta(minutes=14)
    await billing.write(power, [(read - timedelta(minutes=15 * ago), 7_500.0) for ago in range(3)])
    advisor = LoadAdvisor(database, workshop, lambda: read + timedelta(minutes=9))
    await advisor.look()
    (said,) = await database.pool.fetch(_SAID)
    assert (said["action"], said["expected_impact"]["extreme_value"]) == ("SHED_LOAD", pytest.approx(7.5))


async def test_where_nobody_can_foresee_the_meter_that_is_said(database, world, workshop):
    await database.pool.execute(_LOAD, world.organisation, world.site, world.meter, world.channels["setpoint"])
    billing = Billing(database.pool, world)
    await billing.write("setpoint", [(NOW - timedelta(minutes=30), 600.0)])
    await LoadAdvisor(database, workshop, lambda: NOW).look()
    (said,) = await database.pool.fetch(_SAID)
    assert (said["action"], said["proposal"]) == ("INSUFFICIENT_HISTORY", None)


async def test_a_meter_with_more_loads_than_can_be_planned_keeps_nobody_else_from_advice(
    database, billing, world, workshop
):
    other = await billing.meter("Other meter")
    many = _LOAD.replace("values (", "select ").replace("420, true, 600)", "420, true, 600 from generate_series(1, 50)")
    for meter, statement in ((world.meter, many), (other, many), (other, _LOAD)):
        await database.pool.execute(statement, world.organisation, world.site, meter, world.channels["setpoint"])
    assert await LoadAdvisor(database, workshop, lambda: NOW).look() == 102


async def test_loads_are_shed_one_after_the_other_by_what_they_draw(database, billing, world, workshop):
    power = {"quantity": "POWER", "unit": "KILOWATT", "kind": "INSTANTANEOUS", "resolution_s": 60}
    main = await billing.channel("power", meter=world.meter, **power)
    own = await billing.channel("own", meter=world.machine, direction=None, **power)
    car = await billing.channel("car", meter=world.meter, **(power | {"quantity": "ROTATIONAL_SPEED"}))
    await database.pool.execute(
        "update channels set writable = true, unit = 'REVOLUTION_PER_MINUTE' where id = $1", car
    )
    await database.pool.execute(_LOAD.replace("Boiler", "Car"), world.organisation, world.site, world.meter, car)
    await database.pool.execute("update deferrable_loads set minimum_run_seconds = 1500")
    await database.pool.execute("update sites set limit_kw = 6 where id = $1", world.site)
    start = NOW - timedelta(minutes=8)
    await billing.write(car, [(start - timedelta(minutes=24), 600.0)])
    advisor = LoadAdvisor(database, workshop)

    async def shed(minutes, boiler_kw):
        """Return which loads stand to be shed so long after, the meter's 7.5 kW having been read just before."""
        now = start + timedelta(minutes=minutes)
        at = now - timedelta(seconds=1)
        await billing.write(main, [(at - timedelta(seconds=59), 7.5), (at, 7.5)])
        await billing.write(own, [(at, boiler_kw)])
        advisor.clock = lambda: now
        await advisor.look()
        found = await database.pool.fetch(
            "select channel_id from decisions where action = 'SHED_LOAD' and status = 'OPEN'"
        )
        return [each["channel_id"] for each in found]

    # The boiler is on and draws nothing; the car has not run for its 25 minutes.
    assert await shed(0, 0.01) == []
    assert await shed(2, 0.01) == [car]
    accept = "update decisions set status = 'ACCEPTED', settled_at = $1 where status = 'OPEN' and action = 'SHED_LOAD'"
    await database.pool.execute(accept, start + timedelta(minutes=2))
    # The boiler draws its power again, but what the car gives is not to be seen yet.
    assert await shed(3, 2.0) == []
    assert await shed(4.1, 2.0) == [world.channels["setpoint"]]
