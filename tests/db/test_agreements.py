"""By which tariff a meter is charged: one at a time for a direction, and known as of any time."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import uuid4

import asyncpg
import pytest

from tests.db.test_tariffs import FLAT, NEW_YEAR, SPRING, flat, now
from tests.world import make_world
from twinql.domain.channels import FlowDirection
from twinql.domain.identity import Worker
from twinql.domain.units import Unit
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.storage.agreements import agreements_known, change_agreement, create_agreement, remove_agreement
from twinql.storage.managing import Management
from twinql.storage.tariffs import archive_tariff, create_tariff, revise_tariff

SUMMER = date(2026, 7, 1)


@pytest.fixture
async def world(database_url):
    return await make_world(database_url)


@pytest.fixture
def owner(database, world):
    return Management(database, world.owner, world.organisation)


@pytest.fixture
async def tariffs(owner):
    names = {"Flat": FlowDirection.IMPORT, "Better": FlowDirection.IMPORT, "Sun": FlowDirection.EXPORT}
    return {
        name: await create_tariff(
            owner, replace(FLAT, name=name, direction=direction), valid_from=NEW_YEAR, terms=flat("0.2")
        )
        for name, direction in names.items()
    }


async def known(database, meter, as_of=None):
    async with database.transaction(Worker("test"), readonly=True) as connection:
        found = await agreements_known(connection, [meter], as_of)
    return [(each.tariff.name, each.valid_from, each.valid_until, len(each.tariff.revisions)) for each in found[meter]]


async def test_agreements_are_known_as_they_were_said(database, owner, world, tariffs):
    asked = [await now(database)]
    flat_one = await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Flat"], valid_from=NEW_YEAR)
    asked.append(await now(database))
    await change_agreement(owner, flat_one, {"valid_until": SPRING})
    better = await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Better"], valid_from=SPRING)
    asked.append(await now(database))
    await revise_tariff(owner, tariffs["Better"], valid_from=SUMMER, terms=flat("0.3"))
    asked.append(await now(database))
    await remove_agreement(owner, better)
    await change_agreement(owner, flat_one, {"valid_until": None})
    asked.append(None)

    ended = ("Flat", NEW_YEAR, SPRING, 1)
    assert [await known(database, world.meter, at) for at in asked] == [
        [],
        [("Flat", NEW_YEAR, None, 1)],
        [ended, ("Better", SPRING, None, 1)],
        [ended, ("Better", SPRING, None, 2)],
        [("Flat", NEW_YEAR, None, 1)],
    ]
    rows = await database.pool.fetch("select changed_by from agreement_history")
    assert [row["changed_by"] for row in rows] == ["acme-owner"] * 3


async def test_a_change_holds_from_the_very_moment_on_at_which_the_former_ends(database, owner, world, tariffs):
    made = await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Flat"])
    await change_agreement(owner, made, {"valid_from": NEW_YEAR})
    (changed,) = await database.pool.fetch("select changed_at from agreement_history")
    (held,) = await database.pool.fetch("select recorded_at from agreements")
    assert changed["changed_at"] == held["recorded_at"]
    assert await known(database, world.meter, changed["changed_at"]) == [("Flat", NEW_YEAR, None, 1)]


async def test_many_meters_share_a_tariff(database, owner, world, tariffs):
    await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Flat"], valid_until=SPRING)
    await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Flat"], valid_from=SUMMER)
    stranger = uuid4()
    async with database.transaction(world.viewer, readonly=True) as connection:
        found = await agreements_known(connection, [world.meter, stranger], None)
    first, second = found[world.meter]
    assert first.tariff is second.tariff
    assert found[stranger] == []


async def test_one_direction_has_one_tariff_at_a_time(owner, world, tariffs):
    async def agree(tariff, first, last):
        return await create_agreement(
            owner, meter_id=world.meter, tariff_id=tariffs[tariff], valid_from=first, valid_until=last
        )

    await agree("Flat", NEW_YEAR, SPRING)
    later = await agree("Better", SPRING, None)  # it begins with the day before which the other ends
    await agree("Sun", None, None)  # the other direction
    for first, last in ((None, None), (None, date(2026, 1, 2)), (date(2026, 3, 31), date(2026, 4, 1)), (SUMMER, None)):
        with pytest.raises(ConflictError, match="already") as refused:
            await agree("Flat", first, last)
        assert refused.value.path == ("validFrom",)
    with pytest.raises(ConflictError, match="“Flat” from 2026-01-01 until before 2026-04-01"):
        await change_agreement(owner, later, {"valid_from": date(2026, 3, 31)})
    await change_agreement(owner, later, {"valid_until": SUMMER})
    await agree("Flat", SUMMER, None)


async def test_the_database_itself_refuses_an_overlap_of_two_at_once(database, database_url, world, tariffs):
    insert = "insert into agreements (organisation_id, meter_id, tariff_id) values ($1, $2, $3)"
    values = (world.organisation, world.meter)
    first, second = [await asyncpg.connect(database_url) for _ in range(2)]
    try:
        begun = first.transaction()
        await begun.start()
        await first.execute(insert, *values, tariffs["Flat"])
        waiting = asyncio.create_task(second.execute(insert, *values, tariffs["Better"]))
        async with asyncio.timeout(20):
            while not await database.pool.fetchval("select exists (select from pg_locks where not granted)"):
                pass  # until the second waits for the first
        await begun.commit()
        with pytest.raises(asyncpg.ExclusionViolationError) as refused:
            await waiting
        assert refused.value.constraint_name == "agreements_no_overlap"
    finally:
        await first.close()
        await second.close()


async def test_what_cannot_be_agreed_is_refused_with_a_reason(database, database_url, owner, world, tariffs):
    zenith = await make_world(database_url, "Zenith")
    by_volume = await create_tariff(
        owner, replace(FLAT, name="Gas", unit=Unit.CUBIC_METRE), valid_from=NEW_YEAR, terms=flat("0.9")
    )
    for meter, tariff, error, path in (
        (world.machine, tariffs["Flat"], NotFoundError, "meterId"),
        (zenith.meter, tariffs["Flat"], NotFoundError, "meterId"),
        (world.meter, uuid4(), NotFoundError, "tariffId"),
        (world.meter, by_volume, InvalidInputError, "tariffId"),
    ):
        with pytest.raises(error) as refused:
            await create_agreement(owner, meter_id=meter, tariff_id=tariff)
        assert refused.value.path == (path,)
    for last in (NEW_YEAR, date(2025, 1, 1)):
        with pytest.raises(InvalidInputError, match="validUntil"):
            await create_agreement(
                owner, meter_id=world.meter, tariff_id=tariffs["Flat"], valid_from=NEW_YEAR, valid_until=last
            )
    await archive_tariff(owner, tariffs["Flat"])
    with pytest.raises(ConflictError, match="tariff is archived"):
        await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Flat"])
    stranger = Management(database, zenith.owner, zenith.organisation)
    made = await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Better"])
    for attempt in (remove_agreement(stranger, made), change_agreement(stranger, made, {"valid_from": None})):
        with pytest.raises(NotFoundError):
            await attempt


async def test_saying_the_same_again_leaves_no_trace(database, owner, world, tariffs):
    made = await create_agreement(owner, meter_id=world.meter, tariff_id=tariffs["Flat"], valid_from=NEW_YEAR)
    await change_agreement(owner, made, {"valid_from": NEW_YEAR})
    await change_agreement(owner, made, {})
    assert await database.pool.fetchval("select count(*) from agreement_history") == 0
