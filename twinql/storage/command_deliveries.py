"""Commands on their way to webhooks: what waits, whose turn it is, and how an attempt went."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from twinql.domain.command_messages import CommandMessage
from twinql.domain.commands import CommandStatus
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Delivery:
    """A command for a webhook, taken to be told.

    Attributes:
        message: What is told.
        webhook_id: To whom.
        api_key_id: As whom they answer.
        address: Where.
        secret: What it is signed with.
        attempts: How often it was tried, this one included.
        status: Where the command stands.
        in_use: Whether the webhook and its key still are.
    """

    message: CommandMessage
    webhook_id: UUID
    api_key_id: UUID
    address: str
    secret: str = field(repr=False)
    attempts: int
    status: CommandStatus
    in_use: bool


async def channels_of_webhooks(connection: Connection, now: datetime) -> frozenset[int]:
    """Return the numbers of the channels whose commands are sent to webhooks."""
    return frozenset(row["number"] for row in await connection.fetch(load("command_deliveries")["channels"], now))


async def hand_over(connection: Connection, command_id: UUID, now: datetime) -> bool:
    """Let a command wait for its webhook; False where it has none."""
    return await connection.fetchval(load("command_deliveries")["hand_over"], command_id, now) is not None


async def claim(connection: Connection, *, now: datetime, until: datetime, busy: Sequence[UUID]) -> Delivery | None:
    """Take what is due, of an organisation that is not busy; it is due again at `until` where nobody says more."""
    row = await connection.fetchrow(load("command_deliveries")["claim"], now, until, busy)
    if row is None:
        return None
    values = dict(row)
    status = CommandStatus(values.pop("status"))
    about = {name: values.pop(name) for name in ("webhook_id", "api_key_id", "address", "secret", "attempts", "in_use")}
    return Delivery(CommandMessage(**values), status=status, **about)


async def postpone(connection: Connection, command_id: UUID, until: datetime) -> None:
    """Try again then."""
    await connection.execute(load("command_deliveries")["postpone"], command_id, until)


async def finish(connection: Connection, command_id: UUID) -> None:
    """Try no more."""
    await connection.execute(load("command_deliveries")["finish"], command_id)


async def note(connection: Connection, webhook_id: UUID, *, at: datetime, error: str | None) -> None:
    """Show owners how the last attempt went."""
    await connection.execute(load("command_deliveries")["note"], webhook_id, at, error)
