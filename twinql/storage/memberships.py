"""Who belongs to which organisation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from twinql.domain.identity import LOCAL_ISSUER, Worker
from twinql.domain.membership import Belonging, Membership, Role
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

KEEP_AN_OWNER = "memberships_keep_an_owner"
_NO_FIT = {
    "organisations_name_check": ("An organisation's name has 1 to 200 characters; choose another.", "name"),
    "memberships_subject_check": ("A subject has 1 to 255 characters: it is the `sub` of their token.", "subject"),
    "memberships_issuer_check": ("An issuer has 1 to 2048 characters: it is the `iss` of their token.", "issuer"),
}


@dataclass(frozen=True, slots=True)
class OrganisationSize:
    """An organisation and how many belong to it."""

    id: UUID
    name: str
    members: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to an organisation.

    Attributes:
        issuer: Who vouches for them.
        subject: Who they are to that issuer.
        role: What they may do.
    """

    issuer: str
    subject: str
    role: Role


async def membership_of(connection: Connection) -> Membership | None:
    """Return the membership in force for the actor of this transaction; None where there is none.

    A device has no role: its key stands there instead.
    """
    row = await connection.fetchrow(load("memberships")["in_force"])
    if row is None:
        return None
    role = None if row["role"] is None else Role(row["role"])
    return Membership(row["organisation_id"], row["organisation_number"], role, row["key"])


async def my_memberships(connection: Connection) -> list[Belonging]:
    """Return every organisation to which the user of this transaction belongs, by name."""
    rows = await connection.fetch(load("memberships")["mine"])
    return [Belonging(row["organisation_id"], row["name"], Role(row["role"])) for row in rows]


async def ensure_local_organisation(connection: Connection, name: str, subject: str) -> UUID:
    """Return the organisation of this machine's own user, made with them as its OWNER where it is missing."""
    return UUID(str(await connection.fetchval(load("memberships")["ensure_local"], name, LOCAL_ISSUER, subject)))


async def create_organisation(database: Database, name: str, issuer: str, subject: str) -> UUID:
    """Make an organisation with its first OWNER, as background work: nobody has any right in it before.

    Raises:
        InvalidInputError: A text is too short or too long.
    """
    with _told():
        async with database.transaction(Worker("organisations")) as connection:
            statement = load("memberships")["create_organisation"]
            return UUID(str(await connection.fetchval(statement, name.strip(), issuer, subject)))


async def all_organisations(connection: Connection) -> list[OrganisationSize]:
    """Return every organisation that the actor of this transaction may see, by name."""
    return [OrganisationSize(**row) for row in await connection.fetch(load("memberships")["organisations"])]


async def members_of(connection: Connection, organisation_id: UUID) -> list[Member]:
    """Return everybody who belongs to an organisation, the longest first."""
    rows = await connection.fetch(load("memberships")["members"], organisation_id)
    return [Member(row["issuer"], row["subject"], Role(row["role"])) for row in rows]


async def add_member(connection: Connection, organisation_id: UUID, issuer: str, subject: str, role: Role) -> None:
    """Make somebody a member.

    Raises:
        ConflictError: They are one already.
        NotFoundError: There is no such organisation.
        ForbiddenError: The actor of this transaction is no OWNER there.
        InvalidInputError: A text is too short or too long.
    """
    with _told():
        added = await connection.fetchval(load("memberships")["add"], organisation_id, issuer, subject, role.value)
    if added is None:
        raise ConflictError("They are a member already; change their role instead.", path=("subject",))


async def change_role(connection: Connection, organisation_id: UUID, issuer: str, subject: str, role: Role) -> None:
    """Give a member another role.

    Raises:
        NotFoundError: There is no such member, or the actor of this transaction is no OWNER there.
        ConflictError: The organisation would be left without an OWNER.
    """
    await _change(connection, "change_role", organisation_id, issuer, subject, role.value)


async def remove_member(connection: Connection, organisation_id: UUID, issuer: str, subject: str) -> None:
    """End a membership.

    Raises:
        NotFoundError: There is no such member, or the actor of this transaction is no OWNER there.
        ConflictError: The organisation would be left without an OWNER.
    """
    await _change(connection, "remove", organisation_id, issuer, subject)


async def _change(connection: Connection, statement: str, *values: object) -> None:
    with _told():
        changed = await connection.fetchval(load("memberships")[statement], *values)
        # Said now, where it can still be told in words, and not when the transaction ends.
        await connection.execute(load("memberships")["look_at_owners"])
    if changed is None:
        raise NotFoundError("There is no such member; look them up in the list of members.", path=("id",))


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what the database refuses."""
    try:
        yield
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == KEEP_AN_OWNER:
            raise ConflictError("An organisation keeps at least one OWNER; make somebody else OWNER first.") from error
        if error.constraint_name not in _NO_FIT:
            raise
        message, path = _NO_FIT[error.constraint_name]
        raise InvalidInputError(message, path=(path,)) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("There is no such organisation.", path=("organisationId",)) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Members are managed by an OWNER; ask one.") from error
