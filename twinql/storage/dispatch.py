"""What a dispatcher does to commands: claims them, and moves them on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from twinql.domain.commands import CommandStatus, may_follow
from twinql.domain.interlocks.verdict import Stage, refusals
from twinql.storage.commands import JUDGED_BY
from twinql.storage.database import Connection
from twinql.storage.interlocks import judge_again
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command on its way to a device.

    Attributes:
        id: The command.
        organisation_id: Whose it is.
        channel_id: The channel to be set.
        channel_number: The same by its number inside.
        channel_key: The same by its short name.
        desired: The value it shall have. [unit of the channel]
        action: The same as a label, for a STATE channel.
        expires_at: After this it is never sent.
    """

    id: UUID
    organisation_id: UUID
    channel_id: UUID
    channel_number: int
    channel_key: str
    desired: float
    action: str | None
    expires_at: datetime


async def move(
    connection: Connection,
    command_id: UUID,
    status: CommandStatus,
    *,
    at: datetime,
    actor: str,
    detail: str | None = None,
) -> bool:
    """Add a transition to the life of a command; False where it may not follow, or there is no such command.

    The command is held until the transaction ends, so two that speak of it at once take turns.
    """
    held = await connection.fetchval(load("commands")["hold"], command_id)
    if held is None or not may_follow(CommandStatus(held), status):
        return False
    await connection.execute(load("commands")["move"], command_id, status.value, at, actor, detail)
    return True


async def claim(connection: Connection, channels: Collection[int], *, now: datetime, actor: str) -> Waiting | None:
    """Take the command that is due first for devices that are there, and mark it as sent; None where none is due.

    It is marked before it is sent: after a crash in between nobody knows whether the device heard, and a command that
    may have been executed is never sent twice. Interlocks judge it once more: what they refuse now is REJECTED.
    """
    while (row := await connection.fetchrow(load("commands")["claim"], now, list(channels))) is not None:
        if await send_or_reject(connection, row["id"], now=now, actor=actor):
            return Waiting(**row)
    return None


async def send_or_reject(
    connection: Connection, command_id: UUID, *, now: datetime, actor: str, detail: str | None = None
) -> bool:
    """Mark a waiting command, which the caller holds, as SENT; or as REJECTED, where interlocks refuse it now."""
    refused = refusals(await judge_again(connection, command_id, now=now, stage=Stage.SENDING))
    status = CommandStatus.SENT
    if refused:
        status, actor, detail = CommandStatus.REJECTED, JUDGED_BY, " ".join(each.message for each in refused)
    await connection.execute(load("commands")["move"], command_id, status.value, now, actor, detail)
    return not refused


async def expire(connection: Connection, *, now: datetime, actor: str) -> list[UUID]:
    """Close commands that were never sent and no longer may be, and return them."""
    rows = await connection.fetch(load("commands")["expired"], now)
    for row in rows:
        approval = CommandStatus(row["status"]) is CommandStatus.AWAITING_APPROVAL
        detail = "Nobody approved it in time." if approval else "No device took it in time."
        await connection.execute(load("commands")["move"], row["id"], CommandStatus.EXPIRED.value, now, actor, detail)
    return [row["id"] for row in rows]


async def give_up(connection: Connection, *, now: datetime, patience: timedelta, actor: str) -> list[UUID]:
    """Close commands that no device has answered for, and return them."""
    detail = f"The device has not answered for {patience.total_seconds():g} s; nobody knows whether it acted."
    silent = [row["id"] for row in await connection.fetch(load("commands")["unanswered"], now - patience)]
    for command_id in silent:
        await connection.execute(
            load("commands")["move"], command_id, CommandStatus.TIMED_OUT.value, now, actor, detail
        )
    return silent
