"""Writing calibrations."""

from datetime import datetime
from uuid import UUID

import asyncpg

from twinql.domain.calibrations import CalibrationStatement
from twinql.domain.identity import Actor, subject_of
from twinql.errors import ForbiddenError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


async def record_calibration(
    database: Database, actor: Actor, channel_id: UUID, said: CalibrationStatement, *, now: datetime
) -> UUID:
    """Record that the sensor of a channel was calibrated, long ago too.

    Raises:
        NotFoundError: There is no such channel that the actor may see.
        InvalidInputError: What is said cannot be.
        ForbiddenError: The actor may not record here.
    """
    given = said.checked(now=now)
    try:
        async with database.transaction(actor) as connection:
            made = await insert_calibration(connection, actor, channel_id, given)
    except asyncpg.InsufficientPrivilegeError as error:
        message = "Calibrations are recorded by an OPERATOR or OWNER; ask one, or ask for the role."
        raise ForbiddenError(message) from error
    if made is None:
        message = "There is no channel with this id that you may see; look it up on its asset."
        raise NotFoundError(message, path=("channelId",))
    return made


async def insert_calibration(
    connection: Connection, actor: Actor, channel_id: UUID, given: CalibrationStatement
) -> UUID | None:
    """Write what was checked, and return its key; None where the actor may see no such channel."""
    made = await connection.fetchval(
        load("calibrations")["insert"],
        channel_id,
        given.performed_at,
        given.valid_until,
        given.performed_by,
        given.certificate,
        given.deviation,
        given.note,
        subject_of(actor),
    )
    return None if made is None else UUID(str(made))
