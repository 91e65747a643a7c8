"""Watches loads that can wait: sheds where a power limit is passed, and shifts to cheap, clean or sunny hours."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.background import beside
from twinql.domain.decisions.recommendation import Recommendation
from twinql.domain.decisions.standing import QUIET, SETTLING, Seen, Standing, Turn, turn_of
from twinql.domain.decisions.vocabulary import DecisionStatus
from twinql.domain.freshness import FRESH_FOR
from twinql.domain.identity import Worker
from twinql.domain.load_planning.advice import LIMIT_RULE, TIMING_RULE, RunningLoad, not_known, shed, shift
from twinql.domain.load_planning.asked import STEP_S, LoadPlanWish, next_step
from twinql.domain.load_planning.kept import PlanRefusal
from twinql.domain.load_planning.problem import LoadPlanObjective
from twinql.domain.load_planning.quarter_hour import STEADY_S, quarter_hour_of
from twinql.errors import TwinError
from twinql.live.load_planning import Planned, plan_for
from twinql.live.workshop import Workshop
from twinql.storage import decisions
from twinql.storage.database import Connection, Database
from twinql.storage.decisions import Making
from twinql.storage.load_watch import WatchedLoad, ran, taken_by, watched_loads
from twinql.storage.locks import Round, one_at_a_time

PERIOD_S: Final = 10.0
LEAD: Final = timedelta(minutes=2)
"""So long before each quarter of an hour it is planned what runs in it."""
_LIMIT_WORTH: Final = timedelta(minutes=5)
_TIMING_WORTH: Final = timedelta(minutes=20)
_STEADY: Final = timedelta(minutes=1)
_WATCHER: Final = Worker("load-advisor")
_ORDER: Final = {"NO_PRICE": LoadPlanObjective.CARBON}
"""Where the first objective cannot be told, the one that is tried next."""

log = structlog.stdlib.get_logger("twinql.loads")


@dataclass(slots=True)
class LoadAdvisor:
    """Looks at loads, round after round; of several processes one at a time.

    Attributes:
        database: Where loads, readings and decisions are.
        workshop: Where plans are worked out.
        clock: Gives the present.
    """

    database: Database
    workshop: Workshop
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _planned_for: dict[UUID, datetime] = field(default_factory=dict)

    async def run(self) -> None:
        """Look, wait, and look again until cancelled."""
        while True:
            try:
                await self.look()
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("A round of loads failed; the next one may work.", error=str(error))
            except Exception:  # whatever it was: nothing above could go on
                log.exception("A round of loads failed.")
            await asyncio.sleep(PERIOD_S)

    async def look(self) -> int:
        """Look at every load that a channel switches, and return at how many; at none while another process does."""
        now = self.clock()
        async with self._reading() as connection:
            watched = await watched_loads(connection)
        if not watched:
            return 0
        async with one_at_a_time(self.database, Round.LOADS) as alone:
            if not alone:
                return 0
            for meter_id, some in groupby(watched, lambda each: each.load.meter_id):
                mine = list(some)
                try:
                    await self._keep_limit(meter_id, mine, now)
                    await self._keep_time(meter_id, mine, now)
                except TwinError as error:
                    log.warning("Nobody is advised behind this meter.", meter=str(meter_id), error=str(error))
        return len(watched)

    async def _keep_limit(self, meter_id: UUID, watched: Sequence[WatchedLoad], now: datetime) -> None:
        limit = watched[0].limit_kw
        found: Mapping[UUID, Recommendation] = {}
        if limit is not None:
            async with self._reading() as connection:
                found = await _to_shed(connection, meter_id, watched, limit, now)
        await self._decide(LIMIT_RULE, watched, found, now, now + _LIMIT_WORTH)

    async def _keep_time(self, meter_id: UUID, watched: Sequence[WatchedLoad], now: datetime) -> None:
        """Plan the rest of each window that is open when the next quarter of an hour begins, once for each."""
        begins = next_step(now)
        if begins - now > LEAD or self._planned_for.get(meter_id) == begins:
            return
        self._planned_for[meter_id] = begins
        found: dict[UUID, Recommendation] = {}
        today = now.astimezone(watched[0].zone).date()
        for day in (today - timedelta(days=1), today):
            windows = {each: each.load.window(day, each.zone) for each in watched}
            mine = [each for each, (first, last) in windows.items() if first <= begins < last]
            if mine:
                async with self._reading() as connection:
                    running = {each: await _running(connection, each, windows[each][0], now) for each in mine}
                wish = LoadPlanWish(meter_id=meter_id, day=day, load_ids=[each.load_id for each in mine])
                found |= await self._timed(wish, running, now)
        await self._decide(TIMING_RULE, watched, found, now, now + _TIMING_WORTH)

    async def _timed(
        self, wish: LoadPlanWish, running: Mapping[WatchedLoad, RunningLoad], now: datetime
    ) -> dict[UUID, Recommendation]:
        # What runs and may not pause goes on by itself, and what is done waits for its next day.
        waiting = {
            each: known
            for each, known in running.items()
            if known.left > timedelta() and not (known.is_on and not known.may_pause)
        }
        if not waiting:
            return {}
        wish = replace(wish, load_ids=[each.load_id for each in waiting])
        left = {each.load_id: known.left for each, known in waiting.items()}
        planned = await self._plan(wish, left, now)
        if isinstance(planned, PlanRefusal):
            if planned.code != "INSUFFICIENT_HISTORY":
                return {}
            return {each.id: not_known(planned.code, planned.message) for each in waiting}
        known_by_load = {each.load_id: known for each, known in waiting.items()}
        loads = [known_by_load[load_id] for load_id in planned.loads]
        return shift(loads, planned.problem, planned.plan, planned.currency)

    async def _plan(self, wish: LoadPlanWish, left: Mapping[UUID, timedelta], now: datetime) -> Planned | PlanRefusal:
        found = await plan_for(self._reading, self.workshop.run, wish, now=now, left=left)
        if isinstance(found, PlanRefusal) and found.code in _ORDER:
            return await self._plan(replace(wish, objective=_ORDER[found.code]), left, now)
        return found

    def _reading(self) -> AbstractAsyncContextManager[Connection]:
        return self.database.transaction(_WATCHER, readonly=True)

    async def _decide(
        self,
        rule: str,
        watched: Sequence[WatchedLoad],
        found: Mapping[UUID, Recommendation],
        now: datetime,
        until: datetime,
    ) -> None:
        """Make, keep, replace and let go of what a rule says of loads."""
        by_channel = {each.id: each for each in watched}
        async with self.database.transaction(_WATCHER) as connection:
            standing = await decisions.standing(connection, list(by_channel), rule)
            turns: dict[Turn, list[UUID]] = {each: [] for each in Turn}
            for channel_id in by_channel:
                said, last = found.get(channel_id), standing.get(channel_id)
                seen = None if said is None else Seen(said.action, now - _STEADY, 2)
                turns[turn_of(last, said, calm=True, seen=seen, now=now)].append(channel_id)
            settles = {Turn.EXPIRE: DecisionStatus.EXPIRED, Turn.REPLACE: DecisionStatus.SUPERSEDED}
            for turn, status in settles.items():
                await decisions.settle_all(connection, [standing[each].id for each in turns[turn]], status, now)
            await decisions.prolong(connection, [standing[each].id for each in turns[Turn.PROLONG]], until)
            makes = [*turns[Turn.MAKE], *turns[Turn.REPLACE]]
            await decisions.make_all(connection, [Making(by_channel[each], found[each], now, until) for each in makes])


async def _to_shed(
    connection: Connection, meter_id: UUID, watched: Sequence[WatchedLoad], limit_kw: float, now: datetime
) -> dict[UUID, Recommendation]:
    """Say what to switch off; nothing before the meter was read with what was switched off last, and that had time."""
    taken = await taken_by(connection, meter_id, now - timedelta(seconds=STEP_S + STEADY_S), now)
    expected = None if taken is None else quarter_hour_of(taken.at_s, taken.power_kw, now=now)
    if taken is None or expected is None or expected.mean_kw <= limit_kw:
        return {}
    standing = await decisions.standing(connection, [each.id for each in watched], LIMIT_RULE)
    acted = [at for each in standing.values() if (at := _acted(each)) is not None]
    if acted and (now < max(acted) + SETTLING or taken.at_s[-1] <= max(acted).timestamp()):
        return {}
    # Who has just answered about one load is asked about the next.
    open_to = [each for each in watched if each.id not in standing or not _answered(standing[each.id], now)]
    running = []
    for each in open_to:
        own = await taken_by(connection, each.asset_id, now - FRESH_FOR, now) if each.asset_id != meter_id else None
        known = await _running(connection, each, now, now)
        running.append(replace(known, drawn_kw=None if own is None else max(float(own.power_kw[-1]), 0.0)))
    return shed(
        running,
        quarter_hour=expected,
        limit_kw=limit_kw,
        power_channel=taken.channel_id,
        resolution_s=taken.resolution_s,
    )


def _acted(standing: Standing) -> datetime | None:
    """Return when somebody acted on a decision; None where nobody did."""
    accepted = standing.settled_at if standing.status is DecisionStatus.ACCEPTED else None
    return standing.commanded_at or accepted


def _answered(standing: Standing, now: datetime) -> bool:
    answered = standing.status in {DecisionStatus.ACCEPTED, DecisionStatus.REJECTED}
    return answered and standing.settled_at is not None and now < standing.settled_at + QUIET


async def _running(connection: Connection, each: WatchedLoad, since: datetime, now: datetime) -> RunningLoad:
    is_on, seconds = await ran(connection, each, since, now)
    left = max(timedelta(), each.load.needed - timedelta(seconds=seconds))
    on_for = timedelta()
    if is_on and each.load.minimum_run is not None:
        _, on_s = await ran(connection, each, now - each.load.minimum_run, now)
        on_for = timedelta(seconds=on_s)
    return RunningLoad(load=each.load, is_on=is_on, left=left, state=each.labels, on_for=on_for)


@asynccontextmanager
async def advising_on_loads(database: Database, workshop: Workshop) -> AsyncIterator[LoadAdvisor]:
    """Watch loads for as long as the block lasts."""
    advisor = LoadAdvisor(database, workshop)
    async with beside(load_advisor=advisor.run()):
        yield advisor
