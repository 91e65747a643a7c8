"""Writing sites."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from twinql.domain.archiving import Along
from twinql.domain.sites import SiteDefinition
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load


async def create_site(management: Management, site: SiteDefinition) -> UUID:
    """Make a site.

    Raises:
        InvalidInputError: The definition cannot be right.
    """
    values = _values(site.checked())
    async with management.change() as connection:
        return UUID(str(await connection.fetchval(load("sites")["insert"], management.organisation_id, *values)))


async def update_site(management: Management, site_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what is said of a site.

    Args:
        management: Who changes it.
        site_id: The site.
        changes: New values by attribute of `SiteDefinition`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see.
        InvalidInputError: The outcome cannot be right.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("sites")["definition"], site_id, management.organisation_id)
        if row is None:
            raise _missing_site("id")
        changed = replace(SiteDefinition(**dict(row)), **changes).checked()
        await connection.execute(load("sites")["update"], site_id, *_values(changed))


async def archive_site(management: Management, site_id: UUID) -> Along:
    """Take a site out of use, with all that is in use on it. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        return await _along(connection, "archive", site_id, management.organisation_id)


async def unarchive_site(management: Management, site_id: UUID) -> Along:
    """Take a site back into use, with what was archived together with it. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        return await _along(connection, "unarchive", site_id, management.organisation_id)


async def check_site(connection: Connection, organisation_id: UUID, site_id: UUID) -> None:
    """Check that something new may stand on a site.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: It is archived.
    """
    archived = await connection.fetchval(load("sites")["archived"], site_id, organisation_id)
    if archived is None:
        raise _missing_site("siteId")
    if archived:
        raise ConflictError("This site is archived; unarchive it first.", path=("siteId",))


async def _along(connection: Connection, statement: str, site_id: UUID, organisation_id: UUID) -> Along:
    row = await connection.fetchrow(load("sites")[statement], site_id, organisation_id)
    if row is None:
        raise _missing_site("id")
    return Along(assets=row["assets"], channels=row["channels"])


def _missing_site(*path: str) -> NotFoundError:
    """Say that there is no such site, or none that may be seen."""
    return NotFoundError("There is no site with this id that you may see; look it up with `sites`.", path=path)


def _values(site: SiteDefinition) -> tuple[Any, ...]:
    return site.name, site.time_zone, site.latitude, site.longitude, dict(site.attributes), site.limit_kw
