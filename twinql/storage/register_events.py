"""Writing what happened to registers, and reading it as it was known at a time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import asyncpg

from twinql.domain.channels import ReadingKind
from twinql.domain.identity import Actor, subject_of
from twinql.domain.metering.intervals import RegisterEvent, RegisterEventType
from twinql.domain.metering.statements import RegisterStatement, Shown, Surroundings, check_statement
from twinql.domain.units import Unit
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


async def record_event(
    database: Database, actor: Actor, organisation_id: UUID, channel_id: UUID, said: RegisterStatement, *, now: datetime
) -> UUID:
    """Record what happened to a register, of long ago too.

    Raises:
        NotFoundError: There is no such channel that the actor may see.
        InvalidInputError: It contradicts itself, the channel, a reading or another event.
        ConflictError: Something is said of this instant already.
        ForbiddenError: The actor may not record here.
    """
    async with _change(database, actor, organisation_id) as connection:
        row = await connection.fetchrow(load("register_events")["around"], channel_id, organisation_id, said.at)
        if row is None:
            message = "There is no channel with this id that you may see; look it up on its meter."
            raise NotFoundError(message, path=("channelId",))
        check_statement(said, _surroundings(row), now=now)
        made = await connection.fetchval(
            load("register_events")["insert"],
            organisation_id,
            channel_id,
            said.at,
            said.type.value,
            said.final,
            said.start,
            said.note and said.note.strip(),
            subject_of(actor),
        )
        return UUID(str(made))


async def retract_event(database: Database, actor: Actor, organisation_id: UUID, event_id: UUID) -> None:
    """Take back what was said of a register. Nothing changes where it was taken back already.

    Raises:
        NotFoundError: There is no such event that the actor may see.
        ForbiddenError: The actor may not take it back.
    """
    async with _change(database, actor, organisation_id) as connection:
        retracted = await connection.fetchval(load("register_events")["is_retracted"], event_id, organisation_id)
        if retracted is None:
            message = "There is no register event with this id that you may see; look it up on its channel."
            raise NotFoundError(message, path=("id",))
        if not retracted and not await connection.fetchval(
            load("register_events")["retract"], event_id, organisation_id, subject_of(actor)
        ):
            raise _forbidden()


async def events_known(
    connection: Connection, channel_numbers: Sequence[int], as_of: datetime | None
) -> dict[int, list[RegisterEvent]]:
    """Return what happened to registers, as it was known at a time.

    Args:
        connection: In whose transaction it is read.
        channel_numbers: The registers.
        as_of: The time; None for now.

    Returns:
        The events of every register that was asked for, by when they happened.
    """
    known: dict[int, list[RegisterEvent]] = {each: [] for each in channel_numbers}
    for row in await connection.fetch(load("register_events")["known"], list(channel_numbers), as_of):
        known[row["number"]].append(
            RegisterEvent(row["id"], row["at"], RegisterEventType(row["type"]), row["final_value"], row["start_value"])
        )
    return known


@asynccontextmanager
async def _change(database: Database, actor: Actor, organisation_id: UUID) -> AsyncIterator[Connection]:
    """Open the transaction of one statement; those of one organisation wait for each other, as they are compared."""
    try:
        async with database.transaction(actor) as connection:
            await connection.fetchrow(load("managing")["one_at_a_time"], organisation_id)
            yield connection
    except asyncpg.InsufficientPrivilegeError as error:
        raise _forbidden() from error
    except asyncpg.UniqueViolationError as error:
        message = "Something is said of this register at this instant already; retract that first."
        raise ConflictError(message, path=("at",)) from error


def _surroundings(row: asyncpg.Record) -> Surroundings:
    return Surroundings(
        kind=ReadingKind(row["kind"]),
        unit=Unit(row["unit"]),
        maximum=row["register_maximum"],
        before=None if row["before_at"] is None else Shown(row["before_at"], row["before_value"]),
        after=None if row["after_at"] is None else Shown(row["after_at"], row["after_value"]),
    )


def _forbidden() -> ForbiddenError:
    return ForbiddenError("You may not speak of registers here; ask an owner for the role OPERATOR.")
