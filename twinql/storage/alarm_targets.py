"""Writing who is told of alarms."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.alarms.target_definition import AlarmTargetDefinition
from twinql.domain.alarms.targets import TargetKind, check_secret
from twinql.domain.alarms.vocabulary import Severity
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load


async def create_alarm_target(
    management: Management, target: AlarmTargetDefinition, secret: str | None, *, allow_private: bool
) -> UUID:
    """Make a target.

    Args:
        management: Who makes it.
        target: What is laid down.
        secret: With what requests to a webhook are signed; None for e-mail.
        allow_private: Whether webhooks may be in networks that are not public.

    Raises:
        InvalidInputError: It cannot work.
        NotFoundError: There is no such site.
    """
    given = target.checked(allow_private=allow_private)
    check_secret(given.kind, secret)
    async with management.change() as connection:
        made = await connection.fetchval(
            load("alarm_targets")["insert"], management.organisation_id, given.kind.value, secret, *_values(given)
        )
        return UUID(str(made))


async def update_alarm_target(
    management: Management, target_id: UUID, changes: Mapping[str, Any], *, allow_private: bool
) -> None:
    """Change who is told; how never changes.

    Args:
        management: Who changes it.
        target_id: The target.
        changes: New values by attribute of `AlarmTargetDefinition`, and `secret`; what is left out stays.
        allow_private: Whether webhooks may be in networks that are not public.

    Raises:
        NotFoundError: There is none that the actor may see, or no such site.
        InvalidInputError: The outcome cannot work.
    """
    async with management.change() as connection:
        former = _definition(await _target(connection, management, target_id))
        said = {name: value for name, value in changes.items() if name != "secret"}
        changed = replace(former, **said).checked(allow_private=allow_private)
        await connection.execute(load("alarm_targets")["update"], target_id, *_values(changed))
        if "secret" in changes:
            if changes["secret"] is None and changed.kind is TargetKind.WEBHOOK:
                raise InvalidInputError("A webhook needs its secret; leave it out to keep it.", path=("secret",))
            check_secret(changed.kind, changes["secret"])
            await connection.execute(load("alarm_targets")["set_secret"], target_id, changes["secret"])


async def archive_alarm_target(management: Management, target_id: UUID) -> None:
    """Take a target out of use: it is told nothing more. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        await _target(connection, management, target_id)
        await connection.execute(load("alarm_targets")["archive"], target_id)


async def unarchive_alarm_target(management: Management, target_id: UUID) -> None:
    """Take a target back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    async with management.change() as connection:
        await _target(connection, management, target_id)
        await connection.execute(load("alarm_targets")["unarchive"], target_id)


async def _target(connection: Connection, management: Management, target_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(load("alarm_targets")["definition"], target_id, management.organisation_id)
    if row is None:
        message = "There is no alarm target with this id that you may see; look it up with `alarmTargets`."
        raise NotFoundError(message, path=("id",))
    return row


def _definition(row: asyncpg.Record) -> AlarmTargetDefinition:
    return AlarmTargetDefinition(
        name=row["name"],
        kind=TargetKind(row["kind"]),
        address=row["address"],
        minimum_severity=Severity(row["minimum_severity"]),
        site_id=row["site_id"],
        enabled=row["enabled"],
    )


def _values(target: AlarmTargetDefinition) -> tuple[Any, ...]:
    return target.name, target.address, target.minimum_severity.value, target.site_id, target.enabled
