"""Keeps the decisions of a rule in step with what it finds: made once, replaced, and let go of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twinql.domain.decisions.recommendation import Recommendation
from twinql.domain.decisions.standing import Standing
from twinql.domain.decisions.vocabulary import DecisionStatus
from twinql.storage import decisions
from twinql.storage.database import Connection
from twinql.storage.decisions import Channel, Making


@dataclass(frozen=True, slots=True)
class Ground:
    """What a rule finds of a channel.

    Attributes:
        channel: The channel, which belongs to an asset.
        recommendation: What is to be done.
        since: From when on its ground is there: what somebody answered after that is answered.
    """

    channel: Channel
    recommendation: Recommendation
    since: datetime


async def renew(
    connection: Connection, rule: str, found: Mapping[UUID, Ground], now: datetime, *, among: set[UUID] | None = None
) -> int:
    """Make, replace and let go of the decisions of a rule, and return how many were made.

    Args:
        connection: One of TwinQL's own work.
        rule: The rule.
        found: What it finds, by channel.
        now: The present.
        among: The channels that were looked at; None for all. Of others nothing changes.
    """
    open_on = await decisions.open_of(connection, rule)
    if not found and not open_on:
        return 0
    standing = await decisions.standing(connection, [*open_on | found.keys()], rule)
    gone = open_on - found.keys() if among is None else (open_on & among) - found.keys()
    await decisions.settle_all(connection, _ids(gone, standing), DecisionStatus.EXPIRED, now)
    changed = {each: ground for each, ground in found.items() if _is_new(standing.get(each), ground)}
    await decisions.settle_all(connection, _ids(open_on & changed.keys(), standing), DecisionStatus.SUPERSEDED, now)
    makings = [Making(each.channel, each.recommendation, now, None) for each in changed.values()]
    return len(await decisions.make_all(connection, makings)) if makings else 0


def _ids(channels: set[UUID], standing: Mapping[UUID, Standing]) -> list[UUID]:
    return [standing[each].id for each in channels if each in standing]


def _is_new(standing: Standing | None, ground: Ground) -> bool:
    """Say whether it was not said yet: what is open says it already, and what was answered since stays answered."""
    if standing is None:
        return True
    if standing.is_open:
        said = ground.recommendation
        return (standing.action, standing.urgency) != (said.action, said.urgency)
    answered = standing.status in {DecisionStatus.ACCEPTED, DecisionStatus.REJECTED}
    return not (answered and standing.settled_at is not None and standing.settled_at >= ground.since)
