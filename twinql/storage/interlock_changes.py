"""Laying down what commands must pass."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from twinql.domain.identity import subject_of
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.interlocks import definition_of
from twinql.storage.managing import Management
from twinql.storage.statements import load

MOST: Final = 50
"""Interlocks in use for one channel: every command to it asks them all."""


async def create_interlock(
    management: Management, said: InterlockDefinition, channel_id: UUID, other_channel_id: UUID | None
) -> UUID:
    """Make an interlock.

    Args:
        management: Who makes it.
        said: What it says.
        channel_id: The channel whose commands it judges.
        other_channel_id: The channel that it looks at; None for the channel itself.

    Raises:
        InvalidInputError: The definition cannot be meant, or commands never set the channel.
        NotFoundError: There is no such channel.
        ConflictError: A channel is archived, or has as many interlocks as one can have.
    """
    given = said.checked(beside=other_channel_id is not None)
    if other_channel_id == channel_id:
        raise InvalidInputError("This is the channel itself; name another one.", path=("otherChannelId",))
    async with management.change() as connection:
        await _check_channel(connection, management, channel_id, "channelId", writable=True)
        if other_channel_id is not None:
            await _check_channel(connection, management, other_channel_id, "otherChannelId", writable=False)
        by = subject_of(management.actor)
        return await insert_interlock(
            connection, management.organisation_id, given, channel_id, other_channel_id, by=by
        )


async def insert_interlock(
    connection: Connection,
    organisation_id: UUID,
    checked: InterlockDefinition,
    channel_id: UUID,
    other_channel_id: UUID | None,
    *,
    by: str,
) -> UUID:
    """Store an interlock that was checked, and return its id."""
    made: UUID = await connection.fetchval(
        load("interlock_changes")["insert"],
        organisation_id,
        channel_id,
        checked.kind.value,
        other_channel_id,
        by,
        *_values(checked),
    )
    return made


async def update_interlock(management: Management, interlock_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what an interlock says; its kind and its channels never change.

    Args:
        management: Who changes it.
        interlock_id: The interlock.
        changes: New values by attribute of `InterlockDefinition`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: It is archived.
        InvalidInputError: The outcome cannot be meant.
    """
    async with management.change() as connection:
        row = await _interlock(connection, management, interlock_id)
        if row["archived"]:
            raise ConflictError("This interlock is archived; make another one.", path=("id",))
        changed = replace(definition_of(row), **changes).checked(beside=row["other_channel_id"] is not None)
        await connection.execute(load("interlock_changes")["update"], interlock_id, *_values(changed))


async def archive_interlock(management: Management, interlock_id: UUID) -> None:
    """Take an interlock out of use. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        await _interlock(connection, management, interlock_id)
        await connection.execute(load("interlock_changes")["archive"], interlock_id)


async def _interlock(connection: Connection, management: Management, interlock_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(load("interlock_changes")["definition"], interlock_id, management.organisation_id)
    if row is None:
        message = "There is no interlock with this id that you may see; look it up on its channel."
        raise NotFoundError(message, path=("id",))
    return row


async def _check_channel(
    connection: Connection, management: Management, channel_id: UUID, path: str, *, writable: bool
) -> None:
    row = await connection.fetchrow(load("interlock_changes")["channel"], channel_id, management.organisation_id)
    if row is None:
        message = "There is no channel with this id that you may see; look it up on its site."
        raise NotFoundError(message, path=(path,))
    if row["archived"]:
        raise ConflictError(f"{row['name']} was taken out of use; name a channel in use.", path=(path,))
    if writable and not row["writable"]:
        message = f"{row['name']} is only measured, and no command sets it; name a writable channel."
        raise InvalidInputError(message, path=(path,))
    if writable and row["interlocks"] >= MOST:
        raise ConflictError(f"{row['name']} has {MOST} interlocks, and no more fit; archive one.", path=(path,))


def _values(said: InterlockDefinition) -> tuple[object, ...]:
    return (
        said.name,
        said.minimum,
        said.maximum,
        said.rate_per_minute,
        _seconds(said.hold_for),
        said.on_above,
        said.per_hour,
        _seconds(said.max_age),
        said.applies_from,
        said.applies_to,
    )


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else round(span.total_seconds())
