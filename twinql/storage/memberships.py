"""Who belongs to which organisation."""

from uuid import UUID

from twinql.domain.identity import LOCAL_ISSUER
from twinql.domain.membership import Membership, Role
from twinql.storage.database import Connection
from twinql.storage.statements import load


async def membership_of(connection: Connection) -> Membership | None:
    """Return the membership in force for the actor of this transaction; None where there is none."""
    row = await connection.fetchrow(load("memberships")["in_force"])
    return Membership(row["organisation_id"], row["organisation_number"], Role(row["role"])) if row else None


async def ensure_local_organisation(connection: Connection, name: str, subject: str) -> UUID:
    """Return the organisation of this machine's own user, made with them as its OWNER where it is missing."""
    return UUID(str(await connection.fetchval(load("memberships")["ensure_local"], name, LOCAL_ISSUER, subject)))
