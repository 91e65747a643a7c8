"""Suppliers and tariffs: what may be said of them, and what they said as it was known at a time."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.world import make_world
from twinql.domain.channels import FlowDirection
from twinql.domain.identity import Worker
from twinql.domain.suppliers import SupplierDefinition
from twinql.domain.tariffs.definition import TariffDefinition
from twinql.domain.tariffs.terms import Band, Block, Dynamic, Terms, Window
from twinql.domain.units import Unit
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.managing import Management
from twinql.storage.suppliers import archive_supplier, create_supplier, unarchive_supplier, update_supplier
from twinql.storage.tariffs import (
    archive_tariff,
    create_tariff,
    revise_tariff,
    tariff_known,
    tariffs_known,
    unarchive_tariff,
    update_tariff,
    withdraw_revision,
)

NEW_YEAR, SPRING = date(2026, 1, 1), date(2026, 4, 1)
FLAT = TariffDefinition(name="Flat", direction=FlowDirection.IMPORT, currency="EUR", unit=Unit.KILOWATT_HOUR)


def flat(price):
    return Terms(bands=(Band("all", price=Decimal(price)),))


def following(channel):
    day = Band("day", price=Decimal("0.2"), windows=(Window(first_minute=480, last_minute=1200),))
    return Terms(bands=(day, Band("spot", dynamic=Dynamic(channel))))


@pytest.fixture
async def world(database_url):
    return await make_world(database_url)


@pytest.fixture
def owner(database, world):
    return Management(database, world.owner, world.organisation)


async def known(database, tariff, as_of=None):
    async with database.transaction(Worker("test"), readonly=True) as connection:
        found = await tariff_known(connection, tariff, as_of)
    return found and [(each.valid_from, each.terms) for each in found.revisions]


async def now(database):
    return await database.pool.fetchval("select clock_timestamp()")


async def test_a_tariff_says_at_every_time_what_had_been_recorded_by_then(database, owner):
    before = await now(database)
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    made = await now(database)
    await revise_tariff(owner, tariff, valid_from=SPRING, terms=flat("0.25"))
    revised = await now(database)
    mended = await revise_tariff(owner, tariff, valid_from=NEW_YEAR, terms=flat("0.21"), reason=" misread ")
    corrected = await now(database)
    await withdraw_revision(owner, mended, reason="It was right.")

    story = [
        (NEW_YEAR, flat("0.20")),
        (SPRING, flat("0.25")),
        (NEW_YEAR, flat("0.21")),
        (NEW_YEAR, None),
    ]
    asked = [before, made, revised, corrected, None]
    assert [await known(database, tariff, at) for at in asked] == [story[:count] for count in range(5)]
    rows = await database.pool.fetch("select recorded_by, reason from tariff_revisions order by recorded_at")
    assert {row["recorded_by"] for row in rows} == {"acme-owner"}
    assert [row["reason"] for row in rows] == [None, None, "misread", "It was right."]


async def test_what_holds_no_longer_is_not_withdrawn_again(owner, database):
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    first = (await database.pool.fetchrow("select id from tariff_revisions"))["id"]
    second = await revise_tariff(owner, tariff, valid_from=NEW_YEAR, terms=flat("0.21"))
    with pytest.raises(ConflictError, match="holds no longer"):
        await withdraw_revision(owner, first)
    withdrawal = await withdraw_revision(owner, second)
    for gone in (second, withdrawal):
        with pytest.raises(ConflictError, match="holds no longer"):
            await withdraw_revision(owner, gone)
    with pytest.raises(NotFoundError):
        await withdraw_revision(owner, uuid4())


async def test_a_tariff_follows_price_channels_of_its_own_organisation_alone(owner, database, database_url, world):
    zenith = await make_world(database_url, "Zenith")
    made = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=following(world.channels["price"]))
    for stranger in (world.channels["energy"], zenith.channels["price"], uuid4()):
        with pytest.raises(NotFoundError, match="prices") as refused:
            await revise_tariff(owner, made, valid_from=SPRING, terms=following(stranger))
        assert refused.value.path == ("terms", "bands", "1", "dynamic", "channelId")
    worker = Management(database, Worker("test"), world.organisation)
    with pytest.raises(NotFoundError):
        await create_tariff(worker, FLAT, valid_from=NEW_YEAR, terms=following(zenith.channels["price"]))
    assert await database.pool.fetchval("select count(*) from tariff_revisions") == 1


async def test_an_archived_tariff_is_not_revised_and_still_says_what_it_said(owner, database):
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    await archive_tariff(owner, tariff)
    await archive_tariff(owner, tariff)
    with pytest.raises(ConflictError, match="unarchive"):
        await revise_tariff(owner, tariff, valid_from=SPRING, terms=flat("0.25"))
    assert await known(database, tariff) == [(NEW_YEAR, flat("0.20"))]
    await unarchive_tariff(owner, tariff)
    await revise_tariff(owner, tariff, valid_from=SPRING, terms=flat("0.25"))


async def test_a_tariff_is_of_a_supplier_in_use(owner, database):
    supplier = await create_supplier(owner, SupplierDefinition(name=" Nordstrom ", contact=None))
    await update_supplier(owner, supplier, {"contact": " 0800 1 "})
    assert tuple(await database.pool.fetchrow("select name, contact from suppliers")) == ("Nordstrom", "0800 1")
    await archive_supplier(owner, supplier)
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    with pytest.raises(ConflictError, match="archived"):
        await update_tariff(owner, tariff, {"supplier_id": supplier})
    await unarchive_supplier(owner, supplier)
    await update_tariff(owner, tariff, {"supplier_id": supplier, "name": "Flat 2026"})
    await archive_supplier(owner, supplier)
    await update_tariff(owner, tariff, {"name": "Flat"})  # it stays whose it is
    assert await database.pool.fetchval("select supplier_id from tariffs") == supplier
    for attempt in (update_tariff(owner, tariff, {"supplier_id": uuid4()}), update_supplier(owner, uuid4(), {})):
        with pytest.raises(NotFoundError):
            await attempt
    with pytest.raises(InvalidInputError):
        await update_supplier(owner, supplier, {"name": " "})


async def test_whoever_is_no_owner_reads_tariffs_and_makes_none(database, database_url, world, owner):
    zenith = await make_world(database_url, "Zenith")
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    operator = Management(database, world.operator, world.organisation)
    with pytest.raises(ForbiddenError):
        await create_tariff(operator, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    with pytest.raises(NotFoundError):
        await revise_tariff(operator, tariff, valid_from=SPRING, terms=flat("0.25"))
    stranger = Management(database, zenith.owner, zenith.organisation)
    for attempt in (
        revise_tariff(stranger, tariff, valid_from=SPRING, terms=flat("9")),
        update_tariff(stranger, tariff, {"name": "Mine"}),
        archive_tariff(stranger, tariff),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    async with database.transaction(world.viewer, readonly=True) as connection:
        assert list(await tariffs_known(connection, [tariff], None)) == [tariff]
    async with database.transaction(zenith.owner, readonly=True) as connection:
        assert await tariff_known(connection, tariff, None) is None


async def test_terms_that_were_written_past_twinql_are_told_of_and_not_guessed_at(owner, database):
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    await database.pool.execute(
        "insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by, terms, recorded_at)"
        " select organisation_id, id, '2026-04-01', 'me', '{\"bands\": [{}]}', '1999-01-01Z' from tariffs"
    )
    with pytest.raises(ConflictError, match="from 2026-04-01 on was written past TwinQL"):
        await known(database, tariff)
    # When it was recorded is for the database to say.
    told = await database.pool.fetchval("select max(recorded_at) from tariff_revisions")
    assert told > datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_revision_that_is_written_second_is_the_later_one_whichever_transaction_began_first(owner, database):
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    insert = (
        "insert into tariff_revisions (organisation_id, tariff_id, valid_from, recorded_by)"
        " select organisation_id, id, '2026-01-01', $1 from tariffs"
    )
    async with database.pool.acquire() as slow, slow.transaction():
        await slow.fetchval("select now()")
        await revise_tariff(owner, tariff, valid_from=NEW_YEAR, terms=flat("0.21"))
        await slow.execute(insert, "slow")
    rows = await database.pool.fetch("select recorded_by from tariff_revisions order by recorded_at")
    assert [row["recorded_by"] for row in rows] == ["acme-owner", "acme-owner", "slow"]


async def test_what_cannot_be_charged_is_refused_before_it_is_kept(owner, database):
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=flat("0.20"))
    for attempt, path in (
        (create_tariff(owner, replace(FLAT, currency="EURO"), valid_from=NEW_YEAR, terms=flat("1")), ("currency",)),
        (create_tariff(owner, replace(FLAT, unit=Unit.WATT), valid_from=NEW_YEAR, terms=flat("1")), ("unit",)),
        (revise_tariff(owner, tariff, valid_from=SPRING, terms=Terms(bands=())), ("terms", "bands")),
        (revise_tariff(owner, tariff, valid_from=SPRING, terms=_many(blocks=3)), ("terms", "bands")),
    ):
        with pytest.raises(InvalidInputError) as refused:
            await attempt
        assert refused.value.path == path
    assert await known(database, tariff) == [(NEW_YEAR, flat("0.20"))]


def _many(*, blocks):
    """Make 50 bands of so many blocks each, apart on working days and others; three each are too many prices."""
    days = (frozenset(range(1, 6)), frozenset((6, 7)))
    steps = tuple(Block(Decimal(place + 1), Decimal("0.123456789")) for place in range(blocks - 1))
    prices = {"blocks": (*steps, Block(None, Decimal("0.1")))}
    bands = [
        Band(f"band {minute}", tuple(Window(each, minute, minute + 1) for each in days), **prices)
        for minute in range(49)
    ]
    return Terms(bands=(*bands, Band("else", **prices)))


async def test_terms_of_many_bands_and_blocks_are_kept_whole(owner, database):
    many = _many(blocks=2)
    tariff = await create_tariff(owner, FLAT, valid_from=NEW_YEAR, terms=many)
    assert await known(database, tariff) == [(NEW_YEAR, many)]
