"""Writing what is to be done to things and what was done, and reading for how long they ran."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.identity import Actor, subject_of
from twinql.domain.maintenance.runs import Renewal, Run, runs_between
from twinql.domain.maintenance.tasks import RENEWALS, MaintenanceKind, MaintenanceStatus, TaskDefinition, TaskDone
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.calibrations import insert_calibration
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


@asynccontextmanager
async def changing(database: Database, actor: Actor) -> AsyncIterator[Connection]:
    """Open the transaction of one change of tasks.

    Raises:
        ForbiddenError: The actor may not change tasks here.
    """
    try:
        async with database.transaction(actor) as connection:
            yield connection
    except asyncpg.InsufficientPrivilegeError as error:
        message = "Maintenance tasks are kept by an OPERATOR or OWNER; ask one, or ask for the role."
        raise ForbiddenError(message) from error


async def create_task(
    connection: Connection,
    actor: Actor,
    place: tuple[UUID | None, UUID | None],
    kind: MaintenanceKind,
    said: TaskDefinition,
    *,
    waits: bool = True,
) -> UUID:
    """Make a task.

    Args:
        connection: In whose transaction.
        actor: Who makes it.
        place: The asset and the channel that it is about; one of them may be left out, and a channel brings its asset.
        kind: What is to be done.
        said: What people say of it.
        waits: Whether it is still to be done: then what is archived has none.

    Raises:
        NotFoundError: There is no such asset or channel that the actor may see.
        ConflictError: It waits, and the asset or the channel is archived.
        InvalidInputError: The channel is not one of the asset, neither is named, or what is said cannot be.
    """
    given = said.checked()
    organisation, asset, channel = await _placed(connection, *place, waits=waits)
    row = (organisation, asset, channel, kind.value, given.status.value, given.title, given.note)
    made = await connection.fetchval(
        load("maintenance")["insert"], *row, given.due_at, given.scheduled_for, subject_of(actor)
    )
    return UUID(str(made))


async def update_task(connection: Connection, task_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what is said of a task that is not done.

    Args:
        connection: In whose transaction.
        task_id: The task.
        changes: New values by attribute of `TaskDefinition`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: It is done or cancelled.
        InvalidInputError: The outcome cannot be.
    """
    row = await _waiting(connection, task_id, "changed")
    said = TaskDefinition(**{name: row[name] for name in ("title", "note", "due_at", "scheduled_for")})
    new = replace(said, **changes).checked()
    values = (new.status.value, new.title, new.note, new.due_at, new.scheduled_for)
    await _written(connection, "update", task_id, *values)


async def complete_task(connection: Connection, actor: Actor, task_id: UUID, done: TaskDone, **now: Any) -> None:
    """Say that a task was done, long ago too; what was calibrated is recorded as that, in the same moment.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: It is done or cancelled.
        InvalidInputError: What is said cannot be: by itself, or beside what is known of other repairs.
    """
    row = await _waiting(connection, task_id, "completed")
    kind = MaintenanceKind(row["kind"])
    given = done.checked(kind, row["channel_id"], **now)
    if kind in RENEWALS and row["channel_id"] is None:
        await _check_amidst(connection, task_id, row["asset_id"], given)
    calibration = None
    if given.calibration is not None:
        calibration = await insert_calibration(connection, actor, row["channel_id"], given.calibration)
    values = (given.at, given.by, given.findings, given.failed, given.failed_at, calibration)
    await _written(connection, "complete", task_id, *values)


async def _check_amidst(connection: Connection, task_id: UUID, asset: UUID, done: TaskDone) -> None:
    other = await connection.fetchrow(load("maintenance")["amidst"], task_id, asset, done.failed_at, done.at)
    if other is None:
        return
    then = f"“{other['title']}” was done at {other['done_at']:%Y-%m-%dT%H:%M:%SZ}"
    if done.failed_at is not None and done.failed_at < other["done_at"] < done.at:
        message = f"{then}, after it failed: say when it failed after that, or `failed: false`."
        raise InvalidInputError(message, path=("failedAt",))
    message = f"{then}, and says that it had failed before this: cancel that one, and say it anew."
    raise InvalidInputError(message, path=("doneAt",))


async def cancel_task(connection: Connection, actor: Actor, task_id: UUID) -> None:
    """Say that a task will not be done, or was not: what was recorded by mistake is taken back so.

    Nothing changes where it is cancelled already. A calibration that was recorded with it stays.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    row = await _held(connection, task_id)
    if MaintenanceStatus(row["status"]) is not MaintenanceStatus.CANCELLED:
        await _written(connection, "cancel", task_id, subject_of(actor))


async def _placed(
    connection: Connection, asset: UUID | None, channel: UUID | None, *, waits: bool
) -> tuple[UUID, UUID | None, UUID]:
    row = await connection.fetchrow(load("maintenance")["place"], asset, channel)
    assert row is not None
    for wanted, name, noun in ((asset, "asset_id", "meter or machine"), (channel, "channel_id", "channel")):
        if wanted is not None and row[name] is None:
            path = "assetId" if name == "asset_id" else "channelId"
            raise NotFoundError(
                f"There is no {noun} with this id that you may see; look it up on its site.", path=(path,)
            )
    if asset is None and channel is None:
        raise InvalidInputError("Name the asset or the channel to which something is to be done.", path=("assetId",))
    if asset is not None and channel is not None and row["asset_of_channel"] != asset:
        raise InvalidInputError("This channel is not one of that asset; leave one of the two out.", path=("channelId",))
    for name in ("asset", "channel"):
        if waits and row[f"{name}_archived"]:
            message = f"This {name} is archived; unarchive it first, or say with `done` what was done."
            raise ConflictError(message, path=(f"{name}Id",))
    return row["organisation_id"], asset or row["asset_of_channel"], row["channel_id"]


async def _held(connection: Connection, task_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(load("maintenance")["held"], task_id)
    if row is None:
        message = "There is no maintenance task with this id that you may see; look it up on its asset."
        raise NotFoundError(message, path=("id",))
    return row


async def _waiting(connection: Connection, task_id: UUID, what: str) -> asyncpg.Record:
    row = await _held(connection, task_id)
    if MaintenanceStatus(row["status"]) in {MaintenanceStatus.DONE, MaintenanceStatus.CANCELLED}:
        message = f"This task is {row['status']}, and cannot be {what}; make another one."
        raise ConflictError(message, path=("id",))
    return row


async def _written(connection: Connection, statement: str, task_id: UUID, *values: object) -> None:
    if await connection.fetchval(load("maintenance")[statement], task_id, *values) is None:
        message = "Maintenance tasks are kept by an OPERATOR or OWNER; ask one, or ask for the role."
        raise ForbiddenError(message)


async def runs_of(connection: Connection, assets: Sequence[UUID]) -> list[list[Run]]:
    """Return the runs of each asset, in order, by its repairs and replacements that are done."""
    renewals: Mapping[UUID, list[Renewal]] = defaultdict(list)
    for row in await connection.fetch(load("maintenance")["runs"], list(assets)):
        renewals[row["asset_id"]].append(Renewal(row["task_id"], row["done_at"], row["failed"], row["failed_at"]))
    return [runs_between(renewals[asset]) for asset in assets]
