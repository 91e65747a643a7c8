"""Alarms: raised once for each cause, and moved by people; the database knows where each step leads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from twinql.domain.alarms.vocabulary import LONGEST_SHELF, AlarmAction, AlarmState
from twinql.domain.detection.finding import Cause
from twinql.domain.identity import Actor, subject_of
from twinql.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

_LONGEST_COMMENT: Final = 2000
_STEP: Final = "alarm_transitions_step"

_STANDS: Final = {
    AlarmState.NORMAL: "is closed",
    AlarmState.ACTIVE_UNACKNOWLEDGED: "is active and waits to be acknowledged",
    AlarmState.ACTIVE_ACKNOWLEDGED: "is acknowledged already",
    AlarmState.RETURNED_UNACKNOWLEDGED: "has returned to normal and waits to be acknowledged",
    AlarmState.SHELVED: "is shelved",
    AlarmState.OUT_OF_SERVICE: "is out of service",
}
_CANNOT: Final = {
    AlarmAction.ACKNOWLEDGED: "acknowledged",
    AlarmAction.COMMENTED: "commented on",
    AlarmAction.SHELVED: "shelved",
    AlarmAction.TAKEN_OUT_OF_SERVICE: "taken out of service",
}
_ENDS: Final = {AlarmAction.UNSHELVED: "is not shelved", AlarmAction.RETURNED_TO_SERVICE: "is not out of service"}


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that is not closed.

    Attributes:
        id: The alarm.
        channel_id: The channel on which it was found.
        cause: What is wrong.
        state: Where it stands.
        condition_holds: Whether the condition holds, also while it is silent.
    """

    id: UUID
    channel_id: UUID
    cause: Cause
    state: AlarmState
    condition_holds: bool


async def step(
    database: Database,
    actor: Actor,
    alarm_id: UUID,
    action: AlarmAction,
    *,
    comment: str | None = None,
    until: datetime | None = None,
    now: datetime,
) -> None:
    """Move an alarm as somebody who has seen it.

    Args:
        database: Where it is.
        actor: Who moves it; row-level security holds for a user.
        alarm_id: Which one.
        action: One of BY_PEOPLE.
        comment: What they have to say; needed to comment and to take it out of service.
        until: Until when it is shelved, for SHELVED alone.
        now: The present.

    Raises:
        NotFoundError: There is no such alarm, or the actor may not see it.
        ConflictError: Where it stands it knows no such step.
        InvalidInputError: The comment or the time cannot be.
        ForbiddenError: The actor may not move alarms.
    """
    said = _checked(action, comment, until, now)
    try:
        async with database.transaction(actor) as connection:
            moved = await connection.fetchval(
                load("alarms")["step"], alarm_id, action.value, subject_of(actor), said, until
            )
    except asyncpg.InsufficientPrivilegeError as error:
        raise ForbiddenError("Alarms are moved by an OPERATOR or OWNER; ask one, or ask for the role.") from error
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != _STEP:
            raise
        stands = _STANDS[AlarmState(error.detail or "")]
        refused = f"{_ENDS[action]}: it {stands}" if action in _ENDS else f"{stands}: it cannot be {_CANNOT[action]}"
        raise ConflictError(f"This alarm {refused}.", path=("id",)) from error
    if moved is None:
        raise NotFoundError("There is no such alarm; look its id up first.", path=("id",))


async def open_alarms(connection: Connection, channel_ids: Sequence[UUID] | None = None) -> list[OpenAlarm]:
    """Return the open alarms of channels, or of all that the actor may see."""
    rows = await connection.fetch(load("alarms")["open"], channel_ids if channel_ids is None else list(channel_ids))
    return [
        OpenAlarm(row["id"], row["channel_id"], Cause(row["cause"]), AlarmState(row["state"]), row["condition_holds"])
        for row in rows
    ]


def _checked(action: AlarmAction, comment: str | None, until: datetime | None, now: datetime) -> str | None:
    said = comment.strip() if comment is not None else None
    if not said and action in (AlarmAction.COMMENTED, AlarmAction.TAKEN_OUT_OF_SERVICE):
        raise InvalidInputError("Say something: this step needs a comment.", path=("comment",))
    if said is not None and len(said) > _LONGEST_COMMENT:
        raise InvalidInputError(f"A comment has at most {_LONGEST_COMMENT} characters; shorten it.", path=("comment",))
    if action is AlarmAction.SHELVED and (until is None or not now < until <= now + LONGEST_SHELF):
        raise InvalidInputError(
            f"An alarm is shelved until a time that is to come, {LONGEST_SHELF.days} days ahead at most.",
            path=("until",),
        )
    return said or None
