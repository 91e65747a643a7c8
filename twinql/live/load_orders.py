"""Carries plans of loads out: as one series of commands, through all interlocks."""

from datetime import datetime
from uuid import UUID

from twinql.domain.identity import Actor
from twinql.domain.load_planning.carrying_out import first_start, series_of, too_late
from twinql.errors import InvalidInputError
from twinql.storage.command_schedules import Scheduled, schedule
from twinql.storage.database import Database
from twinql.storage.load_plans import loads_of_plan


async def carry_out(
    database: Database, actor: Actor, plan_id: UUID, *, now: datetime, dry_run: bool = False
) -> Scheduled:
    """Take the commands of a plan on, all or none; once, however often it is asked.

    Raises:
        NotFoundError: There is no such plan that the actor may see.
        ConflictError: Nothing of it can be switched, or its hour is over.
        ForbiddenError: The actor may not command here.
    """
    async with database.transaction(actor, readonly=True) as connection:
        name, loads = await loads_of_plan(connection, plan_id)
    series = series_of(plan_id, name, loads)
    try:
        return await schedule(database, actor, series, now=now, dry_run=dry_run)
    except InvalidInputError as error:
        if first_start(series) < now:
            raise too_late(series) from error
        raise
