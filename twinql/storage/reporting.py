"""What devices with an API key say of their commands."""

from datetime import datetime
from uuid import UUID

import asyncpg

from twinql.domain.commands import CommandStatus
from twinql.domain.identity import Actor, Worker
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.commands import name_of
from twinql.storage.database import Connection, Database
from twinql.storage.dispatch import move
from twinql.storage.statements import load

_HANDING_OVER = Worker("api")


async def report(
    database: Database, actor: Actor, command_id: UUID, status: CommandStatus, *, at: datetime, detail: str | None
) -> None:
    """Add what a device says to the life of a command.

    A command that waits is first handed over to the device that acknowledges it: SENT is written by TwinQL itself, so
    that of several devices and dispatchers one gets it.

    Raises:
        NotFoundError: There is no such command for this device.
        ConflictError: That cannot follow where the command stands.
        ForbiddenError: The actor is no device.
    """
    try:
        async with database.transaction(actor) as connection:
            told, said_by = await _newest(connection, command_id)
        if (told, said_by) == (status, name_of(actor)):
            return
        if status is CommandStatus.ACKNOWLEDGED and told is CommandStatus.QUEUED:
            await _hand_over(database, actor, command_id, at)
        async with database.transaction(actor) as connection:
            if not await move(connection, command_id, status, at=at, actor=name_of(actor), detail=detail):
                raise ConflictError(
                    f"{status.value} cannot follow as the command stands; look at its status, and report what does.",
                    path=("status",),
                )
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Only a device reports on its commands.") from error


async def _newest(connection: Connection, command_id: UUID) -> tuple[CommandStatus, str | None]:
    row = await connection.fetchrow(load("commands")["newest"], command_id)
    if row is None:
        raise NotFoundError("There is no such command to a channel of yours.", path=("commandId",))
    return CommandStatus(row["status"]), row["actor"]


async def _hand_over(database: Database, actor: Actor, command_id: UUID, at: datetime) -> None:
    async with database.transaction(_HANDING_OVER) as connection:
        if await connection.fetchval(load("commands")["take"], command_id, at) is None:
            raise ConflictError("It waits no longer: another took it, or it has expired.", path=("commandId",))
        worker, detail = f"worker:{_HANDING_OVER.name}", f"Taken by {name_of(actor)}."
        await connection.execute(load("commands")["move"], command_id, CommandStatus.SENT.value, at, worker, detail)
