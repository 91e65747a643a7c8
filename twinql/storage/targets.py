"""Finds what the rows of a file belong to, by the names that people use, and makes what is missing."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.assets import Commodity
from twinql.domain.channels import ChannelFacts, FlowDirection, ReadingKind
from twinql.domain.units import Quantity, Unit
from twinql.errors import ConflictError
from twinql.storage.channels import facts_by_id
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class OrganisationTarget:
    """An organisation, by its identity outside and inside."""

    id: UUID
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class SiteTarget:
    """A site in use."""

    id: UUID
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class AssetTarget:
    """A meter or machine in use."""

    id: UUID
    site_id: UUID
    kind: str
    name: str
    external_id: str | None
    serial_number: str | None


@dataclass(frozen=True, slots=True)
class ChannelTarget:
    """A channel, with the thing to which it belongs: `asset_id` is None where that is the site itself.

    Attributes:
        asset_id: The meter or machine.
        site_id: The site.
        name: What people call the channel.
        site: What they call the site.
        owner: What they call the meter or machine, such as `meter 10006414`; empty where it is the site itself.
        facts: How its readings are kept.
    """

    asset_id: UUID | None
    site_id: UUID
    name: str
    site: str
    owner: str
    facts: ChannelFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """A channel to be made.

    Attributes:
        key: Its short name.
        name: What people call it.
        quantity: What it measures.
        unit: The unit of its values.
        kind: How its values are to be read.
        direction: Which way it counts.
        resolution_s: Time between two readings, where that is known. [s]
        states: Codes of a STATE channel; each becomes its own label.
        register: Which register of its meter it is, where the file says so.
    """

    key: str
    name: str
    quantity: Quantity
    unit: Unit
    kind: ReadingKind
    direction: FlowDirection | None = None
    resolution_s: int | None = None
    states: tuple[float, ...] = ()
    register: str | None = None


async def organisations(connection: Connection) -> list[OrganisationTarget]:
    """Return every organisation, oldest first."""
    return [OrganisationTarget(**row) for row in await connection.fetch(load("targets")["organisations"])]


async def sites_of(connection: Connection, organisation: OrganisationTarget) -> list[SiteTarget]:
    """Return the sites in use, oldest first."""
    return [SiteTarget(**row) for row in await connection.fetch(load("targets")["sites"], organisation.id)]


async def assets_named(
    connection: Connection, organisation: OrganisationTarget, names: Collection[str]
) -> list[AssetTarget]:
    """Return the assets in use whose serial number, external id or name is one of these."""
    rows = await connection.fetch(load("targets")["assets"], organisation.id, list(names))
    return [AssetTarget(**row) for row in rows]


async def channels_of(
    connection: Connection,
    organisation: OrganisationTarget,
    *,
    assets: Collection[UUID] = (),
    sites: Collection[UUID] = (),
    ids: Collection[UUID] = (),
) -> list[ChannelTarget]:
    """Return the channels of assets, of sites themselves, and those with these ids."""
    rows = await connection.fetch(load("targets")["channels"], organisation.id, list(assets), list(sites), list(ids))
    facts = await facts_by_id(connection, [row["id"] for row in rows])
    return [
        ChannelTarget(**{name: cell for name, cell in row.items() if name != "id"}, facts=facts[row["id"]])
        for row in rows
    ]


async def make_site(connection: Connection, organisation: OrganisationTarget, *, name: str, time_zone: str) -> UUID:
    """Make a site."""
    return await _made(connection, "make_site", organisation.id, name, time_zone)


async def make_meter(
    connection: Connection, organisation: OrganisationTarget, *, site: UUID, serial_number: str, commodity: Commodity
) -> UUID:
    """Make a meter that is called by its serial number.

    Raises:
        ConflictError: Another one, perhaps archived, has that serial number.
    """
    name = f"Meter {serial_number}"
    return await _made(connection, "make_meter", organisation.id, site, name, serial_number, commodity.value)


async def make_machine(connection: Connection, organisation: OrganisationTarget, *, site: UUID, name: str) -> UUID:
    """Make a machine."""
    return await _made(connection, "make_machine", organisation.id, site, name)


async def make_channel(
    connection: Connection, organisation: OrganisationTarget, *, site: UUID, asset: UUID | None, new: NewChannel
) -> UUID:
    """Make a channel of an asset, or of a site itself where `asset` is None.

    Raises:
        ConflictError: Another one, perhaps archived, has its key there.
    """
    states = [{"code": code, "label": f"{code:g}"} for code in new.states]
    return await _made(
        connection,
        "make_channel",
        *(organisation.id, organisation.number, site, asset, new.key, new.name),
        *(new.quantity.value, new.unit.value, new.kind.value, new.direction and new.direction.value, new.resolution_s),
        states if new.kind is ReadingKind.STATE else None,
        new.register,
    )


async def _made(connection: Connection, statement: str, *arguments: Any) -> UUID:
    try:
        found = await connection.fetchval(load("targets")[statement], *arguments)
    except asyncpg.UniqueViolationError as error:
        message = (
            "Something archived, or made at this very moment, has the name that the file needs: rename it, "
            "or run the import again."
        )
        raise ConflictError(message) from error
    return UUID(str(found))
