"""What is told: alarms that are raised or return, which of them hold, and what is remembered of their channels."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import numpy as np
import orjson
import structlog

from twinql.domain.alarms.pending import Due
from twinql.domain.alarms.words import evidence_of, message_of
from twinql.domain.detection.finding import DETECTED, Cause
from twinql.live.roster import Channel
from twinql.storage.alarms import open_alarms
from twinql.storage.database import Connection
from twinql.storage.raising import Raised, let_return, raise_alarm
from twinql.storage.watching import Kept

log = structlog.stdlib.get_logger("twinql.watcher")


async def tell(connection: Connection, channel: Channel, due: Due, *, now: datetime) -> None:
    """Raise an alarm or let it return; what the database refuses of one alarm does not keep others from being told."""
    finding, policy = due
    at = datetime.fromtimestamp(finding.at_s, UTC)
    channel_id = channel.subject.place.channel_id
    try:
        async with connection.transaction():
            if not finding.holds:
                await let_return(connection, channel_id, finding.cause, observed_at=at, now=now)
                return
            raised = Raised(
                channel_id=channel_id,
                cause=finding.cause,
                severity=policy.severity,
                message=message_of(finding, channel.subject.name),
                evidence=evidence_of(finding, channel_id),
                score=finding.score,
                raised_at=at,
                rule_id=None if policy.rule is None else policy.rule.id,
            )
            await raise_alarm(connection, raised, now=now)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
        log.exception("An alarm cannot be told.", channel=str(channel_id), cause=finding.cause.value)


async def holding(connection: Connection, channel_id: UUID | None = None) -> dict[UUID, list[Cause]]:
    """Return the causes whose open alarms say that their condition holds, by channel; of one channel or of all."""
    found: dict[UUID, list[Cause]] = {}
    for alarm in await open_alarms(connection, None if channel_id is None else [channel_id]):
        if alarm.condition_holds and alarm.cause in DETECTED:
            found.setdefault(alarm.channel_id, []).append(alarm.cause)
    return found


def kept(channel: Channel, position: int) -> Kept:
    """Return what is to be remembered of a channel that has been looked at, up to a place of the outbox."""
    assert channel.followed is not None
    newest_s = channel.followed.newest_s
    return Kept(
        channel.subject.number,
        max(channel.position, position),
        None if newest_s is None else datetime.fromtimestamp(newest_s, UTC),
        orjson.dumps(channel.followed.memory(), default=_plain).decode(),
    )


def _plain(value: object) -> object:
    """Return what JSON knows of what detectors remember: a named tuple is a list, a number of numpy a number."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError
