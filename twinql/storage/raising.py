"""What TwinQL itself does with alarms: raises them, lets them return, and keeps to what was promised of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from twinql.domain.alarms.vocabulary import AlarmAction, AlarmState, Severity
from twinql.domain.detection.finding import Cause
from twinql.storage.database import Connection
from twinql.storage.statements import load

WATCHER: Final = "watcher"
"""Under which name alarms are raised and let return."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that is due.

    Attributes:
        channel_id: The channel on which it was found.
        cause: What is wrong.
        severity: How much it matters.
        message: What is wrong, in a sentence.
        evidence: The numbers that show it, as JSON.
        score: How far beyond its threshold: 1 is just at it.
        raised_at: The time of the reading that first shows it.
        rule_id: The rule by which it is raised; None for what holds without one.
    """

    channel_id: UUID
    cause: Cause
    severity: Severity
    message: str
    evidence: Sequence[Mapping[str, Any]]
    score: float
    raised_at: datetime
    rule_id: UUID | None = None


async def raise_alarm(connection: Connection, due: Raised, *, now: datetime) -> bool:
    """Raise an alarm, or say of the open one that its condition is there again; False where it holds already."""
    statements = load("alarms")
    while True:
        raised = await connection.fetchval(
            statements["raise"],
            due.channel_id,
            due.cause.value,
            due.severity.value,
            due.message,
            due.evidence,
            due.score,
            due.raised_at,
            now,
            due.rule_id,
        )
        if raised is not None:
            return True
        held = await connection.fetchrow(statements["hold"], due.channel_id, due.cause.value)
        if held is not None:
            break
        if not await connection.fetchval(statements["there"], due.channel_id):
            return False  # the channel is gone
        # Somebody closed it between the two statements.
    if held["condition_holds"]:
        return False
    await connection.execute(statements["say"], held["id"], due.message, due.score)
    await _move(connection, held["id"], AlarmAction.RAISED_AGAIN, now, observed_at=due.raised_at, evidence=due.evidence)
    return True


async def raise_alarms(connection: Connection, due: Sequence[Raised], *, now: datetime) -> None:
    """Raise many alarms, at most one of a channel; of those that are open, say that their condition is there again."""
    rows = [
        {
            "channel_id": str(each.channel_id),
            "cause": each.cause.value,
            "severity": each.severity.value,
            "message": each.message,
            "evidence": each.evidence,
            "score": each.score,
            "raised_at": each.raised_at.isoformat(),
            "rule_id": None if each.rule_id is None else str(each.rule_id),
        }
        for each in due
    ]
    raised = {row["channel_id"] for row in await connection.fetch(load("alarms")["raise_all"], rows, now)}
    for each in due:
        if each.channel_id not in raised:
            await raise_alarm(connection, each, now=now)


async def let_return(
    connection: Connection,
    channel_id: UUID,
    cause: Cause,
    *,
    observed_at: datetime,
    now: datetime,
    comment: str | None = None,
) -> bool:
    """Say of an open alarm that its condition has ended; False where none is open, or it had ended before."""
    held = await connection.fetchrow(load("alarms")["hold"], channel_id, cause.value)
    if held is None or not held["condition_holds"]:
        return False
    await _move(connection, held["id"], AlarmAction.RETURNED, now, observed_at=observed_at, comment=comment)
    return True


async def close(connection: Connection, channel_id: UUID, cause: Cause, *, now: datetime, comment: str) -> None:
    """Let an open alarm return and close it for everybody: nobody has to see it any more."""
    held = await connection.fetchrow(load("alarms")["hold"], channel_id, cause.value)
    if held is None:
        return
    alarm_id, state = held["id"], AlarmState(held["state"])
    if held["condition_holds"]:
        await _move(connection, alarm_id, AlarmAction.RETURNED, now, observed_at=now, comment=comment)
    # After that: nobody is to hear that what is being closed holds.
    if state is AlarmState.SHELVED:
        await _move(connection, alarm_id, AlarmAction.UNSHELVED, now, comment=comment)
    elif state is AlarmState.OUT_OF_SERVICE:
        await _move(connection, alarm_id, AlarmAction.RETURNED_TO_SERVICE, now, comment=comment)
    if await connection.fetchrow(load("alarms")["hold"], channel_id, cause.value) is not None:
        await _move(connection, alarm_id, AlarmAction.ACKNOWLEDGED, now, comment=comment)


async def keep_time(connection: Connection, now: datetime) -> None:
    """Take from the shelf what has lain there long enough, and escalate what nobody acknowledged in time."""
    await connection.execute(load("alarms")["unshelve"], now, WATCHER)
    await connection.execute(load("alarms")["escalate"], now, WATCHER)


async def _move(
    connection: Connection,
    alarm_id: UUID,
    action: AlarmAction,
    now: datetime,
    *,
    comment: str | None = None,
    observed_at: datetime | None = None,
    evidence: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    await connection.execute(
        load("alarms")["move"], alarm_id, action.value, now, WATCHER, comment, observed_at, evidence
    )
