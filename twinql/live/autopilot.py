"""Acts on decisions as far as people let it: records, asks for approval, issues commands, and gives up by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import asyncpg
import structlog

from twinql.background import beside
from twinql.domain.automation.autonomy import FLAPS, AutonomyLevel, AutonomyOutcome, Course, course_of
from twinql.domain.automation.condition import Unknown
from twinql.domain.commands import labels_of, spoken
from twinql.domain.decisions.recommendation import Reason
from twinql.domain.decisions.vocabulary import DecisionStatus
from twinql.domain.events import EventKind
from twinql.domain.freshness import oldest_allowed
from twinql.domain.orders import Order
from twinql.domain.spoken import span
from twinql.domain.units import Unit
from twinql.errors import TwinError
from twinql.live.automation import Automation
from twinql.live.feed import Feed
from twinql.live.workshop import Workshop
from twinql.storage import autopilot as storage
from twinql.storage import decisions
from twinql.storage.autopilot import AUTOPILOT, Proposed
from twinql.storage.commands import issue_in
from twinql.storage.database import Connection, Database
from twinql.storage.rule_endings import close_ended

PERIOD_S: Final = 2.0
"""How often it looks where nothing happens: time alone lets rules fire and hours begin. [s]"""
PAUSE_S: Final = 0.2
"""What happens within so long is looked at once. [s]"""
_DONE: Final[Mapping[Course, AutonomyOutcome]] = {
    Course.ADVISE: AutonomyOutcome.ADVISED,
    Course.WAIT_FOR_HOURS: AutonomyOutcome.WAITS_FOR_HOURS,
    Course.WAIT_FOR_BUDGET: AutonomyOutcome.WAITS_FOR_BUDGET,
    Course.ASK_FOR_APPROVAL: AutonomyOutcome.ASKED_FOR_APPROVAL,
    Course.ISSUE: AutonomyOutcome.ISSUED,
}
_SHADOWED: Final = frozenset({AutonomyOutcome.WOULD_ISSUE, AutonomyOutcome.WOULD_BE_REFUSED})
_FAILED: Final = {
    "NOT_OBSERVED": "no reading showed its effect in time",
    "FAILED": "the device could not do it",
    "TIMED_OUT": "the device did not answer in time",
    "EXPIRED": "no device fetched the command in time",
    "REJECTED": "the device refused",
}

log = structlog.stdlib.get_logger("twinql.autopilot")


@dataclass(slots=True)
class Autopilot:
    """Acts on decisions; right with any number of processes, since each site is held while one acts on it.

    Attributes:
        database: Where decisions and commands are.
        clock: Gives the present.
    """

    database: Database
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def act(self) -> None:
        """Give up where a command showed no effect, then do what each open decision calls for."""
        now = self.clock()
        async with self.database.transaction(AUTOPILOT) as connection:
            for row in await storage.failed(connection, now):
                await _give_up(connection, row, now)
            for row in await storage.flapping(connection, now):
                await _stop_flapping(connection, row, now)
            await close_ended(connection, now)
            await storage.follow_approvals(connection, now)
            await storage.let_alarms_return(connection, now)
            waiting = await storage.waiting(connection, now)
            for each in waiting:
                level = each.level_under(each.site)
                advised = (each.level, each.outcome) == (AutonomyLevel.ADVISE, AutonomyOutcome.ADVISED)
                if level is AutonomyLevel.ADVISE and not advised and each.outcome is not AutonomyOutcome.REFUSED:
                    await storage.record(connection, each, level, AutonomyOutcome.ADVISED, now=now)
        for each in waiting:
            if not _needs_nothing(each):
                await self._take(each, now)

    async def _take(self, proposed: Proposed, now: datetime) -> None:
        """Do what one decision calls for; where that cannot be done, the others go on."""
        order = await decisions.order_of(self.database, AUTOPILOT, proposed.id)
        if order is None:
            return
        async with self.database.transaction(AUTOPILOT) as connection:
            held = await storage.hold(connection, proposed.site_id, now)
            level = proposed.level_under(held.standing)
            course = course_of(level, held.standing.setting, asked_within_hour=held.asked, now=now, zone=held.zone)
            if _DONE.get(course) is proposed.outcome and level is proposed.level:
                return
            if not await storage.is_open(connection, proposed.id):
                return
            if course is Course.ISSUE and await _is_blind(connection, proposed, now):
                course, level = Course.ADVISE, AutonomyLevel.ADVISE
            if course in {Course.RECORD, Course.ISSUE, Course.ASK_FOR_APPROVAL}:
                await _issue(connection, proposed, order, level, course=course, now=now)
            else:
                await storage.record(connection, proposed, level, _DONE[course], now=now)


def _needs_nothing(proposed: Proposed) -> bool:
    """Say whether a person is advised, which needs no command, or all that a shadow does was recorded."""
    level = proposed.level_under(proposed.site)
    shadowed = proposed.outcome in _SHADOWED or proposed.outcome is AutonomyOutcome.REFUSED
    return level is AutonomyLevel.ADVISE or (level is AutonomyLevel.SHADOW and shadowed)


async def _issue(
    connection: Connection, proposed: Proposed, order: Order, level: AutonomyLevel, *, course: Course, now: datetime
) -> None:
    """Ask for a command, or in the shadow only for what interlocks would say of it."""
    shadow = course is Course.RECORD
    asked = replace(order, needs_approval=course is Course.ASK_FOR_APPROVAL)
    try:
        async with connection.transaction():
            # What was refused before is asked for again only once nothing refuses it: no REJECTED command a minute.
            only_look = shadow or proposed.outcome is AutonomyOutcome.REFUSED
            issued = await issue_in(connection, AUTOPILOT, asked, now=now, dry_run=only_look)
            if only_look and not shadow and not issued.obstacles:
                issued = await issue_in(connection, AUTOPILOT, asked, now=now)
    except TwinError as error:
        outcome = AutonomyOutcome.WOULD_BE_REFUSED if shadow else AutonomyOutcome.REFUSED
        await storage.record(connection, proposed, level, outcome, now=now, message=error.message)
        return
    if shadow:
        outcome = AutonomyOutcome.WOULD_BE_REFUSED if issued.obstacles else AutonomyOutcome.WOULD_ISSUE
    else:
        outcome = AutonomyOutcome.REFUSED if issued.obstacles else _DONE[course]
    await storage.record(
        connection,
        proposed,
        level,
        outcome,
        now=now,
        message=" ".join(issued.obstacles) or None,
        verdicts=issued.verdicts,
        command_id=issued.command_id,
    )
    if outcome is AutonomyOutcome.ISSUED:
        why = "TwinQL carried it out by itself, at the level AUTO."
        await decisions.settle(connection, proposed.id, DecisionStatus.ACCEPTED, now, by=AUTOPILOT.name, reason=why)


async def _is_blind(connection: Connection, proposed: Proposed, now: datetime) -> bool:
    """Say whether the channel that gave rise to a decision has gone silent; then give up on the site.

    On one that was taken out of use nothing is done, and that is no reason to give up. The inputs of people's rules are
    looked at where the rules are.
    """
    if proposed.channel_id is None or proposed.automation_rule_id is not None:
        return False
    row = await storage.last_read(connection, proposed.channel_id)
    allowed = oldest_allowed(row["resolution_seconds"])
    observed_at = row["observed_at"]
    if observed_at is None or row["archived"]:
        return True
    if now - observed_at <= allowed:
        return False
    age_s, allowed_s = (now - observed_at).total_seconds(), allowed.total_seconds()
    message = f"{row['name']} was last read {span(age_s)} ago (allowed: {span(allowed_s)})."
    reason = Reason(Unknown.STALE.value, message, age_s, allowed_s, Unit.SECOND.name)
    await storage.fall_back(
        connection,
        proposed.site_id,
        because=message,
        channel_id=proposed.channel_id,
        evidence=storage.evidence_for(reason, proposed.channel_id, observed_at),
        now=now,
    )
    return True


async def _give_up(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """Stop acting on a site where a command that TwinQL asked for showed no effect."""
    desired = spoken(row["desired"], unit=row["unit"], states=labels_of(row["states"]))
    because = f"{row['name']} was to be set to {desired}, and {_FAILED[row['status']]}."
    reason = Reason(f"COMMAND_{row['status']}", row["detail"] or because, row["desired"], None, row["unit"])
    await storage.fall_back(
        connection,
        row["site_id"],
        because=because,
        channel_id=row["channel_id"],
        evidence=storage.evidence_for(reason, row["channel_id"], row["at"]),
        now=now,
    )


async def _stop_flapping(connection: Connection, row: asyncpg.Record, now: datetime) -> None:
    """Stop acting on a site where what TwinQL does undoes what it did just before."""
    states = labels_of(row["states"])
    values = " and ".join(spoken(each, unit=row["unit"], states=states) for each in row["desired"])
    took = span((row["last_at"] - row["first_at"]).total_seconds())
    rules = " and ".join(f"“{each}”" for each in row["rules"] or ())
    because = f"{row['name']} was set to {values} by turns, {FLAPS} times within {took}" + (
        f", by {rules}; let them leave room between their conditions." if rules else "."
    )
    reason = Reason("COMMANDS_UNDO_EACH_OTHER", because, float(FLAPS), None, None)
    await storage.fall_back(
        connection,
        row["site_id"],
        because=because,
        channel_id=row["channel_id"],
        evidence=storage.evidence_for(reason, row["channel_id"], row["last_at"]),
        now=now,
    )


async def _again(work: Callable[[], Awaitable[object]], news: asyncio.Event) -> None:
    """Do something whenever there is news of it and now and then, until cancelled."""
    while True:
        news.clear()
        try:
            await work()
        except (TwinError, asyncpg.PostgresError, OSError) as error:
            log.warning("A round of autonomy failed; the next one may work.", error=str(error))
        except Exception:  # whatever it was: nothing above could go on
            log.exception("A round of autonomy failed.")
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), PERIOD_S)
        await asyncio.sleep(PAUSE_S)


@asynccontextmanager
async def piloting(database: Database, workshop: Workshop, feed: Feed) -> AsyncIterator[Autopilot]:
    """Look at the rules of people and act on decisions for as long as the block lasts."""
    autopilot, automation = Autopilot(database), Automation(database, workshop)
    readings, others = asyncio.Event(), asyncio.Event()
    feed.hint(EventKind.READINGS, readings.set)
    for kind in (EventKind.DECISIONS, EventKind.COMMANDS):
        feed.hint(kind, others.set)
    # Forecasts may take a while: what is decided already does not wait for them.
    async with beside(automation=_again(automation.look, readings), autopilot=_again(autopilot.act, others)):
        yield autopilot
