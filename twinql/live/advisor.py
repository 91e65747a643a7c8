"""Watches channels that have limits, by readings and by forecasts: of all servers one does, the others stand by."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.background import beside
from twinql.domain.decisions.history import HISTORY_RULE, LACKS_HISTORY, too_little
from twinql.domain.events import Event, EventKind
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.freshness import oldest_allowed
from twinql.domain.outlook import Outlook
from twinql.errors import TwinError
from twinql.live.advice import Advice, Look, Sight
from twinql.live.foreseen import let_go
from twinql.live.foresight import FORESIGHT, Wanted, issued_since, predict
from twinql.live.lookout import Lookout
from twinql.live.realising import realise
from twinql.live.renewing import Ground, renew
from twinql.live.sensor_advice import SensorAdvice
from twinql.live.service import persist
from twinql.live.workshop import Workshop
from twinql.storage import advising, decisions, forecasts
from twinql.storage.database import Connection, Database
from twinql.storage.forecasts import Issue, Subject
from twinql.storage.locks import Duty, stand_by
from twinql.storage.outbox import feed_state, listening, read_on

PERIOD_S: Final = 10.0
PAUSE_S: Final = 0.05
"""Readings of so long are looked at together. [s]"""
PAGE: Final = 50
_LEARNS_EVERY_S: Final = 86_400.0
_LEARNS_AGAIN_S: Final = 60.0
"""After so long a past that was too short is looked at again. [s]"""
_LEARNED_AT_ONCE: Final = 5
_SHARE_OF_TIME: Final = 4.0
_SHORTEST_HORIZON: Final = timedelta(minutes=15)
_LONGEST_HORIZON: Final = timedelta(hours=24)
_RESOLUTIONS_AHEAD: Final = 12
_EVER: Final = datetime.min.replace(tzinfo=UTC)
"""Whoever answered that too little was read has answered it for good."""

log = structlog.stdlib.get_logger("twinql.advisor")


@dataclass(slots=True)
class Advisor:
    """Looks ahead for channels with limits: by the trend of their readings as they come, and by forecasts in between.

    Attributes:
        database: Where readings, forecasts and decisions are.
        workshop: Where forecasts are worked out.
        clock: Gives the present.
        advice: What makes decisions of what it sees.
        sensors: The same of what alarms and calibrations say of sensors.
        lookout: The last readings.
        serves: Whether it is this process's turn.
    """

    database: Database
    workshop: Workshop
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    advice: Advice = field(init=False)
    sensors: SensorAdvice = field(init=False)
    lookout: Lookout = field(default_factory=Lookout)
    serves: bool = False
    _looked_at: dict[UUID, datetime] = field(default_factory=dict)
    _learns_at: dict[int, datetime] = field(default_factory=dict)
    _position: int = 0

    def __post_init__(self) -> None:
        """Have decisions made in the same database."""
        self.advice, self.sensors = Advice(self.database), SensorAdvice(self.database)

    async def run(self, url: str) -> None:
        """Advise, or stand by, until cancelled.

        Args:
            url: A direct or session connection; the turn belongs to the session.
        """
        await persist(lambda: self._serve(url), "Advising was interrupted and will go on.")

    async def _serve(self, url: str) -> None:
        hint = asyncio.Event()
        async with listening(url, hint.set) as connection:
            await stand_by(connection, Duty.ADVISING)
            log.info("This process advises now.")
            await self.begin(connection)
            self.serves = True
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._look_again_and_again())
                    await self._follow(connection, hint)
            finally:
                self.serves = False

    async def _follow(self, connection: Connection, hint: asyncio.Event) -> None:
        while True:
            hint.clear()
            if await self.read_on(connection):
                with suppress(TimeoutError):
                    await asyncio.wait_for(hint.wait(), PERIOD_S)
                await asyncio.sleep(PAUSE_S)

    async def _look_again_and_again(self) -> None:
        while True:
            began = perf_counter()
            await self._guarded(self.reload())
            await self._guarded(self.learn(self.clock()))
            await self._guarded(self.advice.savings.price(self.database, self.clock()))
            await self._guarded(realise(self.database, self.clock()))
            await self._guarded(self.sensors.look(self.clock()))
            await self._guarded(self.look(self.clock()))
            # Many channels take long: most of the time is left to those who ask.
            await asyncio.sleep(max(PERIOD_S, _SHARE_OF_TIME * (perf_counter() - began)))

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except (TwinError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("A look ahead failed; the next one may work.", error=str(error))

    async def begin(self, connection: Connection) -> None:
        """Stand where the outbox ends now, with the last readings of all channels that are watched."""
        self._position = (await feed_state(connection)).newest
        await self.reload()

    async def read_on(self, connection: Connection) -> bool:
        """Look at a page of the outbox; True where there is no more."""
        page = await read_on(connection, self._position, most=PAGE)
        if page.events:
            self._position = page.events[-1].position
            await self._guarded(self.take(page.events, self.clock()))
        return len(page.events) < PAGE

    async def take(self, events: Iterable[Event], now: datetime) -> None:
        """Look at readings as they come, and decide at once on what they make for."""
        touched: set[int] = set()
        refill: set[int] = set()
        for event in events:
            if event.kind is EventKind.READINGS:
                touched |= self.lookout.take(event.readings)
            elif event.changed is not None:
                refill.add(event.changed.channel_number)
        await self._fill(refill & self.lookout.subjects.keys())
        touched |= refill
        await self.advice.decide(
            self.lookout.look(touched, open_on=self.advice.open_on | self.advice.foreseen_on, now=now), now
        )

    async def reload(self) -> None:
        """Notice channels that came, went or changed, and what was decided by others."""
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            await self._fill(self.lookout.watch(await forecasts.watched(connection)))
        await self.advice.recall()

    async def learn(self, now: datetime) -> None:
        """Learn from the past of a few channels how early their trends may be believed."""
        due = [each for each in self.lookout.subjects if self._learns_at.get(each, now) <= now]
        for first in range(0, len(due), _LEARNED_AT_ONCE):
            some = [self.lookout.subjects[each] for each in due[first : first + _LEARNED_AT_ONCE]]
            async with self.database.transaction(FORESIGHT, readonly=True) as connection:
                leads = await advising.leads_of(connection, some, now)
                assets = {each.asset_id for each in some if each.asset_id is not None}
                await self.advice.savings.learn(connection, sorted(assets), now)
                self.lookout.cooling.learn(await advising.coolers_near(connection, sorted(assets), now))
            self.lookout.leads |= leads
            for each in some:
                known = any(number == each.number for number, _ in leads)
                self._learns_at[each.number] = now + timedelta(seconds=_LEARNS_EVERY_S if known else _LEARNS_AGAIN_S)
            await asyncio.sleep(0)

    async def look(self, now: datetime) -> int:
        """Foresee every channel that was read since the last look, and return how many there were."""
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            subjects = [each for each in await forecasts.watched(connection) if self._is_new(each, now)]
        asked = [(each, Wanted(horizon_of(each))) for each in subjects]
        issues = await predict(self.database, self.workshop, asked, now=now)
        found: list[tuple[Issue, Wanted]] = []
        lacking: dict[UUID, Ground] = {}
        for (subject, wanted), issue in zip(asked, issues, strict=True):
            assert subject.observed_at is not None
            self._looked_at[subject.id] = subject.observed_at
            if not isinstance(issue, Refusal):
                found.append((issue, wanted))
            elif issue.code == LACKS_HISTORY:
                lacking[subject.id] = Ground(subject, too_little(issue), _EVER)
        keep = await self._unkept(found, now)
        await self.advice.decide([Sight(Look.FORECAST, each, _outlook(each)) for each, _ in found], now, keep=keep)
        async with self.database.transaction(FORESIGHT) as connection:
            await renew(connection, HISTORY_RULE, lacking, now, among={subject.id for subject, _ in asked})
            await decisions.expire(connection, now)
            await let_go(connection, now)
        return len(asked)

    def _is_new(self, subject: Subject, now: datetime) -> bool:
        """Say whether a channel was read since the last look, and not long ago."""
        assert subject.observed_at is not None
        stale = subject.observed_at < now - oldest_allowed(subject.resolution_s)
        return not stale and self._looked_at.get(subject.id) != subject.observed_at

    async def _unkept(self, found: Iterable[tuple[Issue, Wanted]], now: datetime) -> list[Issue]:
        """Return those forecasts that are to be kept, since none was for as long as they reach."""
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            return [
                issue
                for issue, wanted in found
                if not await issued_since(connection, issue.subject, wanted, now - wanted.horizon, now=now)
            ]

    async def _fill(self, numbers: Iterable[int]) -> None:
        wanted = list(numbers)
        if not wanted:
            return
        async with self.database.transaction(FORESIGHT, readonly=True) as connection:
            for number, (at_s, values) in (await advising.last_readings(connection, wanted)).items():
                self.lookout.fill(number, at_s, values)


@asynccontextmanager
async def advising_for(database: Database, workshop: Workshop, url: str) -> AsyncIterator[Advisor]:
    """Advise for as long as the block lasts, while it is this process's turn.

    Args:
        database: Where readings, forecasts and decisions are.
        workshop: Where forecasts are worked out.
        url: A direct or session connection; the turn belongs to the session.
    """
    advisor = Advisor(database, workshop)
    async with beside(advisor=advisor.run(url)):
        yield advisor


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
