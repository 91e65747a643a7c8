"""Watches channels that have limits: looks ahead for each, and turns what that shows into decisions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import structlog

from twinql.domain.decisions.limits import LIMIT_RULE, SETTLING, Actuator, cooling_back, is_calm, recommend
from twinql.domain.decisions.recommendation import Recommendation
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus, Urgency
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.outlook import Outlook
from twinql.errors import TwinError
from twinql.live.foresight import FORESIGHT, Wanted, issued_since, predict
from twinql.live.workshop import Workshop
from twinql.storage import decisions, forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.decisions import Standing
from twinql.storage.forecasts import Issue, Subject

PERIOD_S: Final = 10.0
_SHARE_OF_TIME: Final = 4.0
_SHORTEST_HORIZON: Final = timedelta(minutes=15)
_LONGEST_HORIZON: Final = timedelta(hours=24)
_RESOLUTIONS_AHEAD: Final = 12
_FRESH: Final = timedelta(minutes=5)
_WORTH: Final = timedelta(minutes=5)
_QUIET: Final = timedelta(minutes=10)
_SEEN_BEFORE_ACTING: Final = 2
_SEEN_BEFORE_CHANGING: Final = 6
"""Once a pump is on again, the forecast needs a while to notice: until then another measure would be a false alarm."""
_URGENCIES: Final = tuple(Urgency)

log = structlog.stdlib.get_logger("twinql.advisor")


@dataclass(slots=True)
class Advisor:
    """Looks ahead for every channel with limits, time and again.

    Attributes:
        database: Where readings, forecasts and decisions are.
        workshop: Where forecasts are worked out.
        clock: Gives the present.
    """

    database: Database
    workshop: Workshop
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _looked_at: dict[UUID, datetime] = field(default_factory=dict)
    _seen: dict[UUID, tuple[DecisionAction, int]] = field(default_factory=dict)

    async def run(self) -> None:
        """Look, wait, and look again until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self.look(self.clock())
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("A look ahead failed; the next one may work.", error=str(error))
            # Many channels take long: most of the time is left to those who ask.
            await asyncio.sleep(max(PERIOD_S, _SHARE_OF_TIME * (loop.time() - began)))

    async def look(self, now: datetime) -> int:
        """Look ahead for every channel that was read since the last look, and return for how many."""
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            subjects = [each for each in await forecasts.watched(connection) if self._is_new(each, now)]
        asked = [(each, Wanted(horizon_of(each))) for each in subjects]
        issues = await predict(self.database, self.workshop, asked, now=now)
        for (subject, wanted), issue in zip(asked, issues, strict=True):
            assert subject.observed_at is not None
            self._looked_at[subject.id] = subject.observed_at
            if isinstance(issue, Refusal):
                continue
            try:
                await self._look_at(issue, wanted, now)
            except (TwinError, asyncpg.PostgresError, OSError):
                raise
            except Exception:  # one channel with strange readings must not blind the advisor to all others
                log.exception("A channel could not be looked ahead for.", channel=str(subject.id))
        async with self.database.transaction(FORESIGHT) as connection:
            await decisions.expire(connection, now)
        return len(asked)

    def _is_new(self, subject: Subject, now: datetime) -> bool:
        """Say whether a channel was read since the last look, and not long ago."""
        assert subject.observed_at is not None
        stale = subject.observed_at < now - max(_FRESH, timedelta(seconds=3 * (subject.resolution_s or 0)))
        return not stale and self._looked_at.get(subject.id) != subject.observed_at

    async def _look_at(self, issue: Issue, wanted: Wanted, now: datetime) -> None:
        async with self.database.transaction(FORESIGHT) as connection:
            if not await issued_since(connection, issue.subject, wanted, now - wanted.horizon, now=now):
                await forecasts.keep(connection, [issue], [uuid4()])
            await self._decide(connection, issue, now)

    async def _decide(self, connection: Connection, issue: Issue, now: datetime) -> None:
        subject = issue.subject
        assert subject.asset_id is not None
        outlook = _outlook(issue)
        standing = await decisions.standing(connection, subject, LIMIT_RULE)
        is_open = standing is not None and standing.status is DecisionStatus.OPEN
        actuators = await decisions.actuators_near(connection, subject.asset_id, now)
        found = recommend(outlook, limits=subject.limits, actuators=actuators)
        seen = self._count(subject.id, found)
        if (back := cooling_back(actuators, now)) is not None and not _cannot_wait(back, found, seen, now):
            if standing is not None and is_open and standing.action is DecisionAction.RESTORE_COOLING:
                reason = f"Cooling is back: {back.name} was switched on at {back.switched_on_at:%Y-%m-%dT%H:%M:%SZ}."
                await decisions.settle(connection, standing.id, DecisionStatus.EXPIRED, now, reason=reason)
            return
        if standing is not None and is_open:
            if found is None and is_calm(outlook, subject.limits):
                await decisions.settle(connection, standing.id, DecisionStatus.EXPIRED, now)
                return
            if found is None or not _replaces(standing, found, seen):
                await decisions.prolong(connection, standing.id, now + _WORTH)
                return
            await decisions.settle(connection, standing.id, DecisionStatus.SUPERSEDED, now)
        elif found is None or seen < _SEEN_BEFORE_ACTING or _answered(standing, found, now):
            return
        forecast_id = uuid4()
        await forecasts.keep(connection, [issue], [forecast_id])
        await decisions.make(connection, subject, found, forecast_id=forecast_id, made_at=now, valid_until=now + _WORTH)

    def _count(self, channel_id: UUID, found: Recommendation | None) -> int:
        """Count how many looks in a row have recommended the same."""
        if found is None:
            self._seen.pop(channel_id, None)
            return 0
        action, seen = self._seen.get(channel_id, (found.action, 0))
        self._seen[channel_id] = (found.action, seen + 1 if action is found.action else 1)
        return self._seen[channel_id][1]


@asynccontextmanager
async def advising(database: Database, workshop: Workshop) -> AsyncIterator[Advisor]:
    """Look ahead for as long as the block lasts."""
    advisor = Advisor(database, workshop)
    task = asyncio.create_task(advisor.run(), name="advisor")
    task.add_done_callback(_tell_of_failure)
    try:
        yield advisor
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def horizon_of(subject: Subject) -> timedelta:
    """Choose how far to look ahead for a limit: a quarter of an hour, or a dozen readings of a slow channel."""
    ahead = timedelta(seconds=_RESOLUTIONS_AHEAD * (subject.resolution_s or 0))
    return min(max(_SHORTEST_HORIZON, ahead), _LONGEST_HORIZON)


def _outlook(issue: Issue) -> Outlook:
    made, subject = issue.made.prediction, issue.subject
    return Outlook(
        quantity=subject.quantity,
        unit=subject.unit,
        last_value=made.last_value,
        lower=made.lower,
        median=made.median,
        upper=made.upper,
        level=issue.level,
        step_s=issue.step_s,
        mae=made.accuracy.mae,
        naive_mae=made.accuracy.naive_mae,
        model=made.model,
    )


def _replaces(standing: Standing, found: Recommendation, seen: int) -> bool:
    """Say whether a recommendation takes the open one's place: more haste does, another measure only after a while."""
    if found.action is not standing.action:
        return seen >= _SEEN_BEFORE_CHANGING
    return _haste(found.urgency) > _haste(standing.urgency)


def _cannot_wait(back: Actuator, found: Recommendation | None, seen: int, now: datetime) -> bool:
    """Say whether the limit is still expected to be crossed before cooling can show, and that for a minute on end."""
    if found is None or back.switched_on_at is None or seen < _SEEN_BEFORE_CHANGING:
        return False
    left_s = (back.switched_on_at + SETTLING - now).total_seconds()
    expected_s = found.impact.time_to_threshold_s
    return expected_s is not None and expected_s < left_s


def _answered(standing: Standing | None, found: Recommendation, now: datetime) -> bool:
    """Say whether a person has just answered the same recommendation, so that it need not be made again yet."""
    return (
        standing is not None
        and standing.settled_at is not None
        and standing.status in {DecisionStatus.ACCEPTED, DecisionStatus.REJECTED}
        and now < standing.settled_at + _QUIET
        and found.action is standing.action
        and _haste(found.urgency) <= _haste(standing.urgency)
    )


def _haste(urgency: Urgency) -> int:
    return _URGENCIES.index(urgency)


def _tell_of_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("The advisor has stopped; start the server again.", exc_info=error)
