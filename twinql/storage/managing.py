"""How what is managed is changed: one change at a time in an organisation, and refusals in our own words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from twinql.domain.identity import Actor
from twinql.errors import ConflictError, ForbiddenError, NotFoundError, TwinError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Management:
    """Whoever manages the things of an organisation.

    Attributes:
        database: Where they are kept.
        actor: Who manages; row-level security holds a user to the role OWNER.
        organisation_id: The organisation.
    """

    database: Database
    actor: Actor
    organisation_id: UUID

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Connection]:
        """Open the transaction of one change.

        Changes of one organisation wait for each other, so that what was checked (a parent in use, no circle of parts)
        still holds when it is written. Recording never waits.

        Raises:
            ConflictError: Something else already has this name.
            NotFoundError: Something that was named is gone.
            ForbiddenError: The actor may not manage here.
        """
        try:
            async with self.database.transaction(self.actor) as connection:
                await connection.fetchrow(load("managing")["one_at_a_time"], self.organisation_id)
                yield connection
        except asyncpg.InsufficientPrivilegeError as error:
            raise ForbiddenError("You may not change this; ask an owner for the role OWNER.") from error
        except (
            asyncpg.UniqueViolationError,
            asyncpg.ForeignKeyViolationError,
            asyncpg.ExclusionViolationError,
        ) as error:
            explained = _explain(error.constraint_name)
            if explained is None:
                raise
            raise explained from error


def _explain(constraint: str | None) -> TwinError | None:
    taken = _TAKEN.get(constraint or "")
    if taken is not None:
        message, path = taken
        return ConflictError(message, path=(path,))
    gone = _GONE.get(constraint or "")
    return None if gone is None else NotFoundError(gone[0], path=(gone[1],))


_TAKEN = {
    "meters_organisation_id_serial_number_key": (
        "Another meter of your organisation has this serial number, in use or archived; look it up by it.",
        "serialNumber",
    ),
    "assets_organisation_id_external_id_key": (
        "Another meter or machine of your organisation has this external id, in use or archived; choose another.",
        "externalId",
    ),
    "channels_asset_id_key_key": (
        "Another channel of this asset has this key, in use or archived; choose another.",
        "key",
    ),
    "channels_site_id_key_key": (
        "Another channel of this site itself has this key, in use or archived; choose another.",
        "key",
    ),
    "command_webhooks_api_key_id_organisation_id_key": (
        "This API key has a webhook; change that one.",
        "apiKeyId",
    ),
    "agreements_no_overlap": (
        "Another agreement of this meter and direction overlaps it; end that one first.",
        "validFrom",
    ),
}
_GONE = {
    "command_webhooks_api_key_fkey": ("There is no such API key; look at the list.", "apiKeyId"),
    "assets_site_fkey": ("There is no such site.", "siteId"),
    "assets_parent_fkey": ("There is no such parent.", "parentId"),
    "channels_site_fkey": ("There is no such site.", "siteId"),
    "channels_asset_fkey": ("There is no such asset.", "assetId"),
    "alarm_targets_site_fkey": ("There is no such site.", "siteId"),
    "alarm_rules_site_fkey": ("There is no such site.", "siteId"),
    "alarm_rules_asset_fkey": ("There is no such asset.", "assetId"),
    "interlocks_channel_fkey": ("There is no such channel.", "channelId"),
    "interlocks_other_channel_fkey": ("There is no such channel.", "otherChannelId"),
    "alarm_rules_channel_fkey": ("There is no such channel.", "channelId"),
}
