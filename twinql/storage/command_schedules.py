"""Series of commands: taken on as a whole or not at all, and cancelled as one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from twinql.domain.command_series import CommandSeries
from twinql.domain.commands import UNSENT, CommandStatus
from twinql.domain.identity import Actor, Worker
from twinql.domain.orders import Order
from twinql.domain.wording import check_reason
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, TwinError
from twinql.storage.commands import ISSUING, Issued, check_may_command, issue_in, name_of
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What became of a series.

    Attributes:
        schedule_id: The schedule; None in a dry run, and where one of its commands is refused.
        issued: What became of each command, in order.
        replayed: Whether the schedule was there before.
    """

    schedule_id: UUID | None
    issued: tuple[Issued, ...]
    replayed: bool = False


class _RefusedError(Exception):
    """Undoes a series of which a part was refused."""

    def __init__(self, scheduled: Scheduled) -> None:
        self.scheduled = scheduled


async def schedule(
    database: Database, actor: Actor, series: CommandSeries, *, now: datetime, dry_run: bool = False
) -> Scheduled:
    """Take a series of commands on, unless one of them is refused: then nothing is kept.

    Args:
        database: Where to.
        actor: Who asks: a user of the organisation of all channels, or TwinQL's own work.
        series: What is asked.
        now: The present.
        dry_run: Whether to say what the interlocks say and change nothing.

    Returns:
        The schedule, and what became of each command.

    Raises:
        NotFoundError: There is no such channel, or it is of another organisation; the path says which.
        InvalidInputError: An order contradicts itself or leaves something out; the path says which.
        ConflictError: The key was used for another series.
        ForbiddenError: The actor may not command here.
    """
    series.check()
    places = {order.channel_id: ("commands", str(place), "channelId") for place, order in enumerate(series.orders)}
    await check_may_command(database, actor, places, only_look=dry_run)
    try:
        async with database.transaction(ISSUING, readonly=dry_run) as connection:
            return await _take_on(connection, actor, series, now=now, dry_run=dry_run)
    except _RefusedError as refused:
        return refused.scheduled


async def cancel_schedule(
    database: Database, actor: Actor, schedule_id: UUID, *, now: datetime, reason: str | None = None
) -> int:
    """Cancel those commands of a series that have not been sent, and return how many; none are left for a second call.

    Raises:
        NotFoundError: There is no such schedule, or the actor may not see it.
        ForbiddenError: The actor may not command here.
        InvalidInputError: The reason is too long.
    """
    check_reason(reason)
    statements, who = load("command_schedules"), name_of(actor)
    if not isinstance(actor, Worker):
        async with database.transaction(actor, readonly=True) as connection:
            row = await connection.fetchrow(statements["may_cancel"], schedule_id)
        if row is None:
            raise NotFoundError("There is no such schedule; look its id up first.", path=("id",))
        if not row["allowed"]:
            raise ForbiddenError("Commands need the role OPERATOR or OWNER; ask an owner to act or to raise yours.")
    async with database.transaction(ISSUING) as connection:
        await connection.execute(statements["cancel"], schedule_id, now, who)
        waiting = await connection.fetch(statements["unsent"], schedule_id, [each.value for each in UNSENT])
        for row in waiting:
            await connection.execute(
                load("commands")["move"], row["id"], CommandStatus.CANCELLED.value, now, who, reason
            )
        return len(waiting)


async def _take_on(
    connection: Connection, actor: Actor, series: CommandSeries, *, now: datetime, dry_run: bool
) -> Scheduled:
    schedule_id, replayed = (None, False) if dry_run else await _hold(connection, actor, series, now)
    issued = tuple(
        [
            await _issue(connection, actor, series.order(place, schedule_id), place, now=now, dry_run=dry_run)
            for place in range(len(series.orders))
        ]
    )
    if not replayed and any(each.obstacles for each in issued):
        raise _RefusedError(Scheduled(None, issued))
    return Scheduled(schedule_id, issued, replayed)


async def _hold(connection: Connection, actor: Actor, series: CommandSeries, now: datetime) -> tuple[UUID, bool]:
    """Make the schedule, or find the one of the same key; say whether it was there before."""
    statements = load("command_schedules")
    organisation_id = await connection.fetchval(load("commands")["organisation_of"], series.orders[0].channel_id)
    if organisation_id is None:
        raise NotFoundError("There is no such channel; look its id up first.", path=("commands", "0", "channelId"))
    values = (organisation_id, series.name.strip(), series.idempotency_key, name_of(actor), series.reason, now)
    made: UUID | None = await connection.fetchval(statements["insert"], *values)
    if made is not None:
        return made, False
    row = await connection.fetchrow(statements["by_key"], organisation_id, series.idempotency_key)
    assert row is not None
    if (row["name"], row["reason"], row["commands"]) != (series.name.strip(), series.reason, len(series.orders)):
        raise _other_schedule()
    return row["id"], True


async def _issue(
    connection: Connection, actor: Actor, order: Order, place: int, *, now: datetime, dry_run: bool
) -> Issued:
    # Of two that are due at the same instant, the first in the series goes out first.
    asked_at = now + timedelta(microseconds=place)
    try:
        return await issue_in(connection, actor, order, now=asked_at, dry_run=dry_run)
    except ConflictError as error:
        raise _other_schedule() from error
    except (InvalidInputError, NotFoundError) as error:
        raise _at(error, place) from error


def _other_schedule() -> ConflictError:
    message = "This idempotency key belongs to another schedule; use a new key, or send the same input again."
    return ConflictError(message, path=("idempotencyKey",))


def _at(error: TwinError, place: int) -> TwinError:
    return type(error)(error.message, path=("commands", str(place), *error.path))
