"""Looks at the rules of people as readings come in, and makes the decisions for which they call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from twinql.domain.automation.autonomy import AutonomyLevel
from twinql.domain.automation.condition import Unknown
from twinql.domain.automation.machine import AutomationOutcome, Step, step
from twinql.domain.decisions.recommendation import Proposal, Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus
from twinql.live.automation_inputs import Inputs, filled
from twinql.live.workshop import Workshop
from twinql.storage import automation_watch, decisions
from twinql.storage.automation_watch import WatchedRule
from twinql.storage.autopilot import AUTOPILOT, evidence_for, fall_back
from twinql.storage.database import Connection, Database
from twinql.storage.locks import Round, one_at_a_time

WORTH: Final = timedelta(minutes=5)
"""So long a decision is worth acting on after its rule was last seen to hold."""
GRACE: Final = timedelta(minutes=1)
"""After a start, devices have so long to be heard of again before silence is held against them."""
_GONE: Final = frozenset({Unknown.STALE, Unknown.ARCHIVED})

log = structlog.stdlib.get_logger("twinql.automation")


@dataclass(slots=True)
class Automation:
    """Looks at the rules of people; of several processes one at a time.

    Attributes:
        database: Where rules, readings and decisions are.
        workshop: Where forecasts are worked out.
        clock: Gives the present.
    """

    database: Database
    workshop: Workshop
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _inputs: Inputs = field(init=False)
    _began_at: datetime | None = None

    def __post_init__(self) -> None:
        """Work numbers out where forecasts are."""
        self._inputs = Inputs(self.database, self.workshop)

    async def look(self) -> int:
        """Look at every rule in use once, and return at how many; at none while another process does."""
        now = self.clock()
        self._began_at = self._began_at or now
        async with one_at_a_time(self.database, Round.RULES_OF_PEOPLE) as alone:
            return await self._follow_all(now, self._began_at) if alone else 0

    async def _follow_all(self, now: datetime, began_at: datetime) -> int:
        async with self.database.transaction(AUTOPILOT, readonly=True) as connection:
            rules = await automation_watch.rules_in_use(connection)
        known = await self._inputs.complete((each for rule in rules for each in rule.watched), now)
        async with self.database.transaction(AUTOPILOT) as connection:
            if known:  # which takes a while: somebody may have changed a rule meanwhile
                rules = await automation_watch.rules_in_use(connection)
            stand = []
            for rule in rules:
                conditions = [each.condition for each in rule.watched]
                found = [filled(each, known) for each in rule.watched]
                taken = step(rule.timing, conditions, found, rule.memory, now=now, zone=rule.zone)
                if taken.outcome is AutomationOutcome.STANDS:
                    stand.append(rule.id)
                if taken.outcome is not rule.outcome or taken.memory != rule.memory:
                    await _follow(connection, rule, taken, now)
                if rule.level is AutonomyLevel.AUTO and now >= began_at + GRACE:
                    await _give_up(connection, rule, taken, now)
            if stand:
                await automation_watch.prolong(connection, stand, now + WORTH)
            return len(rules)


async def _follow(connection: Connection, rule: WatchedRule, taken: Step, now: datetime) -> None:
    """Do what a look calls for; where the database refuses it for one rule, the others go on."""
    try:
        async with connection.transaction():
            if not await automation_watch.remember(connection, rule, taken, now):
                return
            if taken.outcome is AutomationOutcome.RELEASED:
                await automation_watch.release(connection, rule.id, now, taken.message)
            elif taken.outcome is AutomationOutcome.FIRES or await _has_lapsed(connection, rule, taken):
                await _decide(connection, rule, taken, now)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
        log.exception("A rule of people cannot be followed.", rule=str(rule.id))


async def _give_up(connection: Connection, rule: WatchedRule, taken: Step, now: datetime) -> None:
    """Stop acting on a rule by itself where an input has gone stale, or out of use."""
    both = zip(rule.watched, taken.judged, strict=True)
    watched, judged = next(((each, said) for each, said in both if said.unknown in _GONE), (None, None))
    if watched is None or judged is None:
        return
    await fall_back(
        connection,
        rule.site_id,
        rule_id=rule.id,
        because=f"{judged.reason.message} The rule “{rule.name}” rests on it.",
        channel_id=watched.condition.channel_id,
        evidence=evidence_for(judged.reason, watched.condition.channel_id, watched.found.observed_at or now),
        now=now,
    )


async def _has_lapsed(connection: Connection, rule: WatchedRule, taken: Step) -> bool:
    """Say whether a decision lapsed while nobody could tell whether it still stood, and stands again."""
    if taken.outcome is not AutomationOutcome.STANDS or rule.outcome is not AutomationOutcome.UNKNOWN:
        return False
    last = (await decisions.standing(connection, [rule.subject.id], rule.code)).get(rule.subject.id)
    return last is not None and last.status is DecisionStatus.EXPIRED


async def _decide(connection: Connection, rule: WatchedRule, taken: Step, now: datetime) -> None:
    found = Recommendation(
        rule=rule.code,
        action=DecisionAction.INSPECT if rule.setpoint is None else DecisionAction.SET_VALUE,
        urgency=rule.urgency,
        confidence=None,
        reasons=tuple(each.reason for each in taken.judged),
        proposal=_proposal(rule),
    )
    await decisions.make(
        connection,
        rule.subject,
        found,
        forecast_id=None,
        made_at=now,
        valid_until=now + WORTH,
        automation_rule_id=rule.id,
    )


def _proposal(rule: WatchedRule) -> Proposal | None:
    if rule.setpoint is None:
        return None
    return Proposal(
        channel_id=rule.setpoint.channel_id,
        desired=rule.setpoint.desired,
        action=rule.label,
        expires_in_s=rule.setpoint.expires_in.total_seconds(),
        expect=rule.setpoint.expect,
    )
