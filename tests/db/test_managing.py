"""Changes of one organisation wait for each other, and row-level security holds them to a role."""

import asyncio
from uuid import uuid4

import pytest

from tests.world import make_world
from twinql.domain.assets import MachineDefinition
from twinql.domain.identity import Worker
from twinql.domain.sites import SiteDefinition
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.assets import archive_asset, create_asset, update_asset
from twinql.storage.managing import Management
from twinql.storage.sites import archive_site, create_site


@pytest.fixture
async def world(database_url):
    return await make_world(database_url)


async def test_two_changes_at_once_make_no_circle_of_parts(database, world):
    owner = Management(database, world.owner, world.organisation)
    machines = [
        await create_asset(owner, MachineDefinition(site_id=world.site, name=f"Machine {place}")) for place in range(2)
    ]
    outcomes = await asyncio.gather(
        update_asset(owner, machines[0], MachineDefinition, {"parent_id": machines[1]}),
        update_asset(owner, machines[1], MachineDefinition, {"parent_id": machines[0]}),
        return_exceptions=True,
    )
    assert sorted(type(each) for each in outcomes if each is not None) == [ConflictError]


async def test_nothing_is_made_on_a_site_while_it_is_archived(database, world):
    owner = Management(database, world.owner, world.organisation)
    outcomes = await asyncio.gather(
        archive_site(owner, world.site),
        *(create_asset(owner, MachineDefinition(site_id=world.site, name=f"Machine {n}")) for n in range(5)),
        return_exceptions=True,
    )
    assert {type(each) for each in outcomes[1:] if isinstance(each, Exception)} <= {ConflictError}
    assert await database.pool.fetchval("select count(*) from assets where archived_at is null") == 0


async def test_the_database_itself_refuses_whoever_is_no_owner(database, world):
    for actor in (world.operator, world.viewer):
        management = Management(database, actor, world.organisation)
        with pytest.raises(ForbiddenError):
            await create_site(management, SiteDefinition(name="Works", time_zone="UTC"))
        # What may not be changed is not found to change.
        with pytest.raises(NotFoundError):
            await archive_site(management, world.site)
    assert await database.pool.fetchval("select count(*) from sites where archived_at is null") == 1


async def test_background_work_manages_the_organisation_that_it_names_and_no_other(database, database_url, world):
    zenith = await make_world(database_url, "Zenith")
    worker = Management(database, Worker("test"), world.organisation)
    made = await create_asset(worker, MachineDefinition(site_id=world.site, name="Pump", parent_id=world.machine))
    assert await database.pool.fetchval("select organisation_id from assets where id = $1", made) == world.organisation
    for attempt in (
        archive_site(worker, zenith.site),
        archive_asset(worker, zenith.machine, MachineDefinition),
        create_asset(worker, MachineDefinition(site_id=zenith.site, name="Pump")),
        create_asset(worker, MachineDefinition(site_id=world.site, name="Pump", parent_id=zenith.machine)),
        archive_site(worker, uuid4()),
    ):
        with pytest.raises(NotFoundError):
            await attempt
