"""Commands: asked for once, judged, and kept with the outcome of every interlock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from uuid import UUID

import asyncpg

from twinql.domain.commands import USUAL_LIFE, CommandStatus, code_of
from twinql.domain.identity import Actor, Device, User, Worker, subject_of
from twinql.domain.interlocks.facts import Target
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.verdict import InterlockKind, Request, Verdict, refusals
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.interlocks import facts_for, stored_verdict, take_turn, verdict_of
from twinql.storage.statements import load

_LONGEST_KEY = 200
_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks of an actuator.

    Attributes:
        channel_id: The channel to be set.
        idempotency_key: Chosen by the caller: the same key gives the same command.
        desired: The value it shall have; None where `action` says it. [unit of the channel]
        action: The label of the state it shall have, for a STATE channel; None where `desired` says it.
        expires_in: How long it stays worth sending.
        reason: Why, in the caller's words.
        decision_id: The decision that led to it.
    """

    channel_id: UUID
    idempotency_key: str
    desired: float | None = None
    action: str | None = None
    expires_in: timedelta = USUAL_LIFE
    reason: str | None = None
    decision_id: UUID | None = None


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
        actor: Who asks; row-level security holds for a user.
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
    _check(order)
    try:
        async with database.transaction(actor, readonly=dry_run) as connection:
            if not dry_run:
                await take_turn(connection, order.channel_id)
            facts = await facts_for(connection, order.channel_id, now=now)
            if facts is None:
                raise NotFoundError("There is no such channel; look its id up first.", path=("channelId",))
            desired = _desired(facts.target, order)
            before = await _replayed(connection, facts.organisation_id, order, desired)
            if before is not None:
                return before
            verdicts = judge(facts, Request(desired, now, expires_in=order.expires_in))
            refused = refusals(verdicts)
            obstacles = tuple(verdict.message for verdict in refused)
            never = not isfinite(desired) or InterlockKind.EXPIRY in {verdict.kind for verdict in refused}
            if dry_run or never:
                return Issued(None, verdicts, obstacles=obstacles)
            command_id = await _insert(
                connection, actor, facts.organisation_id, order, desired=desired, verdicts=verdicts, now=now
            )
            if command_id is None:
                # Somebody else used the key while we were judging.
                before = await _replayed(connection, facts.organisation_id, order, desired)
                assert before is not None
                return before
            await _begin(connection, command_id, actor, obstacles, now)
            return Issued(command_id, verdicts, obstacles=obstacles)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError(
            "Commands need the role OPERATOR or OWNER; ask an owner to command or to raise yours."
        ) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("There is no such decision; look its id up first.", path=("decisionId",)) from error


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


def _check(order: Order) -> None:
    if not 1 <= len(order.idempotency_key) <= _LONGEST_KEY:
        message = (
            f"An idempotency key has 1 to {_LONGEST_KEY} characters; make one up for each command, such as a UUID."
        )
        raise InvalidInputError(message, path=("idempotencyKey",))
    if (order.desired is None) == (order.action is None):
        raise InvalidInputError("Say what the channel shall be: either desired, a number, or action, a state's label.")
    if order.reason is not None and len(order.reason) > _LONGEST_REASON:
        raise InvalidInputError(f"A reason has at most {_LONGEST_REASON} characters; shorten it.", path=("reason",))


def _desired(target: Target, order: Order) -> float:
    if order.desired is not None:
        return order.desired
    assert order.action is not None
    if not target.states:
        raise InvalidInputError(f"{target.name} has no states; send desired, a number.", path=("action",))
    code = code_of(order.action, target.states)
    if code is None:
        known = ", ".join(target.states.values())
        raise InvalidInputError(f"{target.name} has no such state; choose one of {known}.", path=("action",))
    return code


async def _replayed(connection: Connection, organisation_id: UUID, order: Order, desired: float) -> Issued | None:
    row = await connection.fetchrow(load("commands")["by_key"], organisation_id, order.idempotency_key)
    if row is None:
        return None
    asked = (order.channel_id, order.decision_id, desired, order.reason, order.expires_in)
    if asked != tuple(row[name] for name in ("channel_id", "decision_id", "desired", "reason", "expires_in")):
        message = "This idempotency key belongs to another command; use a new key, or send the same input again."
        raise ConflictError(message, path=("idempotencyKey",))
    verdicts = tuple(verdict_of(stored) for stored in row["interlocks"])
    obstacles = tuple(verdict.message for verdict in refusals(verdicts))
    return Issued(row["id"], verdicts, replayed=True, obstacles=obstacles)


async def _insert(
    connection: Connection,
    actor: Actor,
    organisation_id: UUID,
    order: Order,
    *,
    desired: float,
    verdicts: tuple[Verdict, ...],
    now: datetime,
) -> UUID | None:
    command_id: UUID | None = await connection.fetchval(
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
        now + order.expires_in,
        [stored_verdict(verdict) for verdict in verdicts],
    )
    return command_id


async def _begin(
    connection: Connection, command_id: UUID, actor: Actor, obstacles: tuple[str, ...], now: datetime
) -> None:
    who = name_of(actor)
    following = CommandStatus.REJECTED if obstacles else CommandStatus.QUEUED
    detail = " ".join(obstacles) if obstacles else "Every interlock let it pass."
    move = load("commands")["move"]
    await connection.execute(move, command_id, CommandStatus.REQUESTED.value, now, who, None)
    await connection.execute(move, command_id, following.value, now, "worker:interlocks", detail)
