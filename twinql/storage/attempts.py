"""Telling devices of commands that were sent: what may be told now, and what certainly reached nobody."""

from datetime import datetime
from typing import Final
from uuid import UUID

from twinql.domain.commands import CommandStatus
from twinql.domain.interlocks.verdict import Stage, refusals
from twinql.storage.commands import JUDGED_BY
from twinql.storage.database import Connection
from twinql.storage.dispatch import move
from twinql.storage.interlocks import judge_again
from twinql.storage.statements import load

_ON_ITS_WAY: Final = (CommandStatus.SENT, CommandStatus.TIMED_OUT)
NO_DEVICE: Final = "Its device may no longer be told."
_WAS_STOPPED: Final = "An emergency stop was triggered since it was asked for."


async def begin(connection: Connection, command_id: UUID, *, device: UUID, now: datetime) -> bool:
    """Say whether a device may be told of a command that was sent, and note that this is about to be tried.

    Every way to devices that tries more than once asks here before each attempt: interlocks judge once more, in the
    turn, and what they refuse is ended. An emergency stop ends it for good, also once it is released.

    Args:
        connection: One of TwinQL's own work. Commit before the attempt; whoever triggers a stop then waits for nobody.
        command_id: The command.
        device: The API key of the device.
        now: The present.
    """
    held = await connection.fetchrow(load("attempts")["hold"], command_id, device)
    if held is None or CommandStatus(held["status"]) not in _ON_ITS_WAY:
        return False
    why = NO_DEVICE if not held["has_device"] else _WAS_STOPPED if held["was_stopped"] else ""
    refused = refusals(await judge_again(connection, command_id, now=now, stage=Stage.SENDING))
    if why or refused:
        await end(connection, command_id, " ".join(each.message for each in refused) or why, now=now)
        return False
    await connection.execute(load("attempts")["begin"], command_id)
    return True


async def reached_nobody(connection: Connection, command_id: UUID) -> None:
    """Note that a command was sent, and has certainly reached nobody yet."""
    await connection.execute(load("attempts")["reached_nobody"], command_id)


async def came_to_nothing(connection: Connection, command_id: UUID) -> None:
    """Note that the attempt which was begun has certainly reached nobody; nothing where an earlier one may have."""
    await connection.execute(load("attempts")["came_to_nothing"], command_id)


async def forget(connection: Connection, command_id: UUID) -> bool:
    """Say whether a command has certainly reached nobody, and keep that no longer."""
    return bool(await connection.fetchval(load("attempts")["forget"], command_id))


async def end(connection: Connection, command_id: UUID, why: str, *, now: datetime) -> None:
    """End a command that is not to be told again: REJECTED where it has certainly reached nobody, else TIMED_OUT."""
    if await forget(connection, command_id):
        status, detail = CommandStatus.REJECTED, f"{why} No device had been told of it."
    else:
        status, detail = CommandStatus.TIMED_OUT, f"It is not sent again: {why} Nobody knows whether it acted."
    await move(connection, command_id, status, at=now, actor=JUDGED_BY, detail=detail)
