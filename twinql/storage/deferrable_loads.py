"""Writing and reading the loads that can wait."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from twinql.domain.load_planning.asked import MOST_LOADS
from twinql.domain.load_planning.deferrable import DeferrableLoad
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load

_PLAIN: Final = (
    "name",
    "meter_id",
    "channel_id",
    "power_kw",
    "energy_kwh",
    "earliest_minute",
    "latest_minute",
    "usual_minute",
    "interruptible",
    "counted",
    "on_value",
    "off_value",
)


async def create_deferrable_load(management: Management, given: DeferrableLoad) -> UUID:
    """Describe a load.

    Raises:
        InvalidInputError: It can never run as it is described.
        NotFoundError: There is no such meter or channel.
        ConflictError: One of them is archived, or they are on different sites, or the meter has all the loads it may.
    """
    checked = given.checked()
    async with management.change() as connection:
        meter = await connection.fetchrow(
            load("deferrable_loads")["meter"], checked.meter_id, management.organisation_id
        )
        if meter is None:
            message = "There is no meter with this id that you may see; look it up with `meters`."
            raise NotFoundError(message, path=("meterId",))
        if meter["archived"]:
            raise ConflictError("This meter is archived; unarchive it first.", path=("meterId",))
        await _check_room(connection, management, checked.meter_id, "meterId")
        await _check_actuator(connection, management, checked.channel_id, meter["site_id"])
        made = await connection.fetchval(
            load("deferrable_loads")["insert"],
            management.organisation_id,
            meter["site_id"],
            checked.meter_id,
            *_values(checked),
        )
        return UUID(str(made))


async def update_deferrable_load(management: Management, load_id: UUID, changes: Mapping[str, Any]) -> None:
    """Describe a load otherwise; its meter never changes.

    Args:
        management: Who changes it.
        load_id: The load.
        changes: New values by attribute of `DeferrableLoad`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see, or no such channel.
        InvalidInputError: It can never run so.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("deferrable_loads")["definition"], load_id, management.organisation_id)
        if row is None:
            raise _missing()
        changed = replace(load_of(row), **changes).checked()
        if "channel_id" in changes:
            await _check_actuator(connection, management, changed.channel_id, row["site_id"])
        await connection.execute(load("deferrable_loads")["update"], load_id, *_values(changed))


async def archive_deferrable_load(management: Management, load_id: UUID) -> None:
    """Take a load out of use: nothing plans it any more. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        found = await connection.fetchval(load("deferrable_loads")["archive"], load_id, management.organisation_id)
        if found is None:
            raise _missing()


async def unarchive_deferrable_load(management: Management, load_id: UUID) -> None:
    """Take a load back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: Its meter has all the loads it may.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("deferrable_loads")["meter_of"], load_id, management.organisation_id)
        if row is None:
            raise _missing()
        if row["archived"]:
            await _check_room(connection, management, row["meter_id"], "id")
            await connection.execute(load("deferrable_loads")["unarchive"], load_id, management.organisation_id)


async def loads_behind(
    connection: Connection, meter_id: UUID, load_ids: Collection[UUID] | None = None
) -> dict[UUID, DeferrableLoad]:
    """Return the loads behind a meter that are in use, by name, by their ids; only those that are named, if any are.

    Raises:
        NotFoundError: One that is named is not there for the actor, or behind another meter, or archived.
    """
    named = None if load_ids is None else list(dict.fromkeys(load_ids))
    rows = await connection.fetch(load("deferrable_loads")["behind"], meter_id, named)
    if named is not None and len(rows) < len(named):
        message = "One of these loads is not behind this meter, or archived; look them up with `deferrableLoads`."
        raise NotFoundError(message, path=("loadIds",))
    return {row["id"]: load_of(row) for row in rows}


async def _check_room(connection: Connection, management: Management, meter_id: UUID, path: str) -> None:
    many = await connection.fetchval(load("deferrable_loads")["many"], meter_id, management.organisation_id)
    if many >= MOST_LOADS:
        message = f"Behind one meter at most {MOST_LOADS} loads are planned; archive one of them first."
        raise ConflictError(message, path=(path,))


async def _check_actuator(
    connection: Connection, management: Management, channel_id: UUID | None, site_id: UUID
) -> None:
    if channel_id is None:
        return
    row = await connection.fetchrow(load("deferrable_loads")["actuator"], channel_id, management.organisation_id)
    if row is None:
        message = "There is no channel with this id that you may see; look it up with `channel`."
        raise NotFoundError(message, path=("channelId",))
    if row["site_id"] != site_id or not row["writable"] or row["archived"]:
        message = "A load is switched by a channel in use on its own site that commands may set; name such a one."
        raise InvalidInputError(message, path=("channelId",))


def _missing() -> NotFoundError:
    message = "There is no load with this id that you may see; look it up with `deferrableLoads`."
    return NotFoundError(message, path=("id",))


def load_of(row: asyncpg.Record) -> DeferrableLoad:
    """Read a load off a row that has its columns, and maybe others."""
    told = {name: row[name] for name in _PLAIN}
    return DeferrableLoad(**told, run_time=_span(row["run_seconds"]), minimum_run=_span(row["minimum_run_seconds"]))


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else max(1, round(span.total_seconds()))


def _values(given: DeferrableLoad) -> tuple[Any, ...]:
    return (
        given.channel_id,
        given.name.strip(),
        given.power_kw,
        _seconds(given.run_time),
        given.energy_kwh,
        given.earliest_minute,
        given.latest_minute,
        given.usual_minute,
        given.interruptible,
        _seconds(given.minimum_run),
        given.counted,
        given.on_value,
        given.off_value,
    )
