"""Stopping everything on a site, and letting it go on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from twinql.domain.identity import Actor, Worker, subject_of
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.commands import name_of
from twinql.storage.database import Database
from twinql.storage.locks import JUDGING
from twinql.storage.statements import load

_CANCELS: Final = Worker("interlocks")
_HOLDS_NOT: Final = "No emergency stop holds on this site; commands are taken."
_OWNERS: Final = "An emergency stop is released by an OWNER alone; ask one."


@dataclass(frozen=True, slots=True)
class Stopping:
    """What came of an emergency stop.

    Attributes:
        stop_id: The stop that holds.
        cancelled: How many commands were taken back: that waited, or were sent and have certainly reached nobody.
        on_their_way: How many others had been sent, may still be done, and are not known to be.
        held_before: Whether the stop held already, for the reason with which it was triggered then.
    """

    stop_id: UUID
    cancelled: int
    on_their_way: int
    held_before: bool


async def trigger(database: Database, actor: Actor, site_id: UUID, reason: str, *, now: datetime) -> Stopping:
    """Stop everything on a site; where a stop holds already, cancel what waits.

    The stop is written when no command of the organisation is being judged, so nothing is sent once this has returned.
    Cancelling comes after it: what is cut off in between is refused when it would be sent.

    Raises:
        NotFoundError: There is no such site that the actor may see.
        ForbiddenError: The actor may not command here.
    """
    try:
        async with database.transaction(actor) as connection:
            organisation_id = await connection.fetchval(load("emergency_stops")["organisation"], site_id)
            if organisation_id is None:
                message = "There is no site with this id that you may see; look it up with `sites`."
                raise NotFoundError(message, path=("siteId",))
            await connection.execute(load("emergency_stops")["take_turn"], organisation_id, JUDGING)
            stop_id = await connection.fetchval(load("emergency_stops")["holds"], site_id)
            held_before = stop_id is not None
            if not held_before:
                stop_id = await connection.fetchval(
                    load("emergency_stops")["insert"], organisation_id, site_id, subject_of(actor), reason
                )
    except asyncpg.InsufficientPrivilegeError as error:
        message = "An emergency stop needs the role OPERATOR or OWNER; ask one of them at once."
        raise ForbiddenError(message) from error
    async with database.transaction(_CANCELS) as connection:
        detail = f"An emergency stop was triggered: {reason}"
        cancelled = await connection.fetch(load("emergency_stops")["cancel"], site_id, now, name_of(actor), detail)
        untold = f"{detail} No device had been told of it."
        taken_back = await connection.fetch(load("emergency_stops")["end_untold"], site_id, now, name_of(actor), untold)
        on_their_way = await connection.fetchval(load("emergency_stops")["on_their_way"], site_id, now)
    return Stopping(stop_id, len(cancelled) + len(taken_back), on_their_way, held_before)


async def release(database: Database, actor: Actor, site_id: UUID, reason: str) -> UUID:
    """Release the emergency stop of a site.

    Raises:
        NotFoundError: There is no such site that the actor may see.
        ConflictError: No stop holds there.
        ForbiddenError: The actor is no owner.
    """
    try:
        async with database.transaction(actor) as connection:
            if await connection.fetchval(load("emergency_stops")["organisation"], site_id) is None:
                message = "There is no site with this id that you may see; look it up with `sites`."
                raise NotFoundError(message, path=("siteId",))
            stop_id = await connection.fetchval(load("emergency_stops")["holds"], site_id)
            if stop_id is None:
                raise ConflictError(_HOLDS_NOT, path=("siteId",))
            released = await connection.fetchval(load("emergency_stops")["release"], stop_id, subject_of(actor), reason)
            if released is None and await connection.fetchval(load("emergency_stops")["holds"], site_id) is None:
                raise ConflictError(_HOLDS_NOT, path=("siteId",))  # another owner was quicker
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError(_OWNERS) from error
    if released is None:
        raise ForbiddenError(_OWNERS)
    return UUID(str(stop_id))
