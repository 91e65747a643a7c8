"""Carries plans of loads out: as one series of commands, through all interlocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twinql.domain.command_series import CommandSeries
from twinql.domain.identity import Actor
from twinql.domain.load_planning.carrying_out import Written, first_start, series_of, too_late
from twinql.errors import InvalidInputError
from twinql.storage.command_schedules import Scheduled, schedule
from twinql.storage.database import Database
from twinql.storage.load_plans import check_no_rival, loads_of_plan


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What became of a plan.

    Attributes:
        series: Its commands.
        scheduled: Of them.
        left_to_people: Its loads that no channel switches, as they were written down.
    """

    series: CommandSeries
    scheduled: Scheduled
    left_to_people: Sequence[Written]


async def carry_out(
    database: Database, actor: Actor, plan_id: UUID, *, now: datetime, dry_run: bool = False
) -> CarriedOut:
    """Take the commands of a plan on, all or none; once, however often it is asked.

    Raises:
        NotFoundError: There is no such plan that the actor may see.
        ConflictError: Nothing of it can be switched, its hour is over, or another plan of the day switches the same.
        ForbiddenError: The actor may not command here.
    """
    async with database.transaction(actor, readonly=True) as connection:
        name, loads = await loads_of_plan(connection, plan_id)
        await check_no_rival(connection, plan_id)
    series = series_of(plan_id, name, loads)
    try:
        scheduled = await schedule(database, actor, series, now=now, dry_run=dry_run)
    except InvalidInputError as error:
        if first_start(series) < now:
            raise too_late(series) from error
        raise
    return CarriedOut(series, scheduled, [each for each in loads if each["channel_id"] is None])
