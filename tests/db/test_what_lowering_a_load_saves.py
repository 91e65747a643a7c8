"""What lowering a load would save is learned from its asset's power, and priced by the meter that it stands behind."""

from decimal import Decimal

import numpy as np
import pytest

from tests.charging import Billing, flat
from tests.plant import Plant
from twinql.domain.identity import Worker
from twinql.live.savings import Savings

POWER = """
insert into channels (organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind)
select o.id, o.number, $2, $3, given.key, given.key, (given.quantity)::quantity, (given.unit)::unit, 'INSTANTANEOUS'
from organisations as o, (values
    ('power', 'POWER', 'WATT'), ('speed', 'ROTATIONAL_SPEED', 'REVOLUTION_PER_MINUTE')
) as given (key, quantity, unit)
where o.id = $1
returning key, id
"""


@pytest.fixture
async def plant(database_url):
    async with Plant.open(database_url) as plant:
        world = plant.world
        made = await plant.sql(POWER, world.organisation, world.site, world.machine)
        world.channels.update({row["key"]: row["id"] for row in made})
        speed = np.tile(np.repeat([4000.0, 9000.0, 0.0], 4), 24)
        await plant.record("speed", speed, step_s=300)
        await plant.record("power", 300.0 + 0.8 * speed, step_s=300)
        yield plant


async def learned(plant):
    savings = Savings()
    async with plant.database.transaction(Worker("test"), readonly=True) as connection:
        await savings.learn(connection, [plant.world.machine], plant.now)
    await savings.price(plant.database, plant.now)
    return savings


async def test_power_that_goes_with_a_speed_is_learned_and_nothing_is_priced_without_a_tariff(plant):
    savings = await learned(plant)
    (load,) = savings.loads.values()
    assert savings.loads.keys() == {plant.world.channels["setpoint"]}
    assert load.gain.kw_per_unit == pytest.approx(0.8e-3)
    assert savings.prices == {}


async def test_a_kilowatt_hour_costs_what_the_meter_above_the_machine_agreed_on(plant):
    async with plant.database.pool.acquire() as connection:
        billing = Billing(connection, plant.world)
        meter = await billing.meter("Hall")
        await billing.channel("counted", meter=meter)
        await billing.agree(await billing.tariff(flat(Decimal("0.25"))), meter=meter)
        await connection.execute("update assets set parent_id = $1 where id = $2", meter, plant.world.machine)
    savings = await learned(plant)
    assert {key: (each.per_kwh, each.currency) for key, each in savings.prices.items()} == {meter: (0.25, "EUR")}
    (load,) = savings.loads.values()
    assert load.meter_id == meter
