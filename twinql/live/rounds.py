"""Goes its rounds: scores forecasts as readings arrive, issues new ones by itself, and lets old ones go."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.background import beside
from twinql.domain.forecasting.prediction import Refusal
from twinql.errors import TwinError
from twinql.live.foresight import FORESIGHT, Wanted, keep, predict
from twinql.live.workshop import Workshop
from twinql.storage import forecast_scores, forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.forecasts import Subject
from twinql.storage.locks import Round, one_at_a_time

PERIOD_S: Final = 30.0
AHEAD_OF_METERS: Final = timedelta(days=1)
METERS_EVERY: Final = timedelta(hours=6)
AHEAD_OF_CHANNELS: Final = timedelta(hours=1)
CHANNELS_EVERY: Final = timedelta(hours=1)
REFUSED_FOR: Final = timedelta(minutes=5)
"""After so long a past may have come together for which there was none: a history is being loaded, say."""
KEPT: Final = timedelta(days=30)
KEPT_UNSCORED: Final = timedelta(days=1)
AT_ONCE: Final = 20
"""How many forecasts are issued in one go, about half a second of the worker."""
MOST_A_ROUND: Final = 5
"""How many such goes one round makes, and how many batches of scores: most of the time is left to those who ask."""
_PRUNES_EVERY: Final = timedelta(hours=1)

log = structlog.stdlib.get_logger("twinql.rounds")


@dataclass(slots=True)
class Rounds:
    """Tends forecasts, round after round; of several processes one at a time.

    Attributes:
        database: Where readings and forecasts are.
        workshop: Where forecasts are worked out.
        clock: Gives the present.
    """

    database: Database
    workshop: Workshop
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _not_before: dict[UUID, datetime] = field(default_factory=dict)
    _pruned_at: datetime | None = None

    async def run(self) -> None:
        """Go round, wait, and go round again until cancelled."""
        # What was issued is scored in time also while the worker has much to do.
        await asyncio.gather(self._again(self.score_due), self._again(self.issue_due))

    async def _again(self, go: Callable[[datetime], Awaitable[None]]) -> None:
        while True:
            try:
                await go(self.clock())
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("A round of forecasts failed; the next one may work.", error=str(error))
            except Exception:  # whatever it was: nothing above could go on
                log.exception("A round of forecasts failed.")
            await asyncio.sleep(PERIOD_S)

    async def go(self, now: datetime) -> None:
        """Score what waits for it, issue what is due, and let go of what is old."""
        await self.score_due(now)
        await self.issue_due(now)

    async def score_due(self, now: datetime) -> None:
        """Score what waits for it, and let go of what is old."""
        for _ in range(MOST_A_ROUND):
            if await self._score(now) < forecast_scores.AT_ONCE:
                break
        if self._pruned_at is None or now >= self._pruned_at + _PRUNES_EVERY:
            self._pruned_at = now
            async with self.database.transaction(FORESIGHT) as connection:
                await forecasts.prune(connection, now - KEPT, unscored_before=now - KEPT_UNSCORED)

    async def issue_due(self, now: datetime) -> None:
        """Issue what is due."""
        for _ in range(MOST_A_ROUND):
            if await self._issue(now) < AT_ONCE:
                break

    async def _score(self, now: datetime) -> int:
        async with (
            one_at_a_time(self.database, Round.SCORING_FORECASTS) as alone,
            self.database.transaction(FORESIGHT) as connection,
        ):
            if not alone:
                return 0
            waiting = await forecast_scores.waiting(connection, now)
            if waiting:
                meters = {each.meter_id for each in waiting if each.meter_id is not None}
                subjects = await forecasts.consumptions_of(connection, list(meters))
                counters = {name: each.counters for name, each in subjects.items() if each is not None}
                await forecast_scores.score(connection, waiting, counters, now)
            return len(waiting)

    async def _issue(self, now: datetime) -> int:
        self._not_before = {name: at for name, at in self._not_before.items() if at > now}
        async with one_at_a_time(self.database, Round.ISSUING_FORECASTS) as alone:
            if not alone:
                return 0
            async with self.database.transaction(FORESIGHT, readonly=True) as connection:
                asked = await self._due(connection, now)
            issues = await predict(self.database, self.workshop, asked, now=now)
            for (subject, _), issue in zip(asked, issues, strict=True):
                if isinstance(issue, Refusal):
                    # It is asked again when a past may have come together.
                    self._not_before[subject.meter.meter_id if subject.meter else subject.id] = now + REFUSED_FOR
            await keep(self.database, issues, regular=True)
        return len(asked)

    async def _due(self, connection: Connection, now: datetime) -> list[tuple[Subject, Wanted]]:
        rows = await forecasts.due(
            connection,
            meters_since=now - METERS_EVERY,
            channels_since=now - CHANNELS_EVERY,
            meters_read_since=now - AHEAD_OF_METERS,
            but_not=list(self._not_before),
            most=AT_ONCE,
        )
        meters = await forecasts.consumptions_of(connection, [name for name, of_meter in rows if of_meter])
        channels = await forecasts.subjects_of(connection, [name for name, of_meter in rows if not of_meter])
        asked = [(each, Wanted(AHEAD_OF_METERS)) for each in meters.values() if each is not None]
        self._not_before |= {name: now + REFUSED_FOR for name, each in meters.items() if each is None}
        return [*asked, *((each, Wanted(AHEAD_OF_CHANNELS)) for each in channels.values())]


@asynccontextmanager
async def going_rounds(database: Database, workshop: Workshop) -> AsyncIterator[Rounds]:
    """Tend forecasts for as long as the block lasts."""
    rounds = Rounds(database, workshop)
    async with beside(rounds=rounds.run()):
        yield rounds
