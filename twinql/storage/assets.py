"""Writing meters and machines."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.archiving import Along
from twinql.domain.assets import Commodity, MachineDefinition, MeterDefinition
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.sites import check_site
from twinql.storage.statements import load

Definition = MeterDefinition | MachineDefinition
_NOUNS: dict[type[Definition], str] = {MeterDefinition: "meter", MachineDefinition: "machine"}


async def create_asset(management: Management, asset: Definition) -> UUID:
    """Make a meter or a machine.

    Raises:
        InvalidInputError: The definition cannot be right.
        NotFoundError: There is no such site or parent.
        ConflictError: The site is archived, the parent does not fit, or a name is taken.
    """
    asset, noun = asset.checked(), _NOUNS[type(asset)]
    async with management.change() as connection:
        await _check_place(connection, management.organisation_id, asset)
        kind = noun.upper()
        key = await connection.fetchval(load("assets")["insert"], management.organisation_id, kind, *_values(asset))
        await connection.execute(
            load("assets")[f"insert_{noun}"], key, management.organisation_id, *_particulars(asset)
        )
        return UUID(str(key))


async def update_asset(
    management: Management,
    asset_id: UUID,
    kind: type[Definition],
    changes: Mapping[str, Any],
) -> None:
    """Change what is said of a meter or a machine; on another site, its parts and channels go with it.

    Args:
        management: Who changes it.
        asset_id: The asset.
        kind: Whether it is a meter or a machine.
        changes: New values by attribute of that kind; what is left out stays.

    Raises:
        InvalidInputError: The outcome cannot be right.
        NotFoundError: There is no such asset of this kind, no such site or no such parent.
        ConflictError: The site is archived, the parent does not fit, or a name is taken.
    """
    noun = _NOUNS[kind]
    async with management.change() as connection:
        row = await connection.fetchrow(load("assets")[f"{noun}_definition"], asset_id, management.organisation_id)
        if row is None:
            raise _missing(kind)
        former = _definition(kind, row)
        changed = replace(former, **changes).checked()
        if (changed.site_id, changed.parent_id) != (former.site_id, former.parent_id):
            await _check_place(connection, management.organisation_id, changed, asset_id)
        await connection.execute(load("assets")["update"], asset_id, *_values(changed))
        await connection.execute(load("assets")[f"update_{noun}"], asset_id, *_particulars(changed))
        if changed.site_id != former.site_id:
            await connection.fetchrow(load("assets")["move_beneath"], asset_id, changed.site_id)


async def archive_asset(management: Management, asset_id: UUID, kind: type[Definition]) -> Along:
    """Take an asset out of use, with its parts and channels. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none of this kind that the actor may see.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(
            load("assets")["archive"], asset_id, management.organisation_id, _NOUNS[kind].upper()
        )
        if row is None:
            raise _missing(kind)
        return Along(assets=row["assets"], channels=row["channels"])


async def unarchive_asset(management: Management, asset_id: UUID, kind: type[Definition]) -> Along:
    """Take an asset back into use, with what was archived together with it. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none of this kind that the actor may see.
        ConflictError: What it stands on, or is a part of, is archived.
    """
    async with management.change() as connection:
        above = await connection.fetchrow(
            load("assets")["above"], asset_id, management.organisation_id, _NOUNS[kind].upper()
        )
        if above is None:
            raise _missing(kind)
        if above["site_archived"]:
            raise ConflictError("Its site is archived; unarchive the site first.", path=("id",))
        if above["parent_archived"]:
            raise ConflictError("What it is a part of is archived; unarchive that first.", path=("id",))
        row = await connection.fetchrow(load("assets")["unarchive"], asset_id)
        assert row is not None
        return Along(assets=row["assets"], channels=row["channels"])


async def _check_place(
    connection: Connection, organisation_id: UUID, asset: Definition, asset_id: UUID | None = None
) -> None:
    """Check that the site takes the asset, and that the parent does."""
    await check_site(connection, organisation_id, asset.site_id)
    if asset.parent_id is None:
        return
    parent = await connection.fetchrow(load("assets")["parent"], asset.parent_id, organisation_id, asset_id)
    if parent is None:
        raise NotFoundError(
            "There is no meter or machine with this id that you may see; look it up first.", path=("parentId",)
        )
    if parent["archived"]:
        raise ConflictError("This parent is archived; unarchive it first.", path=("parentId",))
    if parent["site_id"] != asset.site_id:
        raise ConflictError(
            "This parent stands on another site; choose one on the same site, or null.", path=("parentId",)
        )
    if parent["beneath"]:
        raise ConflictError("Nothing can be a part of itself or of one of its own parts.", path=("parentId",))


def _missing(kind: type[Definition]) -> NotFoundError:
    noun = _NOUNS[kind]
    return NotFoundError(f"There is no {noun} with this id that you may see; look it up with `{noun}s`.", path=("id",))


def _definition(kind: type[Definition], row: asyncpg.Record) -> Definition:
    if kind is MeterDefinition:
        return MeterDefinition(**{**dict(row), "commodity": Commodity(row["commodity"])})
    return MachineDefinition(**dict(row))


def _values(asset: Definition) -> tuple[Any, ...]:
    return asset.site_id, asset.parent_id, asset.name, asset.external_id, dict(asset.attributes)


def _particulars(asset: Definition) -> tuple[Any, ...]:
    if isinstance(asset, MeterDefinition):
        return (
            asset.serial_number,
            asset.commodity.value,
            asset.billing_day,
            asset.calorific_value,
            asset.volume_correction,
        )
    return asset.manufacturer, asset.model
