"""API keys: how devices are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from twinql.domain.identity import Worker
from twinql.errors import ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

_LOOKUP = Worker("api-keys")


@dataclass(frozen=True, slots=True)
class KeyFound:
    """A key that is good.

    Attributes:
        key_id: The key.
        organisation_id: The organisation for which it acts.
        expires_at: From then on it is refused; None where it never ends by itself.
    """

    key_id: UUID
    organisation_id: UUID
    expires_at: datetime | None


async def find_key(database: Database, hash: bytes) -> KeyFound | None:  # noqa: A002 - what the column is called
    """Return the key with this hash, if it is neither revoked nor expired, and note that it was used."""
    async with database.transaction(_LOOKUP) as connection:
        row = await connection.fetchrow(load("api_keys")["find"], hash)
    return KeyFound(**row) if row else None


async def create_key(
    connection: Connection,
    *,
    organisation_id: UUID,
    name: str,
    channels: Sequence[UUID],
    hash: bytes,  # noqa: A002 - what the column is called
    prefix: str,
    expires_at: datetime | None,
    created_by: str,
) -> UUID:
    """Make a key for some channels.

    Raises:
        InvalidInputError: The name is too short or too long, or it would end before it begins.
        NotFoundError: One of the channels is none that the actor of this transaction may see.
        ForbiddenError: They are no OWNER.
    """
    wanted = list(dict.fromkeys(channels))
    try:
        key_id: UUID = await connection.fetchval(
            load("api_keys")["create"], organisation_id, name.strip(), hash, prefix, created_by, expires_at
        )
        await connection.execute(load("api_keys")["open"], key_id, wanted, organisation_id)
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "api_keys_name_check":
            raise InvalidInputError("An API key's name has 1 to 200 characters.", path=("name",)) from error
        if error.constraint_name == "api_keys_expires_at_check":
            raise InvalidInputError("An API key ends in the future.", path=("expiresAt",)) from error
        raise
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("There is no such channel; look its id up first.", path=("channelIds",)) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("API keys are managed by an OWNER; ask one.") from error
    return key_id


async def revoke_key(connection: Connection, key_id: UUID) -> bool:
    """Take a key back at once; False where the actor of this transaction manages no such key."""
    return await connection.fetchval(load("api_keys")["revoke"], key_id) is not None
