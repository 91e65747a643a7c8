"""The outbox says of which meters the costs may have changed."""

from dataclasses import replace

import pytest

from tests.db.test_register_events import HOUR, NOON, NOW, exchange
from tests.db.test_tariffs import FLAT, NEW_YEAR, SPRING, flat
from tests.world import make_world
from twinql.domain.channels import FlowDirection
from twinql.domain.events import EventKind
from twinql.domain.identity import Worker
from twinql.storage.agreements import change_agreement, create_agreement, remove_agreement
from twinql.storage.managing import Management
from twinql.storage.outbox import feed_state, read_on
from twinql.storage.register_events import record_event, retract_event
from twinql.storage.tariffs import create_tariff, revise_tariff, update_tariff

MANY = """
with asset as (
    insert into assets (organisation_id, site_id, kind, name)
    select organisation_id, id, 'METER', 'Meter ' || n from sites cross join generate_series(1, 1500) as n
    returning id, organisation_id, name
),
meter as (
    insert into meters (id, organisation_id, serial_number, commodity)
    select id, organisation_id, name, 'ELECTRICITY' from asset returning id, organisation_id
)
insert into agreements (organisation_id, meter_id, tariff_id)
select m.organisation_id, m.id, t.id from meter as m cross join tariffs as t
"""


class Outbox:
    """What was announced of metering since it was last asked."""

    def __init__(self, database, position):
        self.database, self.position = database, position

    async def meters(self):
        async with self.database.transaction(Worker("test"), readonly=True) as connection:
            page = await read_on(connection, self.position, most=100)
        self.position = max([self.position, *(event.position for event in page.events)])
        assert all(event.readable for event in page.events)
        return [(each.organisation_number, each.ids) for each in page.events if each.kind is EventKind.METERING]


@pytest.fixture
async def world(database_url):
    return await make_world(database_url)


@pytest.fixture
def owner(database, world):
    return Management(database, world.owner, world.organisation)


@pytest.fixture
async def outbox(database, world):
    assert world  # made before, and announced
    async with database.transaction(Worker("test")) as connection:
        return Outbox(database, (await feed_state(connection)).newest)


async def test_whatever_changes_a_cost_names_its_meter(database, outbox, owner, world):
    of_it = [(world.number, (world.meter,))]
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    sun = replace(FLAT, name="Sun", direction=FlowDirection.EXPORT)
    await create_tariff(owner, sun, valid_from=NEW_YEAR, terms=flat("0.05"))
    await update_tariff(owner, tariff, {"name": "Plain"})
    assert await outbox.meters() == []  # nobody is charged by them, and a name costs nothing
    agreement = await create_agreement(owner, meter_id=world.meter, tariff_id=tariff)
    assert await outbox.meters() == of_it
    await revise_tariff(owner, tariff, valid_from=SPRING, terms=flat("0.25"))
    assert await outbox.meters() == of_it
    await change_agreement(owner, agreement, {"valid_from": NEW_YEAR})
    assert await outbox.meters() == of_it
    await remove_agreement(owner, agreement)
    assert await outbox.meters() == of_it
    speaking = (database, world.operator, world.organisation)
    event = await record_event(*speaking, world.channels["register"], exchange(NOON + HOUR), now=NOW)
    assert await outbox.meters() == of_it
    await retract_event(*speaking, event)
    assert await outbox.meters() == of_it


async def test_what_is_said_of_a_meter_its_channels_and_its_site_changes_what_it_was_charged(database, outbox, world):
    changes = {
        "update channels set multiplier = 40": True,
        "update channels set multiplier = 40, register = 'day' where key = 'register'": True,
        "update channels set archived_at = now() where key = 'energy'": True,
        "update channels set name = 'Another', limit_high = 9": False,
        "update channels set multiplier = 1 where key in ('temperature', 'price')": False,  # of no meter
        "update meters set billing_day = 15": True,
        "update meters set serial_number = 'M-9'": False,
        "update sites set time_zone = 'Europe/Lisbon'": True,
        "update sites set name = 'Works'": False,
    }
    for change, heard in changes.items():
        await database.pool.execute(change)
        assert await outbox.meters() == ([(world.number, (world.meter,))] if heard else []), change


async def test_a_new_channel_may_bill_its_meter_from_then_on(database, outbox, world):
    made = """
    insert into channels (
        organisation_id, organisation_number, site_id, asset_id, key, name, quantity, unit, kind, resolution_seconds
    )
    select organisation_id, organisation_number, site_id, asset_id, key || $2, name, quantity, unit, kind, 1800
    from channels where key = $1
    """
    for like, heard in {"energy": True, "register": True, "price": False, "temperature": False}.items():
        await database.pool.execute(made, like, "_again")
        assert await outbox.meters() == ([(world.number, (world.meter,))] if heard else []), like
    instant = made.replace("quantity, unit, kind, 1800", "'POWER', 'WATT', 'INSTANTANEOUS', 1800")
    await database.pool.execute(instant, "energy", "_power")
    assert await outbox.meters() == []  # of the meter, and nothing that anybody is billed by


async def test_the_meters_of_a_tariff_of_thousands_come_in_parts(database, outbox, owner):
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    await database.pool.execute(MANY)
    agreed = [ids for _, ids in await outbox.meters()]
    assert [len(ids) for ids in agreed] == [1000, 500]
    await revise_tariff(owner, tariff, valid_from=SPRING, terms=flat("0.25"))
    revised = [ids for _, ids in await outbox.meters()]
    assert revised == agreed
    assert len({each for ids in revised for each in ids}) == 1500
