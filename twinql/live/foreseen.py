"""Raises an alarm when a limit is foreseen to be crossed, and lets it return when it is not any more."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from twinql.domain.alarms.foreseen import foreseen
from twinql.domain.alarms.policy import policies_of
from twinql.domain.decisions.limits import LIMIT_RULE
from twinql.domain.decisions.standing import QUIET
from twinql.domain.detection.finding import Cause
from twinql.storage.database import Connection
from twinql.storage.decisions import Making
from twinql.storage.foreseeing import forgotten, places_of
from twinql.storage.raising import Raised, let_return, raise_alarms
from twinql.storage.watching import rules


async def foresee(connection: Connection, makes: Sequence[Making], now: datetime) -> set[UUID]:
    """Raise an alarm for each channel that is on its way to a limit, as far as its rules wish.

    Args:
        connection: One of TwinQL's own work, in the transaction that makes the decisions.
        makes: The decisions, at most one of a channel.
        now: The present.

    Returns:
        The channels.
    """
    every, made = await rules(connection), {each.subject.id: each for each in makes}
    due: list[Raised] = []
    for channel in await places_of(connection, list(made)):
        place, making = channel.place, made[channel.place.channel_id]
        policy = policies_of(place, every.get(channel.organisation_id, ()))[Cause.LIMIT_FORESEEN]
        at = making.observed_at or now
        said = foreseen(making.found, channel_id=place.channel_id, name=channel.name, observed_at=at)
        if said is None or not policy.enabled:
            continue
        alarm = Raised(
            channel_id=place.channel_id,
            cause=Cause.LIMIT_FORESEEN,
            severity=policy.severity,
            message=said.message,
            evidence=said.evidence,
            score=said.score,
            raised_at=at,
            rule_id=None if policy.rule is None else policy.rule.id,
        )
        due.append(alarm)
    await raise_alarms(connection, due, now=now)
    return {each.channel_id for each in due}


async def no_longer(connection: Connection, channel_ids: Iterable[UUID], now: datetime) -> None:
    """Let the alarms of channels return that are clearly not on their way to a limit any more."""
    for channel_id in channel_ids:
        await let_return(connection, channel_id, Cause.LIMIT_FORESEEN, observed_at=now, now=now)


async def let_go(connection: Connection, now: datetime) -> None:
    """Let the alarms of channels return of which nothing was foreseen for a while, as where nothing is read."""
    await no_longer(connection, await forgotten(connection, LIMIT_RULE, before=now - QUIET), now)
