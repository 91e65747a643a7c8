"""Writes what is due: an alarm that is raised, or one that returns, and what is remembered of its channel."""

from datetime import UTC, datetime

import asyncpg
import numpy as np
import orjson
import structlog

from twinql.domain.alarms.pending import Due
from twinql.domain.alarms.words import evidence_of, message_of
from twinql.live.roster import Channel
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
