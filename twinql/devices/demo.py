"""Runs the demo site for as long as the server does: its past, its present, and what is too old to keep."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from twinql.background import beside
from twinql.devices.demo_site import SIMULATOR, DemoSite, ensure_demo_site
from twinql.devices.history import DAY_S, Past, days_missing, load_past, simulate_past
from twinql.devices.plans import PUBLISHES_EVERY_S, publish_plans
from twinql.devices.simulator import STEP_S, Simulator
from twinql.devices.switchboard import change
from twinql.domain.simulation.slots import SLOT_S
from twinql.domain.simulation.world import recovered
from twinql.errors import TwinError, UnavailableError
from twinql.storage.database import Database
from twinql.storage.demo import forget_before

FORGETS_EVERY_S: Final = 3600.0
LOOKS_EVERY_S: Final = 10.0
_AFTER_THE_TICK_S: Final = 0.02
_STARTING: Final = "The simulator is still starting; try again in a few seconds."

Clock = Callable[[], float]

log = structlog.stdlib.get_logger("twinql.simulator")


@dataclass(slots=True)
class Demo:
    """The demo site of an organisation, running.

    Attributes:
        database: Where it lives.
        site: Its sites and channels.
        seed: Names its world, if it is begun now.
        history_days: How much past it begins with, and for how long readings are kept.
        clock: Gives the present, seconds since 1970 UTC.
        simulator: Its physics; None while they are being started.
        live: Set when it has started.
        whole: Set when all of its past is loaded.
    """

    database: Database
    site: DemoSite
    seed: int
    history_days: int
    clock: Clock
    simulator: Simulator | None = None
    live: asyncio.Event = field(default_factory=asyncio.Event)
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    def apply(self, channel_number: int, value: float) -> None:
        """Set an actuator, as `Simulator.apply` does.

        Raises:
            UnavailableError: The simulator is still starting.
        """
        if self.simulator is None:
            raise UnavailableError(_STARTING)
        self.simulator.apply(channel_number, value)

    async def run(self) -> None:
        """Begin or go on, and never return."""
        past, missing = await self._begin()
        self.live.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._live())
            tasks.create_task(self._load(past, missing))
            tasks.create_task(self._publish())
            tasks.create_task(self._forget())

    async def _begin(self) -> tuple[Past | None, list[int]]:
        now_s = self.clock()
        memory = await change(
            self.database,
            self.site.memory_site_id,
            lambda memory: (
                memory
                if memory.seed is not None
                else replace(memory, seed=self.seed, until_s=int(now_s // SLOT_S) * SLOT_S, days=self.history_days)
            ),
        )
        assert memory.seed is not None
        until_s = memory.until_s or int(now_s // SLOT_S) * SLOT_S
        world = self.site.world(memory.seed)
        last = await self.site.last(self.database)
        kept_s = now_s - self.history_days * DAY_S
        missing = await days_missing(self.database, self.site, until_s=until_s, days=memory.days, since_s=kept_s)
        past = None
        if missing or not last:
            past = await asyncio.to_thread(simulate_past, world, until_s=until_s, days=max(memory.days, 1))
            # The newest day is there before live readings begin.
            await load_past(self.database, self.site, past, missing[:1])
        state, actuators = recovered(world, last, at_s=float(until_s))
        if past is not None and not last:
            state = past.state
        # Whoever asks what the newest readings cost needs prices for them.
        await publish_plans(self.database, self.site, world, since_s=kept_s, now_s=now_s)
        self.simulator = Simulator(self.database, self.site, world, state, actuators)
        return past, missing[1:]

    async def _live(self) -> None:
        assert self.simulator is not None
        looks_s = self.clock()
        while True:
            try:
                if self.clock() >= looks_s:
                    await self._look_at_site(self.simulator)
                    looks_s = self.clock() + LOOKS_EVERY_S
                await self.simulator.step(self.clock())
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("A step of the simulator was not recorded.", error=str(error))
            now_s = self.clock()
            await asyncio.sleep((now_s // STEP_S + 1) * STEP_S + _AFTER_THE_TICK_S - now_s)

    async def _look_at_site(self, simulator: Simulator) -> None:
        """Notice what people archived, or changed about channels."""
        self.site = simulator.site = await ensure_demo_site(self.database, self.site.organisation_id)

    async def _load(self, past: Past | None, missing: list[int]) -> None:
        if past is not None:
            began_s = self.clock()
            try:
                await load_past(self.database, self.site, past, missing)
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("The history is not whole; the next start goes on with it.", error=str(error))
                return
            log.info("The demo site's history is loaded.", days=past.days, elapsed_s=round(self.clock() - began_s, 1))
        self.whole.set()

    async def _publish(self) -> None:
        assert self.simulator is not None
        world = self.simulator.world
        while True:
            await asyncio.sleep(PUBLISHES_EVERY_S)
            now_s = self.clock()
            try:
                await publish_plans(
                    self.database, self.site, world, since_s=now_s - self.history_days * DAY_S, now_s=now_s
                )
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("Prices were not told ahead; trying again.", error=str(error))

    async def _forget(self) -> None:
        numbers = [each.facts.number for each in (*self.site.channels.values(), *self.site.plans.values())]
        while True:
            await asyncio.sleep(FORGETS_EVERY_S)
            before = datetime.fromtimestamp(self.clock() - self.history_days * DAY_S, UTC)
            try:
                gone = await forget_before(self.database, SIMULATOR, numbers, before)
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("Old simulated readings were not deleted.", error=str(error))
            else:
                log.info("Old simulated readings were deleted.", readings=gone)


@asynccontextmanager
async def running_demo(
    database: Database, organisation_id: UUID, *, seed: int, history_days: int, clock: Clock = time.time
) -> AsyncIterator[Demo]:
    """Run an organisation's demo site for as long as the block lasts; the site itself is there when it begins.

    Args:
        database: Where it lives.
        organisation_id: Whose it is; it is made where it is missing.
        seed: Names its world, if it is begun now.
        history_days: How much past it begins with, and for how long readings are kept.
        clock: Gives the present, seconds since 1970 UTC.
    """
    site = await ensure_demo_site(database, organisation_id)
    demo = Demo(database, site, seed, history_days, clock)
    async with beside(demo=demo.run()):
        yield demo
