"""What TwinQL does by itself on sites: how they stand, what waits for it, what it did, and that it gave up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from twinql.domain.alarms.policy import BUILT_IN
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.automation.autonomy import (
    FLAPS,
    FLAPS_WITHIN,
    AutonomyLevel,
    AutonomyOutcome,
    AutonomySetting,
    SiteStanding,
)
from twinql.domain.decisions.recommendation import Reason
from twinql.domain.detection.finding import Cause
from twinql.domain.identity import Actor, Worker
from twinql.domain.interlocks.verdict import Verdict
from twinql.storage.automation_rules import hours_of
from twinql.storage.commands import name_of
from twinql.storage.database import Connection
from twinql.storage.interlocks import stored_verdict
from twinql.storage.raising import Raised, let_return, raise_alarm
from twinql.storage.statements import load

AUTOPILOT: Final = Worker("autopilot")
"""Who acts where TwinQL acts by itself."""
LATELY: Final = timedelta(days=3)
"""After so long all is said of a command: it lives for a day at most, and its effect is awaited for another."""
TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
"""So long after a refusal it is asked again whether interlocks still refuse, while the decision stands."""
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Held:
    """How a site stands, for as long as the transaction holds it.

    Attributes:
        standing: What people set, and whether it was stopped.
        zone: The site's.
        asked: How many commands TwinQL asked for on it within the last hour.
    """

    standing: SiteStanding
    zone: ZoneInfo
    asked: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """An open decision that proposes a command.

    Attributes:
        id: The decision.
        organisation_id: Whose it is.
        site_id: The site of its asset.
        channel_id: The channel that gave rise to it; None where none did.
        automation_rule_id: The rule of people that made it; None where TwinQL's own did.
        rule_level: The level of that rule; AUTO for TwinQL's own.
        rule_fell_back: Whether TwinQL gave up acting on that rule.
        site: How its site stands.
        level: The level that was in effect when it was last looked at; None where it never was.
        outcome: What was done with it so far; None where nothing was.
    """

    id: UUID
    organisation_id: UUID
    site_id: UUID
    channel_id: UUID | None
    automation_rule_id: UUID | None
    rule_level: AutonomyLevel
    rule_fell_back: bool
    site: SiteStanding
    level: AutonomyLevel | None
    outcome: AutonomyOutcome | None

    def level_under(self, site: SiteStanding) -> AutonomyLevel:
        """Return the level in effect for it where its site stands so."""
        return site.level_for(self.rule_level, rule_fell_back=self.rule_fell_back)


async def hold(connection: Connection, site_id: UUID, now: datetime) -> Held:
    """Return how a site stands, and let nobody change that, or act on it, until the end of the transaction."""
    row = await connection.fetchrow(load("autonomy")["standing"], site_id, now - _HOUR)
    assert row is not None
    standing = SiteStanding(setting=setting_of(row), paused=row["paused"], fell_back=row["fell_back"])
    return Held(standing, ZoneInfo(row["time_zone"]), row["asked"])


async def waiting(connection: Connection, now: datetime) -> list[Proposed]:
    """Return the open decisions that propose a command, and of which more may come."""
    return [
        Proposed(
            id=row["id"],
            organisation_id=row["organisation_id"],
            site_id=row["site_id"],
            channel_id=row["channel_id"],
            automation_rule_id=row["automation_rule_id"],
            rule_level=AutonomyLevel(row["rule_level"]),
            rule_fell_back=row["rule_fell_back"],
            site=SiteStanding(
                setting=AutonomySetting(level=AutonomyLevel(row["site_level"])),
                paused=row["paused"],
                fell_back=row["fell_back"],
            ),
            level=None if row["level"] is None else AutonomyLevel(row["level"]),
            outcome=None if row["outcome"] is None else AutonomyOutcome(row["outcome"]),
        )
        for row in await connection.fetch(load("autonomy")["waiting"], now, now - TRY_AGAIN_AFTER)
    ]


async def is_open(connection: Connection, decision_id: UUID) -> bool:
    """Say whether a decision still stands, and let nobody settle it until the end of the transaction."""
    return bool(await connection.fetchval(load("autonomy")["is_open"], decision_id))


async def record(
    connection: Connection,
    proposed: Proposed,
    level: AutonomyLevel,
    outcome: AutonomyOutcome,
    *,
    now: datetime,
    message: str | None = None,
    verdicts: Sequence[Verdict] = (),
    command_id: UUID | None = None,
) -> None:
    """Say what was done with a decision."""
    await connection.execute(
        load("autonomy")["record"],
        proposed.id,
        proposed.organisation_id,
        proposed.site_id,
        proposed.automation_rule_id,
        level.value,
        outcome.value,
        message,
        [stored_verdict(each) for each in verdicts],
        command_id,
        now,
    )


async def failed(connection: Connection, now: datetime) -> list[asyncpg.Record]:
    """Return the first command on each site that TwinQL asked for and that showed no effect since it was trusted."""
    return await connection.fetch(load("autonomy")["failed"], now - LATELY)


async def flapping(connection: Connection, now: datetime) -> list[asyncpg.Record]:
    """Return a channel of each site that TwinQL sets back and forth by itself since it was trusted."""
    return await connection.fetch(load("autonomy")["flapping"], now - FLAPS_WITHIN, FLAPS)


async def follow_approvals(connection: Connection, now: datetime) -> None:
    """Accept decisions whose command a person approved, and take back commands whose decision no longer stands."""
    why = "A person approved the command that TwinQL asked for."
    await connection.execute(load("autonomy")["answered"], now - LATELY, now, AUTOPILOT.name, why)
    why = "The decision behind it no longer stands."
    await connection.execute(load("autonomy")["take_back"], now - LATELY, now, name_of(AUTOPILOT), why)


async def fall_back(
    connection: Connection,
    site_id: UUID,
    *,
    rule_id: UUID | None = None,
    because: str,
    channel_id: UUID,
    evidence: Sequence[Mapping[str, Any]] = (),
    now: datetime,
) -> bool:
    """Stop acting on a site, or on one rule of it, raise an alarm, and take back what was not sent.

    Args:
        connection: A transaction of TwinQL's own work.
        site_id: The site.
        rule_id: The rule; None for all of the site.
        because: Why, in a sentence.
        channel_id: The channel that gave rise to it.
        evidence: The numbers that show it, as JSON.
        now: The present.

    Returns:
        Whether it acted until now.
    """
    statement, what = ("fall_back", site_id) if rule_id is None else ("rule_falls_back", rule_id)
    if await connection.fetchval(load("autonomy")[statement], what, now, because, channel_id) is None:
        return False
    rule = await connection.fetchrow(load("autonomy")["alarm_rule"], channel_id)
    if rule is None or rule["enabled"]:
        severity = BUILT_IN[Cause.AUTONOMY_FELL_BACK].severity if rule is None else Severity(rule["severity"])
        raised = Raised(
            channel_id=channel_id,
            cause=Cause.AUTONOMY_FELL_BACK,
            severity=severity,
            message=f"TwinQL no longer acts by itself here: {because}",
            evidence=evidence,
            score=1.0,
            raised_at=now,
            rule_id=None if rule is None else rule["id"],
        )
        await raise_alarm(connection, raised, now=now)
    if rule_id is None:
        await cancel_waiting(connection, site_id, AUTOPILOT, f"TwinQL fell back: {because}", now)
    return True


def evidence_for(reason: Reason, channel_id: UUID, at: datetime) -> list[dict[str, Any]]:
    """Return one comparison as an alarm keeps it, with the reading that shows it."""
    told = {name: getattr(reason, name) for name in ("code", "message", "value", "threshold", "unit")}
    return [told | {"channelId": str(channel_id), "from": at.isoformat(), "until": at.isoformat()}]


async def let_alarms_return(connection: Connection, now: datetime) -> None:
    """Let alarms return where a person let TwinQL go on."""
    for row in await connection.fetch(load("autonomy")["over"]):
        comment = "A person let TwinQL act by itself again."
        await let_return(
            connection, row["channel_id"], Cause.AUTONOMY_FELL_BACK, observed_at=now, now=now, comment=comment
        )


async def last_read(connection: Connection, channel_id: UUID) -> asyncpg.Record:
    """Return the name of a channel, when it was last read, how often it should be, and whether it is archived."""
    row = await connection.fetchrow(load("autonomy")["newest"], channel_id)
    assert row is not None
    return row


async def cancel_waiting(
    connection: Connection,
    site_id: UUID,
    actor: Actor,
    detail: str,
    now: datetime,
    *,
    above: AutonomyLevel = AutonomyLevel.ADVISE,
) -> int:
    """Take back what TwinQL asked for by itself on a site and was not sent, and return how many commands that were.

    Args:
        connection: A transaction of TwinQL's own work.
        site_id: The site.
        actor: In whose name.
        detail: Why, in a sentence.
        now: The present.
        above: What was asked for at this level, or at a lower one, stays; nothing is asked for up to ADVISE.
    """
    values = site_id, now, name_of(actor), detail, above.value
    return len(await connection.fetch(load("autonomy")["cancel"], *values))


def setting_of(row: asyncpg.Record) -> AutonomySetting:
    """Read what was set for a site."""
    return AutonomySetting(
        level=AutonomyLevel(row["level"]), commands_per_hour=row["commands_per_hour"], hours=hours_of(row)
    )
