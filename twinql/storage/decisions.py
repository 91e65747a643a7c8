"""Decisions: made once, kept open while they hold, and settled."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg

from twinql.domain.decisions.limits import Actuator
from twinql.domain.decisions.recommendation import Proposal, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus, Urgency
from twinql.domain.identity import Actor, subject_of
from twinql.domain.orders import Order
from twinql.errors import ConflictError, ForbiddenError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.forecasts import Subject
from twinql.storage.statements import load

_LONGEST_REASON: Final = 1_000
_TOLD_AGAIN_AFTER: Final = timedelta(minutes=1)
_OFF_SEEN_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """The last word of a rule on a channel, and whether somebody answered it.

    Attributes:
        id: The decision.
        action: What it recommends.
        urgency: How soon.
        status: Where it stands.
        settled_at: When it was settled; None while it is open.
    """

    id: UUID
    action: DecisionAction
    urgency: Urgency
    status: DecisionStatus
    settled_at: datetime | None


async def standing(connection: Connection, subject: Subject, rule: str) -> Standing | None:
    """Return the newest decision of a rule on a channel."""
    row = await connection.fetchrow(load("decisions")["standing"], subject.asset_id, subject.id, rule)
    if row is None:
        return None
    return Standing(
        id=row["id"],
        action=DecisionAction(row["action"]),
        urgency=Urgency(row["urgency"]),
        status=DecisionStatus(row["status"]),
        settled_at=row["settled_at"],
    )


async def make(
    connection: Connection,
    subject: Subject,
    found: Recommendation,
    *,
    forecast_id: UUID | None,
    made_at: datetime,
    valid_until: datetime,
    automation_rule_id: UUID | None = None,
) -> UUID | None:
    """Store a decision and return its id; None where the same rule already has one open on this channel."""
    decision_id: UUID | None = await connection.fetchval(
        load("decisions")["insert"],
        subject.organisation_id,
        subject.asset_id,
        subject.id,
        forecast_id,
        found.rule,
        found.action.value,
        found.urgency.value,
        found.confidence,
        [_plain(asdict(reason)) for reason in found.reasons],
        [_plain(asdict(other)) for other in found.alternatives],
        _plain(asdict(found.impact)),
        made_at,
        valid_until,
        None if found.proposal is None else found.proposal.as_json(),
        automation_rule_id,
    )
    return decision_id


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


async def order_of(database: Database, actor: Actor, decision_id: UUID) -> Order | None:
    """Return the order that carries a decision out, the same one whoever gives it; None where it proposes nothing.

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
    return Order(
        channel_id=proposal.channel_id,
        idempotency_key=f"decision:{decision_id}",
        desired=proposal.desired,
        expires_in=timedelta(seconds=proposal.expires_in_s),
        reason=f"{row['rule']}: {row['why']}"[:_LONGEST_REASON] if row["why"] else row["rule"],
        decision_id=decision_id,
        expect=proposal.expect,
    )


async def prolong(connection: Connection, decision_id: UUID, valid_until: datetime) -> None:
    """Keep an open decision worth acting on."""
    await connection.execute(load("decisions")["prolong"], decision_id, valid_until, _TOLD_AGAIN_AFTER)


async def expire(connection: Connection, now: datetime) -> int:
    """Close decisions that nobody acted on while it was worth it, and return how many."""
    return len(await connection.fetch(load("decisions")["expire"], now))


async def actuators_near(connection: Connection, asset_id: UUID, now: datetime) -> list[Actuator]:
    """Return what can be set on an asset, on its parent and on its parts."""
    rows = await connection.fetch(load("decisions")["actuators"], asset_id, now - _OFF_SEEN_WITHIN)
    return [Actuator(**row) for row in rows]


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: getattr(value, "value", value) for key, value in values.items()}
