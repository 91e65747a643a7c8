"""Invitations: how somebody whom nobody has seen yet becomes a member."""

from datetime import datetime
from uuid import UUID

import asyncpg

from twinql.domain.identity import Worker
from twinql.domain.membership import Role
from twinql.errors import ForbiddenError, InvalidInputError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

_NO_FIT = {
    "invitations_email_check": ("An e-mail address has 3 to 320 characters.", "email"),
    "invitations_expires_at_check": ("An invitation ends in the future.", "expiresAt"),
}


async def create(
    connection: Connection,
    *,
    organisation_id: UUID,
    email: str | None,
    role: Role,
    secret_hash: bytes,
    invited_by: str,
    expires_at: datetime,
) -> UUID:
    """Make an invitation.

    Raises:
        InvalidInputError: A value does not fit.
        ForbiddenError: The actor of this transaction is no OWNER.
    """
    try:
        return UUID(
            str(
                await connection.fetchval(
                    load("invitations")["create"],
                    organisation_id,
                    email,
                    role.value,
                    secret_hash,
                    invited_by,
                    expires_at,
                )
            )
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name not in _NO_FIT:
            raise
        message, path = _NO_FIT[error.constraint_name]
        raise InvalidInputError(message, path=(path,)) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Members are invited by an OWNER; ask one.") from error


async def revoke(connection: Connection, invitation_id: UUID) -> bool:
    """Take an invitation back; False where the actor of this transaction manages none that still waits."""
    return await connection.fetchval(load("invitations")["revoke"], invitation_id) is not None


async def accept(database: Database, secret_hash: bytes, issuer: str, subject: str, now: datetime) -> UUID | None:
    """Make whoever brought the secret a member, once, and return the organisation; None where it is not good."""
    async with database.transaction(Worker("invitations")) as connection:
        joined: UUID | None = await connection.fetchval(
            load("invitations")["accept"], secret_hash, issuer, subject, now
        )
    return joined
