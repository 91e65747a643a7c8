"""How far TwinQL may act by itself on sites, as people set it, stop it and let it go on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from twinql.domain.identity import User, subject_of
from twinql.domain.wording import LONGEST_REASON, cleaned_or_none
from twinql.errors import ForbiddenError, NotFoundError
from twinql.storage.autopilot import AUTOPILOT, cancel_waiting, setting_of
from twinql.storage.database import Database
from twinql.storage.managing import Management
from twinql.storage.statements import load

_WHO_STOPS: Final = "An OPERATOR or OWNER stops this; ask one, or ask for the role."


async def set_autonomy(management: Management, site_id: UUID, changes: Mapping[str, Any], *, now: datetime) -> None:
    """Say how far TwinQL may act by itself on a site; where it had fallen back, it goes on from now.

    Where the level is lowered, what was asked for at a higher one and was not sent is cancelled.

    Args:
        management: Who says so.
        site_id: The site.
        changes: New values by attribute of `AutonomySetting`; what is left out stays.
        now: The present.

    Raises:
        NotFoundError: There is no such site that the actor may see.
        InvalidInputError: It cannot be meant.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("autonomy")["setting"], site_id, management.organisation_id)
        if row is None:
            raise _no_site()
        before = setting_of(row)
        setting = replace(before, **changes).checked()
        await connection.execute(
            load("autonomy")["set"],
            site_id,
            management.organisation_id,
            setting.level.value,
            setting.commands_per_hour,
            sorted(setting.hours.weekdays),
            setting.hours.first_minute,
            setting.hours.last_minute,
            now,
            subject_of(management.actor),
        )
        await connection.execute(load("autonomy")["trust_rules"], site_id, management.organisation_id)
    if setting.level.rank < before.level.rank:
        why = f"What TwinQL does by itself was set to {setting.level.value}."
        async with management.database.transaction(AUTOPILOT) as connection:
            await cancel_waiting(connection, site_id, management.actor, why, now, above=setting.level)


async def resume_autonomy(management: Management, site_id: UUID, *, now: datetime) -> None:
    """Let TwinQL go on after a person stopped it, or it stopped itself. Nothing changes where it was not stopped.

    Raises:
        NotFoundError: There is no such site that the actor may see.
    """
    async with management.change() as connection:
        if not await connection.fetchval(load("autonomy")["resume"], site_id, management.organisation_id, now):
            raise _no_site()
        await connection.execute(load("autonomy")["trust_rules"], site_id, management.organisation_id)


async def pause_autonomy(
    database: Database, actor: User, organisation_id: UUID, site_id: UUID, *, reason: str | None, now: datetime
) -> int:
    """Stop what TwinQL does by itself on a site, and take back what it asked for and was not sent.

    Args:
        database: Where to.
        actor: An OPERATOR or OWNER.
        organisation_id: For which organisation they act.
        site_id: The site.
        reason: Why, in their words; None where they say nothing.
        now: The present.

    Returns:
        How many commands were taken back.

    Raises:
        NotFoundError: There is no such site that the actor may see.
        ForbiddenError: The actor may not stop it.
    """
    why = cleaned_or_none(reason, "reason", "reason", longest=LONGEST_REASON)
    try:
        async with database.transaction(actor) as connection:
            values = site_id, organisation_id, now, subject_of(actor), why
            await connection.execute(load("autonomy")["pause"], *values)
            paused = await connection.fetchval(load("autonomy")["is_paused"], site_id)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError(_WHO_STOPS) from error
    if paused is None:
        raise _no_site()
    if not paused:
        raise ForbiddenError(_WHO_STOPS)
    async with database.transaction(AUTOPILOT) as connection:
        detail = "What TwinQL does by itself was stopped." if why is None else f"Stopped: {why}"
        return await cancel_waiting(connection, site_id, actor, detail, now)


def _no_site() -> NotFoundError:
    return NotFoundError("There is no site with this id that you may see; look it up with `sites`.", path=("siteId",))
