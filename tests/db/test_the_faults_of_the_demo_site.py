"""The demo site, alive and watched in a real database: in its usual life no alarm, for each fault the right one."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.watching import catch_up, watching
from tests.world import make_world
from twinql.devices.demo import Demo
from twinql.devices.demo_site import ensure_demo_site
from twinql.devices.switchboard import change, with_fault, without_fault
from twinql.domain.simulation.faults import FaultName, switched_on
from twinql.storage.database import Database

# The database stamps readings by the simulated clock, as it would at that time.
_STAMPED = """
create table public.simulated_clock (now timestamptz not null);
insert into public.simulated_clock values ($now$);
create function public.simulated_now() returns timestamptz language sql stable security definer
    as 'select now from public.simulated_clock';
alter table readings alter column recorded_at set default public.simulated_now();
"""
ARRIVES = timedelta(seconds=0.4)
STEP_S = 10


class Running:
    """The demo site with a clock in the test's hands."""

    def __init__(self, url, database, organisation_id):
        self.url, self.database, self.organisation_id = url, database, organisation_id
        self.now = datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=0) - timedelta(days=1)
        while self.now.weekday() >= 5:  # the mill rests
            self.now -= timedelta(days=1)

    def clock(self):
        return self.now

    def seconds(self):
        return self.now.timestamp()

    async def sql(self, statement, *arguments):
        async with self.database.pool.acquire() as connection:
            return await connection.fetch(statement, *arguments)

    async def begin(self):
        async with self.database.pool.acquire() as connection:
            await connection.execute(_STAMPED.replace("$now$", f"'{self.now.isoformat()}'"))
        site = await ensure_demo_site(self.database, self.organisation_id)
        self.demo = Demo(self.database, site, 7, 2, self.seconds)
        await self.demo._load(*await self.demo._begin())

    async def live(self, shift, *, minutes):
        """Let time pass, with readings as they come and a watcher that looks on."""
        until = self.now + timedelta(minutes=minutes)
        while self.now < until:
            self.now += timedelta(seconds=STEP_S)
            await self.sql("update public.simulated_clock set now = $1", self.now + ARRIVES)
            await self.demo.simulator.step(self.now.timestamp())
            await catch_up(shift)

    async def switch(self, name):
        fault = switched_on(name, at_s=self.now.timestamp() + 1.0)
        await change(self.database, self.demo.site.memory_site_id, lambda memory: with_fault(memory, fault))

    async def mend(self, name):
        await change(self.database, self.demo.site.memory_site_id, lambda memory: without_fault(memory, name))

    async def raised(self):
        rows = await self.sql(
            "select c.name, a.cause::text, a.raised_at from alarms as a join channels as c on c.id = a.channel_id"
        )
        return {(row["name"], row["cause"]): row["raised_at"] for row in rows}


@pytest.fixture
async def running(database_url):
    world = await make_world(database_url)
    async with Database.open(database_url, pool_size=3) as database:
        running = Running(database_url, database, world.organisation)
        await running.begin()
        yield running


async def test_each_fault_raises_its_alarm_and_the_usual_life_none(running):
    expected = {
        FaultName.CLOCK_OFF: ("Electric power", {"CLOCK_OFF"}, 2),
        FaultName.STUCK_SENSOR: ("Spindle temperature", {"STUCK"}, 3),
        FaultName.SPIKE: ("Electric power", {"SPIKE", "DIP"}, 10),
        FaultName.REGISTER_RESET: ("Import register", {"OUTLIER_TAMPER"}, 16),
        FaultName.COOLANT_FAILURE: ("Spindle temperature", {"LIMIT_HIGH"}, 20),
    }
    async with watching(running) as shift:
        await catch_up(shift)
        await running.live(shift, minutes=5)
        assert await running.raised() == {}
        await shift.keep()
    allowed = {("Spindle temperature", "RAPID_CHANGE")}  # it leaps to where it is once its sensor is mended
    for fault, (name, causes, within) in expected.items():
        right = {(name, cause) for cause in causes}
        # Each one is found by another watcher, which goes on from what the one before has kept.
        async with watching(running) as shift:
            await running.switch(fault)
            began = running.now
            while not right & (await running.raised()).keys():
                assert running.now < began + timedelta(minutes=within), (fault, await running.raised())
                await running.live(shift, minutes=1)
            await running.mend(fault)
            await running.live(shift, minutes=1)
            await shift.keep()
        allowed |= right
    assert (await running.raised()).keys() <= allowed | {("Spindle temperature", "LIMIT_HIGH_HIGH")}
