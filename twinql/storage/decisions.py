"""Decisions: made once, kept open while they hold, and settled."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

import asyncpg

from twinql.domain.decisions.measures import Actuator
from twinql.domain.decisions.recommendation import Proposal, Recommendation
from twinql.domain.decisions.standing import Standing
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus, Urgency
from twinql.domain.identity import Actor, subject_of
from twinql.domain.orders import Order
from twinql.domain.wording import LONGEST_REASON
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

_TOLD_AGAIN_AFTER: Final = timedelta(minutes=1)
_OFF_SEEN_WITHIN: Final = timedelta(hours=1)


class Channel(Protocol):
    """What a decision must know of the channel that gave rise to it."""

    @property
    def id(self) -> UUID:
        """The channel."""

    @property
    def organisation_id(self) -> UUID:
        """Whose it is."""

    @property
    def asset_id(self) -> UUID | None:
        """The asset on which it is; never None where a decision is made."""


@dataclass(frozen=True, slots=True)
class Making:
    """A decision to be made.

    Attributes:
        subject: The channel that gave rise to it; it belongs to an asset.
        found: What is recommended.
        made_at: When.
        valid_until: Until when it is worth acting on; None for as long as its ground is there.
        forecast_id: The forecast on which it rests; None where none does.
        automation_rule_id: The rule of people that made it; None where TwinQL's own did.
        observed_at: The newest reading that led to it; None where nobody said.
    """

    subject: Channel
    found: Recommendation
    made_at: datetime
    valid_until: datetime | None
    forecast_id: UUID | None = None
    automation_rule_id: UUID | None = None
    observed_at: datetime | None = None


async def standing(connection: Connection, channel_ids: Sequence[UUID], rule: str) -> dict[UUID, Standing]:
    """Return the newest decision of a rule on each channel that has one."""
    rows = await connection.fetch(load("decisions")["standing"], list(channel_ids), rule)
    return {
        row["channel_id"]: Standing(
            id=row["id"],
            action=DecisionAction(row["action"]),
            urgency=Urgency(row["urgency"]),
            status=DecisionStatus(row["status"]),
            settled_at=row["settled_at"],
            commanded_at=row["commanded_at"],
            undone=row["undone"],
        )
        for row in rows
    }


async def open_of(connection: Connection, rule: str) -> set[UUID]:
    """Return the channels on which a rule has an open decision."""
    return {row["channel_id"] for row in await connection.fetch(load("decisions")["open_of"], rule)}


async def make(
    connection: Connection,
    subject: Channel,
    found: Recommendation,
    *,
    forecast_id: UUID | None,
    made_at: datetime,
    valid_until: datetime | None,
    automation_rule_id: UUID | None = None,
) -> UUID | None:
    """Store a decision and return its id; None where the same rule already has one open on this channel."""
    made = await make_all(connection, [Making(subject, found, made_at, valid_until, forecast_id, automation_rule_id)])
    return made[0] if made else None


async def make_all(connection: Connection, making: Sequence[Making]) -> list[UUID]:
    """Store decisions at once and return their ids, without those of a rule that has one open on the channel."""
    rows = await connection.fetch(load("decisions")["insert"], [_row(each) for each in making])
    return [row["id"] for row in rows]


async def settle_all(connection: Connection, ids: Sequence[UUID], status: DecisionStatus, at: datetime) -> None:
    """Close those of these decisions that are open."""
    await connection.execute(load("decisions")["settle_all"], list(ids), status.value, at)


async def settle(
    connection: Connection,
    decision_id: UUID,
    status: DecisionStatus,
    at: datetime,
    *,
    by: str | None = None,
    reason: str | None = None,
) -> bool:
    """Close an open decision; False where the actor sees none, or it is already closed."""
    settled = await connection.fetchval(load("decisions")["settle"], decision_id, status.value, at, by, reason)
    return settled is not None


async def answer(
    database: Database, actor: Actor, decision_id: UUID, status: DecisionStatus, *, now: datetime, reason: str | None
) -> None:
    """Settle a decision as somebody who accepts or rejects it.

    Raises:
        NotFoundError: There is no such decision, or the actor may not see it.
        ConflictError: It is already settled.
        ForbiddenError: The actor may not settle it.
    """
    try:
        async with database.transaction(actor) as connection:
            if await settle(connection, decision_id, status, now, by=subject_of(actor), reason=reason):
                return
            stands = await connection.fetchval(load("decisions")["status"], decision_id)
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Decisions are settled by an OPERATOR or OWNER; ask one, or ask for the role.") from error
    if stands is None:
        raise NotFoundError("There is no such decision; look its id up first.", path=("id",))
    raise ConflictError(f"This decision is already {stands}; look for an open one.", path=("id",))


async def carried_out(database: Database, actor: Actor, decision_id: UUID) -> UUID | None:
    """Return the command with which the actor has had a decision carried out before; None where they have not."""
    async with database.transaction(actor, readonly=True) as connection:
        found: UUID | None = await connection.fetchval(load("decisions")["carried_out"], decision_id, subject_of(actor))
    return found


async def order_of(database: Database, actor: Actor, decision_id: UUID) -> Order | None:
    """Return the order that carries a decision out, the same one whoever gives it; None where it proposes nothing.

    Where a command of it was refused, cancelled or expired before it was sent, the order is another attempt, with a key
    of its own: it is judged by what holds now.

    Raises:
        NotFoundError: There is no such decision, or the actor may not see it.
    """
    async with database.transaction(actor, readonly=True) as connection:
        row = await connection.fetchrow(load("decisions")["proposal"], decision_id)
    if row is None:
        raise NotFoundError("There is no such decision; look its id up first.", path=("id",))
    if row["proposal"] is None:
        return None
    proposal = Proposal.of(row["proposal"])
    attempt = f":{row['in_vain'] + 1}" if row["in_vain"] else ""
    return Order(
        channel_id=proposal.channel_id,
        idempotency_key=f"decision:{decision_id}{attempt}",
        desired=proposal.desired,
        expires_in=timedelta(seconds=proposal.expires_in_s),
        reason=f"{row['rule']}: {row['why']}"[:LONGEST_REASON] if row["why"] else row["rule"],
        decision_id=decision_id,
        expect=proposal.expect,
    )


async def prolong(connection: Connection, ids: Sequence[UUID], valid_until: datetime) -> None:
    """Keep open decisions worth acting on."""
    await connection.execute(load("decisions")["prolong"], list(ids), valid_until, _TOLD_AGAIN_AFTER)


async def expire(connection: Connection, now: datetime) -> int:
    """Close decisions that nobody acted on while it was worth it, and return how many."""
    return len(await connection.fetch(load("decisions")["expire"], now))


async def actuators_near(
    connection: Connection, asset_ids: Sequence[UUID], now: datetime
) -> dict[UUID, list[Actuator]]:
    """Return what can be set on each asset, on its parent and on its parts."""
    found: dict[UUID, list[Actuator]] = {each: [] for each in asset_ids}
    for row in await connection.fetch(load("decisions")["actuators"], list(found), now - _OFF_SEEN_WITHIN):
        known = dict(row)
        found[known.pop("near_id")].append(Actuator(**known))
    return found


def _row(making: Making) -> dict[str, Any]:
    subject, found = making.subject, making.found
    return {
        "organisation_id": str(subject.organisation_id),
        "asset_id": str(subject.asset_id),
        "channel_id": str(subject.id),
        "forecast_id": None if making.forecast_id is None else str(making.forecast_id),
        "rule": found.rule,
        "action": found.action.value,
        "urgency": found.urgency.value,
        "confidence": found.confidence,
        "reasons": [_plain(asdict(reason)) for reason in found.reasons],
        "alternatives": [_plain(asdict(other)) for other in found.alternatives],
        "expected_impact": _plain(asdict(found.impact)),
        "made_at": making.made_at.isoformat(),
        "valid_until": None if making.valid_until is None else making.valid_until.isoformat(),
        "proposal": None if found.proposal is None else found.proposal.as_json(),
        "automation_rule_id": None if making.automation_rule_id is None else str(making.automation_rule_id),
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: getattr(value, "value", value) for key, value in values.items()}
