"""Writing channels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.channel_definition import AlarmLimits, ChannelDefinition, State, TargetBand
from twinql.domain.channels import FlowDirection, Plausibility, PlausibilityAction, ReadingKind
from twinql.domain.units import Quantity, Unit
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.sites import check_site
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class RestingOnIt:
    """What looks at a channel, sets it or expects an effect on it, while in use; the oldest first.

    Attributes:
        interlocks: Interlocks of other channels.
        automation_rules: Rules of people.
    """

    interlocks: tuple[UUID, ...]
    automation_rules: tuple[UUID, ...]


async def create_channel(
    management: Management, channel: ChannelDefinition, *, asset_id: UUID | None = None, site_id: UUID | None = None
) -> UUID:
    """Make a channel of an asset or, where there is none, of a site itself.

    Raises:
        InvalidInputError: The definition cannot be right.
        NotFoundError: There is no such asset or site.
        ConflictError: The asset or site is archived, or the key is taken.
    """
    values = _values(channel.checked())
    organisation_id = management.organisation_id
    async with management.change() as connection:
        if asset_id is not None:
            site_id = await _site_of(connection, organisation_id, asset_id)
        assert site_id is not None
        await check_site(connection, organisation_id, site_id)
        key = await connection.fetchval(load("channel_changes")["insert"], organisation_id, site_id, asset_id, *values)
        return UUID(str(key))


async def update_channel(management: Management, channel_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what is said of a channel.

    Args:
        management: Who changes it.
        channel_id: The channel.
        changes: New values by attribute of `ChannelDefinition`; what is left out stays. `limits`, `target` and
            `plausibility` are mappings of the same kind.

    Raises:
        NotFoundError: There is none that the actor may see.
        InvalidInputError: The outcome cannot be right.
        ConflictError: The key is taken, or there are readings that would come to mean something else.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("channel_changes")["definition"], channel_id, management.organisation_id)
        if row is None:
            raise _missing()
        former = _definition(row)
        grouped = {
            name: replace(getattr(former, name), **changes[name])
            for name in ("limits", "target", "plausibility")
            if name in changes
        }
        changed = replace(former, **{**changes, **grouped}).checked()
        if not changed.means_the_same(former) and await connection.fetchval(
            load("channel_changes")["has_readings"], row["number"]
        ):
            raise _has_readings(former, changed)
        await connection.execute(load("channel_changes")["update"], channel_id, *_values(changed))


async def archive_channel(management: Management, channel_id: UUID) -> RestingOnIt:
    """Take a channel out of use, and say what rests on it. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        statement = load("channel_changes")["archive"]
        if await connection.fetchval(statement, channel_id, management.organisation_id) is None:
            raise _missing()
        row = await connection.fetchrow(load("channel_changes")["resting_on"], channel_id)
    assert row is not None
    return RestingOnIt(interlocks=tuple(row["interlocks"]), automation_rules=tuple(row["rules"]))


async def unarchive_channel(management: Management, channel_id: UUID) -> None:
    """Take a channel back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: Its asset or its site is archived.
    """
    async with management.change() as connection:
        above = await connection.fetchrow(load("channel_changes")["above"], channel_id, management.organisation_id)
        if above is None:
            raise _missing()
        if above["site_archived"]:
            raise ConflictError("Its site is archived; unarchive the site first.", path=("id",))
        if above["asset_archived"]:
            raise ConflictError("Its meter or machine is archived; unarchive that first.", path=("id",))
        await connection.execute(load("channel_changes")["unarchive"], channel_id)


async def _site_of(connection: Connection, organisation_id: UUID, asset_id: UUID) -> UUID:
    asset = await connection.fetchrow(load("channel_changes")["asset"], asset_id, organisation_id)
    if asset is None:
        raise NotFoundError(
            "There is no meter or machine with this id that you may see; look it up first.", path=("assetId",)
        )
    if asset["archived"]:
        raise ConflictError("This meter or machine is archived; unarchive it first.", path=("assetId",))
    return UUID(str(asset["site_id"]))


def _missing() -> NotFoundError:
    return NotFoundError(
        "There is no channel with this id that you may see; look it up on its asset or site.", path=("id",)
    )


def _has_readings(former: ChannelDefinition, changed: ChannelDefinition) -> ConflictError:
    names = ("kind", "quantity", "unit", "resolution")
    name = next(name for name in names if getattr(former, name) != getattr(changed, name))
    return ConflictError(
        f"This channel has readings, which would come to mean something else with another {name}; "
        "create another channel and archive this one.",
        path=(name,),
    )


def _definition(row: asyncpg.Record) -> ChannelDefinition:
    resolution_s = row["resolution_seconds"]
    return ChannelDefinition(
        key=row["key"],
        name=row["name"],
        quantity=Quantity(row["quantity"]),
        unit=Unit(row["unit"]),
        kind=ReadingKind(row["kind"]),
        direction=None if row["direction"] is None else FlowDirection(row["direction"]),
        resolution=None if resolution_s is None else timedelta(seconds=resolution_s),
        writable=row["writable"],
        schedule=row["schedule"],
        states=tuple(State(float(state["code"]), str(state["label"])) for state in row["states"] or ()),
        register_maximum=row["register_maximum"],
        limits=AlarmLimits(
            *(row[f"limit_{name}"] for name in ("low_low", "low", "high", "high_high", "deadband")),
        ),
        target=TargetBand(row["target_minimum"], row["target_maximum"]),
        plausibility=Plausibility(
            row["plausible_minimum"],
            row["plausible_maximum"],
            row["plausible_rate_per_minute"],
            PlausibilityAction(row["plausibility_action"]),
        ),
        multiplier=row["multiplier"],
        register=row["register"],
        needs_approval=row["needs_approval"],
    )


def _values(channel: ChannelDefinition) -> tuple[Any, ...]:
    limits, plausibility = channel.limits, channel.plausibility
    return (
        channel.key,
        channel.name,
        channel.quantity.value,
        channel.unit.value,
        channel.kind.value,
        channel.direction and channel.direction.value,
        channel.resolution and round(channel.resolution.total_seconds()),
        channel.writable,
        channel.schedule,
        [{"code": state.code, "label": state.label} for state in channel.states] or None,
        channel.register_maximum,
        limits.low_low,
        limits.low,
        limits.high,
        limits.high_high,
        plausibility.minimum,
        plausibility.maximum,
        plausibility.rate_per_minute,
        plausibility.action.value,
        channel.multiplier,
        channel.register,
        limits.deadband,
        channel.target.minimum,
        channel.target.maximum,
        channel.needs_approval,
    )
