"""The demo's devices as they are on request: late, lossy, dead; and what a command tells of each."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.plant import CLOCK
from tests.world import make_world
from twinql.devices.demo import Demo
from twinql.devices.demo_site import ensure_demo_site
from twinql.devices.dispatcher import Dispatcher
from twinql.devices.simulated_device import SimulatedDevice
from twinql.devices.simulator import Simulator
from twinql.devices.switchboard import change, with_device_fault, with_fault, without_device_fault
from twinql.domain.orders import Order
from twinql.domain.simulation.device_faults import DeviceFaultName, course_of, device_fault
from twinql.domain.simulation.faults import FaultName, switched_on
from twinql.domain.simulation.world import beginning
from twinql.storage.commands import issue
from twinql.storage.database import Database

PUMP = "pump.running"
STEP_S = 2
SEED = 7
SHOWS_WITHIN = timedelta(seconds=20)
WAITS = ["REQUESTED", "QUEUED"]
DONE = ["ACKNOWLEDGED", "EXECUTED", "VERIFIED"]


class Bench:
    """The demo's pump, its device and the dispatcher, on one clock that the test turns."""

    def __init__(self, world, demo, now_s):
        self.world, self.demo, self.now_s, self.issued = world, demo, now_s, 0
        demo.clock = lambda: self.now_s
        self.device = SimulatedDevice(demo, demo.database)
        self.dispatcher = Dispatcher(demo.database, [self.device], self.now, shows_within=SHOWS_WITHIN)

    def now(self):
        return datetime.fromtimestamp(self.now_s, UTC)

    @property
    def pump_on(self):
        return self.demo.simulator.actuators.pump_on

    async def live(self, seconds):
        for _ in range(seconds // STEP_S):
            self.now_s += STEP_S
            await self.demo.simulator.step(self.now_s)
            await self.device.carry_on()
            await self.dispatcher.dispatch()

    async def breaks(self, name, magnitude=None):
        fault = device_fault(name, signal=PUMP, at_s=self.now_s, magnitude=magnitude)
        await change(self.demo.database, self.demo.site.memory_site_id, lambda memory: with_device_fault(memory, fault))
        await self.live(STEP_S)

    async def mends(self, name):
        await change(
            self.demo.database, self.demo.site.memory_site_id, lambda memory: without_device_fault(memory, name)
        )
        await self.live(STEP_S)

    async def switch(self, action, **life):
        self.issued += 1
        channel = self.demo.site.channels[PUMP].facts.id
        order = Order(channel, f"order {self.issued}", action=action, expires_in=timedelta(**(life or {"minutes": 5})))
        issued = await issue(self.demo.database, self.world.owner, order, now=self.now())
        assert issued.obstacles == ()
        await self.dispatcher.dispatch()
        return issued.command_id

    async def life(self, command_id):
        async with self.demo.database.pool.acquire() as connection:
            rows = await connection.fetch(
                "select status::text, detail from command_transitions where command_id = $1 order by sequence",
                command_id,
            )
        self.detail = rows[-1]["detail"]
        return [row["status"] for row in rows]


@pytest.fixture
async def bench(database_url):
    world = await make_world(database_url)
    # Before now: readings are recorded by the clock of the database, and none is before its command was sent.
    now_s = (datetime.now(UTC) - timedelta(hours=1)).timestamp() // 60 * 60
    async with Database.open(database_url, pool_size=2) as database:
        await database.pool.execute(CLOCK)
        site = await ensure_demo_site(database, world.organisation)
        demo = Demo(database, site, SEED, 1, float)
        demo.simulator = Simulator(database, site, site.world(SEED), beginning(now_s - 60))
        bench = Bench(world, demo, now_s)
        await bench.live(STEP_S)
        yield bench


async def test_a_sound_device_obeys_at_once(bench):
    command = await bench.switch("ON")
    assert bench.pump_on is True
    await bench.live(4)
    assert await bench.life(command) == [*WAITS, "SENT", *DONE]


async def test_a_late_device_answers_and_acts_later_and_what_it_does_is_verified(bench):
    await bench.breaks(DeviceFaultName.LATE, 10)
    command = await bench.switch("OFF")
    await bench.live(8)
    assert await bench.life(command) == [*WAITS, "SENT"]
    await bench.live(10)
    assert (await bench.life(command), bench.pump_on) == ([*WAITS, "SENT", "ACKNOWLEDGED"], None)
    await bench.live(6)
    assert (await bench.life(command), bench.pump_on) == ([*WAITS, "SENT", *DONE], False)


async def test_a_device_that_is_later_than_patience_is_given_up_and_heard_all_the_same(bench):
    await bench.breaks(DeviceFaultName.LATE, 40)
    command = await bench.switch("OFF")
    await bench.live(38)
    assert await bench.life(command) == [*WAITS, "SENT", "TIMED_OUT"]
    await bench.live(4)
    assert (await bench.life(command))[-1] == "ACKNOWLEDGED"
    await bench.live(50)
    assert (await bench.life(command))[-1] == "VERIFIED"


async def test_a_late_device_does_not_do_what_has_expired_meanwhile_and_says_so(bench):
    await bench.breaks(DeviceFaultName.LATE, 20)
    command = await bench.switch("OFF", seconds=30)
    await bench.live(50)
    assert (await bench.life(command), bench.pump_on) == ([*WAITS, "SENT", "ACKNOWLEDGED", "FAILED"], None)
    assert "expired" in bench.detail


async def test_commands_to_a_dead_device_wait_and_expire_and_one_that_comes_back_gets_what_is_still_valid(bench):
    await bench.breaks(DeviceFaultName.DEAD)
    short, long = await bench.switch("OFF", seconds=10), await bench.switch("OFF")
    await bench.live(20)
    assert await bench.life(short) == [*WAITS, "EXPIRED"]
    assert (await bench.life(long), bench.pump_on) == (WAITS, None)
    await bench.mends(DeviceFaultName.DEAD)
    await bench.live(4)
    assert (await bench.life(long), bench.pump_on) == ([*WAITS, "SENT", *DONE], False)
    assert await bench.life(short) == [*WAITS, "EXPIRED"]


async def test_a_device_that_dies_before_it_acts_never_does(bench):
    await bench.breaks(DeviceFaultName.LATE, 10)
    command = await bench.switch("OFF")
    await bench.live(12)
    await bench.breaks(DeviceFaultName.DEAD)
    await bench.live(40)
    assert (await bench.life(command), bench.pump_on) == ([*WAITS, "SENT", "ACKNOWLEDGED", "TIMED_OUT"], None)


async def test_a_lossy_device_is_told_of_as_far_as_anything_was_heard_and_nothing_is_done_twice(bench):
    await bench.breaks(DeviceFaultName.LOSSY, 0.5)
    faults = bench.demo.simulator.devices
    for number in range(4):
        bench.demo.apply(bench.demo.site.channels[PUMP].facts.number, 1.0)
        await bench.live(STEP_S)
        command = await bench.switch("OFF")
        await bench.device.carry_on()
        course = course_of(faults, signal=PUMP, command=str(command), seed=SEED)
        assert bench.pump_on is not course.heard, number
        await bench.live(34)
        told = [*WAITS, "SENT"]
        if course.heard and not course.report_lost:
            # A device that did it has it, whether its first answer was heard or not.
            told += DONE
        elif course.heard and not course.answer_lost:
            told += ["ACKNOWLEDGED", "TIMED_OUT"]
        else:
            told += ["TIMED_OUT"]
        assert await bench.life(command) == told, course


async def test_what_was_done_and_cannot_be_seen_is_not_observed(bench):
    stuck = switched_on(FaultName.STUCK_SENSOR, at_s=bench.now_s, signal=PUMP)
    await change(bench.demo.database, bench.demo.site.memory_site_id, lambda memory: with_fault(memory, stuck))
    await bench.live(STEP_S)
    command = await bench.switch("OFF")
    await bench.live(24)
    assert (await bench.life(command))[-1] == "NOT_OBSERVED"


async def test_the_demo_keeps_its_spindle_within_what_its_interlocks_say(bench):
    setpoint = bench.demo.site.channels["mill.spindle_speed_setpoint"].facts.id

    async def refused(speed):
        """Return which interlocks refuse a speed, those that are built in included."""
        order = Order(setpoint, f"speed {speed}", desired=float(speed))
        issued = await issue(bench.demo.database, bench.world.owner, order, now=bench.now(), dry_run=True)
        return {each.kind.name for each in issued.verdicts if not each.allowed}

    assert [await refused(speed) for speed in (500, 1_000, 12_000, 12_500)] == [{"RANGE"}, set(), set(), {"RANGE"}]
    await bench.switch("OFF")
    await bench.live(4)
    assert (await refused(9_000), await refused(3_000)) == ({"CONDITION"}, set())
    await bench.switch("ON")
    order = Order(setpoint, "down", desired=3_000.0)
    await issue(bench.demo.database, bench.world.owner, order, now=bench.now())
    await bench.live(70)
    assert (await refused(11_500), await refused(11_000)) == ({"RATE_OF_CHANGE"}, set())
