"""What people do with a command that has not been sent: approve it, turn it down, take it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn
from uuid import UUID

from twinql.domain.commands import UNSENT, CommandStatus
from twinql.domain.identity import Actor, Worker
from twinql.domain.interlocks.verdict import Stage, Verdict, refusals
from twinql.domain.wording import check_reason
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.commands import ISSUING, name_of
from twinql.storage.database import Connection, Database
from twinql.storage.interlocks import judge_again
from twinql.storage.statements import load

_S = CommandStatus


@dataclass(frozen=True, slots=True)
class _Held:
    status: CommandStatus
    expires_at: datetime
    requested_by: str


async def approve(
    database: Database, actor: Actor, command_id: UUID, *, now: datetime, reason: str | None = None
) -> tuple[Verdict, ...]:
    """Let a command go out that waits for a second person, unless its interlocks refuse it as things are.

    Returns:
        What every interlock says now. Where one refuses, the command still waits: things may change while it lives.

    Raises:
        NotFoundError: There is no such command, or the actor may not see it.
        ForbiddenError: The actor may not command here.
        ConflictError: It does not wait for approval, it is over, or the actor asked for it.
        InvalidInputError: The reason is too long.
    """
    await _check_may_move(database, actor, command_id, reason)
    async with database.transaction(ISSUING) as connection:
        held = await _hold(connection, command_id)
        if held.status is not _S.AWAITING_APPROVAL:
            _refuse(f"This command is {held.status.value}; only one that is AWAITING_APPROVAL is approved.")
        if held.expires_at <= now:
            _refuse("This command is over; issue another one.")
        if held.requested_by == name_of(actor):
            _refuse("You asked for this command; somebody else has to approve it.")
        verdicts = await judge_again(connection, command_id, now=now, stage=Stage.APPROVAL)
        if not refusals(verdicts):
            await _move(connection, command_id, _S.QUEUED, actor, now=now, reason=reason)
        return verdicts


async def turn_down(database: Database, actor: Actor, command_id: UUID, *, now: datetime, reason: str) -> None:
    """Reject a command that waits for approval; whoever asked for it cancels it instead.

    Raises:
        NotFoundError: There is no such command, or the actor may not see it.
        ForbiddenError: The actor may not command here.
        ConflictError: It does not wait for approval, or the actor asked for it.
        InvalidInputError: The reason is missing or too long.
    """
    if not reason.strip():
        raise InvalidInputError("A reason is needed; it is kept with the command.", path=("reason",))
    await _check_may_move(database, actor, command_id, reason)
    async with database.transaction(ISSUING) as connection:
        held = await _hold(connection, command_id)
        if held.status is not _S.AWAITING_APPROVAL:
            _refuse(f"This command is {held.status.value}; only one that is AWAITING_APPROVAL is rejected.")
        if held.requested_by == name_of(actor):
            _refuse("You asked for this command; cancel it instead.")
        await _move(connection, command_id, _S.REJECTED, actor, now=now, reason=reason)


async def cancel(
    database: Database, actor: Actor, command_id: UUID, *, now: datetime, reason: str | None = None
) -> None:
    """Take a command back that has not been sent; one that was taken back before stays so.

    Raises:
        NotFoundError: There is no such command, or the actor may not see it.
        ForbiddenError: The actor may not command here.
        ConflictError: It was sent, or it has ended otherwise.
        InvalidInputError: The reason is too long.
    """
    await _check_may_move(database, actor, command_id, reason)
    async with database.transaction(ISSUING) as connection:
        held = await _hold(connection, command_id)
        if held.status is _S.CANCELLED:
            return
        if held.status not in UNSENT:
            _refuse(f"This command is {held.status.value}, so it is too late to cancel it; issue one that undoes it.")
        await _move(connection, command_id, _S.CANCELLED, actor, now=now, reason=reason)


async def _check_may_move(database: Database, actor: Actor, command_id: UUID, reason: str | None) -> None:
    check_reason(reason)
    if isinstance(actor, Worker):
        return
    async with database.transaction(actor, readonly=True) as connection:
        row = await connection.fetchrow(load("command_steps")["may_move"], command_id)
    if row is None:
        raise NotFoundError("There is no such command; look its id up first.", path=("id",))
    if not row["allowed"]:
        raise ForbiddenError("Commands need the role OPERATOR or OWNER; ask an owner to act or to raise yours.")


async def _hold(connection: Connection, command_id: UUID) -> _Held:
    row = await connection.fetchrow(load("command_steps")["hold"], command_id)
    if row is None:
        raise NotFoundError("There is no such command; look its id up first.", path=("id",))
    return _Held(CommandStatus(row["status"]), row["expires_at"], row["requested_by"])


async def _move(
    connection: Connection, command_id: UUID, status: CommandStatus, actor: Actor, *, now: datetime, reason: str | None
) -> None:
    await connection.execute(load("commands")["move"], command_id, status.value, now, name_of(actor), reason)


def _refuse(message: str) -> NoReturn:
    raise ConflictError(message, path=("id",))
