"""Commands: asked for once, judged, and kept with the outcome of every interlock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.commands import CommandStatus, can_be_read, code_of
from twinql.domain.identity import Actor, Device, User, Worker, subject_of
from twinql.domain.interlocks.facts import Target
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.verdict import InterlockKind, Request, Verdict, refusals
from twinql.domain.orders import Order
from twinql.domain.units import Unit, convert
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.interlocks import facts_for, stored_verdict, take_turn, verdict_of
from twinql.storage.statements import load

ISSUING: Final = Worker("commands")
"""Who writes commands: people ask TwinQL, which writes in their name."""
JUDGED_BY: Final = "worker:interlocks"
"""Who signs what interlocks let pass or refuse."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What became of an order.

    Attributes:
        command_id: The command; None in a dry run and where nothing could be stored.
        verdicts: What every interlock said.
        replayed: Whether the command was there before.
        obstacles: Why it is not on its way, in sentences; empty where it is.
    """

    command_id: UUID | None
    verdicts: tuple[Verdict, ...]
    replayed: bool = False
    obstacles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """One step in the life of a command.

    Attributes:
        sequence: Its place, from 1.
        status: The status it went to.
        at: When.
        actor: Who or what moved it: a kind, a colon, a name.
        detail: More about it; None where no more was said.
    """

    sequence: int
    status: CommandStatus
    at: datetime
    actor: str
    detail: str | None


async def issue(database: Database, actor: Actor, order: Order, *, now: datetime, dry_run: bool = False) -> Issued:
    """Take a command on, unless its interlocks refuse it.

    What an interlock refuses for the sake of the plant is kept as a REJECTED command, for whoever audits; what can
    never be a command (not a number, a life that is past or endless) is only answered.

    Args:
        database: Where to.
        actor: Who asks: a user of the channel's organisation, or TwinQL's own work, which acts in that organisation.
        order: What is asked.
        now: The present.
        dry_run: Whether to say what the interlocks say and change nothing.

    Returns:
        The command and the verdicts.

    Raises:
        NotFoundError: There is no such channel, or the actor may not see it.
        InvalidInputError: The order contradicts itself or leaves something out.
        ConflictError: The key was used for another order.
        ForbiddenError: The actor may not command here.
    """
    await check_may_command(database, actor, {order.channel_id: ("channelId",)}, only_look=dry_run)
    async with database.transaction(ISSUING, readonly=dry_run) as connection:
        return await issue_in(connection, actor, order, now=now, dry_run=dry_run)


async def check_may_command(
    database: Database, actor: Actor, channels: Mapping[UUID, tuple[str, ...]], *, only_look: bool = False
) -> None:
    """Ask, as the actor, whether they may command channels, or only see them; TwinQL's own work may command all.

    Args:
        database: Where they are.
        actor: Who asks.
        channels: Where in the input each of them stands.
        only_look: Whether seeing them is enough.

    Raises:
        NotFoundError: There is no such channel, or the actor may not see it; the path says which.
        ForbiddenError: The actor may not command here.
    """
    if isinstance(actor, Worker):
        return
    async with database.transaction(actor, readonly=True) as connection:
        for channel_id, path in channels.items():
            row = await connection.fetchrow(load("commands")["may_command"], channel_id)
            if row is None:
                raise _no_channel(*path)
            if not only_look and not row["allowed"]:
                raise ForbiddenError(
                    "Commands need the role OPERATOR or OWNER; ask an owner to command or to raise yours."
                )


async def issue_in(
    connection: Connection, actor: Actor, order: Order, *, now: datetime, dry_run: bool = False
) -> Issued:
    """Do what `issue` does inside a transaction of TwinQL's own work, for an actor who was found to be allowed to.

    Raises:
        NotFoundError: There is no such channel, decision or expected channel in one organisation.
        InvalidInputError: The order contradicts itself or leaves something out.
        ConflictError: The key was used for another order.
    """
    order.check()
    if not dry_run:
        await take_turn(connection, order.channel_id)
    facts = await facts_for(connection, order.channel_id, now=now)
    if facts is None:
        raise _no_channel()
    desired = _desired(facts.target, order)
    before = await _replayed(connection, facts.organisation_id, order, desired)
    if before is not None:
        return before
    order.check_time(now)
    verdicts = judge(facts, Request(desired, now, expires_in=order.expires_in, not_before=order.not_before))
    refused = refusals(verdicts)
    obstacles = tuple(verdict.message for verdict in refused)
    never = not can_be_read(desired) or InterlockKind.EXPIRY in {verdict.kind for verdict in refused}
    if dry_run or never:
        return Issued(None, verdicts, obstacles=obstacles)
    command_id = await _keep(
        connection, actor, facts.organisation_id, order, desired=desired, verdicts=verdicts, now=now
    )
    return Issued(command_id, verdicts, obstacles=obstacles)


async def transitions_of(connection: Connection, command_ids: Sequence[UUID]) -> list[list[Transition]]:
    """Return the life of each command, from its first step on."""
    lives: dict[UUID, list[Transition]] = {command_id: [] for command_id in command_ids}
    for row in await connection.fetch(load("commands")["transitions"], list(lives)):
        lives[row["command_id"]].append(
            Transition(row["sequence"], CommandStatus(row["status"]), row["at"], row["actor"], row["detail"])
        )
    return [lives[command_id] for command_id in command_ids]


def name_of(actor: Actor) -> str:
    """Say who somebody is, as transitions write it: a kind, a colon, a name."""
    kind = {User: "user", Device: "device", Worker: "worker"}[type(actor)]
    return f"{kind}:{subject_of(actor)}"


def _no_channel(*path: str) -> NotFoundError:
    return NotFoundError("There is no such channel; look its id up first.", path=path or ("channelId",))


def _desired(target: Target, order: Order) -> float:
    if order.desired is not None:
        return _in_its_unit(target, order.desired, order.unit)
    assert order.action is not None
    if not target.states:
        raise InvalidInputError(f"{target.name} has no states; send desired, a number.", path=("action",))
    code = code_of(order.action, target.states)
    if code is None:
        known = ", ".join(target.states.values())
        raise InvalidInputError(f"{target.name} has no such state; choose one of {known}.", path=("action",))
    return code


def _in_its_unit(target: Target, desired: float, unit: Unit | None) -> float:
    own = Unit(target.unit)
    if unit is None or unit is own:
        return desired
    if target.reads_states or unit.dimension != own.dimension:
        message = f"{target.name} is in {own.name}; send desired in that, or in a unit that converts to it."
        raise InvalidInputError(message, path=("unit",))
    return float(convert(np.array([desired]), source=unit, target=own)[0])


async def _replayed(connection: Connection, organisation_id: UUID, order: Order, desired: float) -> Issued | None:
    row = await connection.fetchrow(load("commands")["by_key"], organisation_id, order.idempotency_key)
    if row is None:
        return None
    asked = {
        "channel_id": order.channel_id,
        "decision_id": order.decision_id,
        "schedule_id": order.schedule_id,
        "desired": desired,
        "reason": order.reason,
        "not_before": order.not_before,
        "expires_in": order.expires_in,
        "expectation": order.expect and order.expect.as_json(),
    }
    if any(row[name] != value for name, value in asked.items()):
        message = "This idempotency key belongs to another command; use a new key, or send the same input again."
        raise ConflictError(message, path=("idempotencyKey",))
    verdicts = tuple(verdict_of(stored) for stored in row["interlocks"])
    obstacles = tuple(verdict.message for verdict in refusals(verdicts))
    return Issued(row["id"], verdicts, replayed=True, obstacles=obstacles)


async def _check_expected(connection: Connection, organisation_id: UUID, order: Order) -> None:
    """Refuse an effect on a channel that is not of the organisation."""
    if order.expect is None:
        return
    if await connection.fetchval(load("commands")["organisation_of"], order.expect.channel_id) != organisation_id:
        message = "There is no such channel to look at; look its id up first."
        raise NotFoundError(message, path=("expect", "channelId"))


async def _keep(
    connection: Connection,
    actor: Actor,
    organisation_id: UUID,
    order: Order,
    *,
    desired: float,
    verdicts: tuple[Verdict, ...],
    now: datetime,
) -> UUID:
    """Write a command with its first two steps."""
    await _check_expected(connection, organisation_id, order)
    try:
        row = await connection.fetchrow(
            load("commands")["insert"],
            organisation_id,
            order.channel_id,
            order.decision_id,
            desired,
            order.action,
            order.idempotency_key,
            subject_of(actor),
            order.reason,
            now,
            (order.not_before or now) + order.expires_in,
            [stored_verdict(verdict) for verdict in verdicts],
            order.not_before,
            order.expect and order.expect.as_json(),
            order.schedule_id,
        )
    except asyncpg.ForeignKeyViolationError as error:
        if error.constraint_name == "commands_schedule_fkey":
            raise _no_channel() from error
        raise NotFoundError("There is no such decision; look its id up first.", path=("decisionId",)) from error
    assert row is not None
    following, detail = CommandStatus.QUEUED, "Every interlock let it pass."
    if refused := refusals(verdicts):
        following, detail = CommandStatus.REJECTED, " ".join(verdict.message for verdict in refused)
    elif order.needs_approval or row["needs_approval"]:
        following, detail = CommandStatus.AWAITING_APPROVAL, f"{detail} Somebody else has to approve it."
    first_steps = (row["id"], organisation_id, now, name_of(actor), following.value, JUDGED_BY, detail)
    await connection.execute(load("commands")["begin"], *first_steps)
    return UUID(str(row["id"]))
