"""Rules of people as they are looked at: what each says and remembers, and the newest readings of its channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from twinql.domain.automation.autonomy import AutonomyLevel, AutonomySetting, SiteStanding
from twinql.domain.automation.condition import Condition, Found
from twinql.domain.automation.definition import Setpoint
from twinql.domain.automation.machine import AutomationOutcome, Memory, Phase, Step, Timing
from twinql.domain.commands import labels_of
from twinql.domain.decisions.vocabulary import Urgency
from twinql.storage.automation_rules import condition_of, setpoint_of, timing_of
from twinql.storage.database import Connection
from twinql.storage.statements import load

_TOLD_AGAIN_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """A condition that is looked at.

    Attributes:
        condition: What has to hold.
        found: What is known of its channel by the newest reading.
        number: The number of its channel.
    """

    condition: Condition
    found: Found
    number: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Of what the decisions of a rule speak.

    Attributes:
        id: The channel of its first condition.
        organisation_id: Whose it is.
        asset_id: The asset.
    """

    id: UUID
    organisation_id: UUID
    asset_id: UUID


@dataclass(frozen=True, slots=True)
class WatchedRule:
    """A rule that is looked at.

    Attributes:
        id: The rule.
        site_id: Its site.
        subject: Of what its decisions speak.
        name: What people call it.
        level: The level in effect: the lower of its own and the site's.
        urgency: How soon somebody should act on what it decides.
        timing: When it may fire.
        setpoint: What it asks of an actuator; None where it asks somebody to look.
        label: The label of the state that it asks for; None for a quantity.
        zone: The site's.
        memory: What it remembers.
        outcome: What the last look came to; None before the first.
        watched: Its conditions, in order.
    """

    id: UUID
    site_id: UUID
    subject: Subject
    name: str
    level: AutonomyLevel
    urgency: Urgency
    timing: Timing
    setpoint: Setpoint | None
    label: str | None
    zone: ZoneInfo
    memory: Memory
    outcome: AutomationOutcome | None
    watched: tuple[Watched, ...]

    @property
    def code(self) -> str:
        """The rule as its decisions name it."""
        return f"AUTOMATION_RULE:{self.id}"


async def rules_in_use(connection: Connection) -> list[WatchedRule]:
    """Return every rule in use."""
    rows = await connection.fetch(load("automation_watch")["rules"])
    if not rows:
        return []
    conditions: dict[UUID, list[asyncpg.Record]] = {row["id"]: [] for row in rows}
    for row in await connection.fetch(load("automation_watch")["conditions"]):
        if row["rule_id"] in conditions:
            conditions[row["rule_id"]].append(row)
    return [_rule(row, conditions[row["id"]]) for row in rows if conditions[row["id"]]]


async def remember(connection: Connection, rule: WatchedRule, taken: Step, now: datetime) -> bool:
    """Keep what a look at a rule came to; False where somebody changed or archived the rule meanwhile."""
    memory = taken.memory
    kept = await connection.fetchval(
        load("automation_watch")["remember"],
        rule.id,
        memory.phase.value,
        memory.since,
        memory.fired_at,
        taken.outcome.value,
        taken.message,
        now,
        rule.memory.phase.value,
        None if rule.outcome is None else rule.outcome.value,
    )
    if kept is not None and memory.held != rule.memory.held:
        await connection.execute(load("automation_watch")["remember_conditions"], rule.id, list(memory.held))
    return kept is not None


async def prolong(connection: Connection, rule_ids: Sequence[UUID], valid_until: datetime) -> None:
    """Keep the open decisions of rules worth acting on."""
    await connection.execute(load("automation_watch")["prolong"], list(rule_ids), valid_until, _TOLD_AGAIN_AFTER)


async def release(connection: Connection, rule_id: UUID, now: datetime, reason: str) -> None:
    """Close the open decision of a rule whose ground is gone."""
    await connection.execute(load("automation_watch")["release"], rule_id, now, reason)


def _rule(row: asyncpg.Record, conditions: Sequence[asyncpg.Record]) -> WatchedRule:
    setpoint = setpoint_of(row)
    standing = SiteStanding(
        setting=AutonomySetting(level=AutonomyLevel(row["site_level"])),
        paused=row["paused"],
        fell_back=row["fell_back"],
    )
    return WatchedRule(
        id=row["id"],
        site_id=row["site_id"],
        subject=Subject(conditions[0]["channel_id"], row["organisation_id"], row["asset_id"]),
        name=row["name"],
        level=standing.level_for(AutonomyLevel(row["level"]), rule_fell_back=row["rule_fell_back"]),
        urgency=Urgency(row["urgency"]),
        timing=timing_of(row),
        setpoint=setpoint,
        label=None if setpoint is None else labels_of(row["set_states"]).get(setpoint.desired),
        zone=ZoneInfo(row["time_zone"]),
        memory=Memory(
            phase=Phase(row["phase"]),
            since=row["holding_since"],
            fired_at=row["fired_at"],
            held=tuple(each["holds"] for each in conditions),
        ),
        outcome=None if row["outcome"] is None else AutomationOutcome(row["outcome"]),
        watched=tuple(_watched(each) for each in conditions),
    )


def _watched(row: asyncpg.Record) -> Watched:
    found = Found(
        key=row["key"],
        name=row["name"],
        unit=row["unit"],
        number=row["value"],
        observed_at=row["observed_at"],
        bad=row["bad"],
        resolution_s=row["resolution_seconds"],
        states=labels_of(row["states"]),
        archived=row["archived"],
    )
    return Watched(condition_of(dict(row)), found, row["number"])
