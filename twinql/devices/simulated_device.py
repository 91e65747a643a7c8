"""The demo site's actuators as devices that commands reach: sound ones, or late, lossy and dead ones on request."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

import asyncpg
import structlog

from twinql.background import beside
from twinql.devices.demo_site import SIMULATOR, DemoSite
from twinql.devices.dispatcher import Acknowledgement
from twinql.devices.simulator import Simulator
from twinql.domain.command_reports import DeviceReport
from twinql.domain.commands import CommandStatus
from twinql.domain.simulation.device_faults import Course, course_of, is_dead
from twinql.errors import TwinError
from twinql.storage.database import Database
from twinql.storage.device_reports import take_report
from twinql.storage.dispatch import Waiting

_SOUND: Final = Course()
_TRIES_AGAIN_S: Final = 1.0

log = structlog.stdlib.get_logger("twinql.simulator")


class Actuated(Protocol):
    """What has actuators that can be set by the number of their channel: the running demo."""

    site: DemoSite
    simulator: Simulator | None

    @property
    def clock(self) -> Callable[[], float]:
        """What gives the present, seconds since 1970 UTC."""

    def apply(self, channel_number: int, value: float) -> None:
        """Set an actuator."""


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    """Something that a device has yet to do with a command."""

    at_s: float
    number: int
    acts: bool = field(compare=False)
    silent: bool = field(compare=False)
    command: Waiting = field(compare=False)


@dataclass(slots=True)
class SimulatedDevice:
    """Hands commands to the simulator, which obeys at once unless its devices are to misbehave.

    Attributes:
        plant: The running demo.
        database: Where its reports go.
        name: What it is called in transitions.
    """

    plant: Actuated
    database: Database
    name: str = SIMULATOR.name
    _due: list[_Due] = field(default_factory=list)
    _taken: int = 0
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def channels(self) -> Collection[int]:
        """Return the writable channels whose devices are alive; none while the simulator is starting."""
        if self.plant.simulator is None:
            return ()
        dead = self.plant.simulator.devices
        channels = self.plant.site.channels.items()
        return [each.facts.number for signal, each in channels if each.blueprint.writable and not is_dead(dead, signal)]

    async def send(self, command: Waiting) -> Acknowledgement | None:
        """Set the actuator; one that misbehaves answers later, or never."""
        course = self._course(command)
        if course == _SOUND:
            self.plant.apply(command.channel_number, command.desired)
            return Acknowledgement(executed=True, detail="The simulated device obeys.")
        if course.heard:
            now_s = self.plant.clock()
            self._plan(command, now_s + course.answers_after_s, acts=False, silent=course.answer_lost)
            self._plan(command, now_s + course.acts_after_s, acts=True, silent=course.report_lost)
        return None

    async def run(self) -> None:
        """Do what is due, and wait for more, until cancelled."""
        while True:
            self._woken.clear()
            wait_s = None
            try:
                await self.carry_on()
                if self._due:
                    wait_s = max(0.0, self._due[0].at_s - self.plant.clock())
            except (TwinError, asyncpg.PostgresError, OSError) as error:
                log.warning("A simulated device could not report; it tries again.", error=str(error))
                wait_s = _TRIES_AGAIN_S
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                pass

    async def carry_on(self) -> None:
        """Do what is due by now; what cannot be reported stays due."""
        while self._due and self._due[0].at_s <= self.plant.clock():
            await self._do(self._due[0])
            heapq.heappop(self._due)

    def _plan(self, command: Waiting, at_s: float, *, acts: bool, silent: bool) -> None:
        self._taken += 1
        heapq.heappush(self._due, _Due(at_s, self._taken, acts, silent, command))
        self._woken.set()

    def _course(self, command: Waiting) -> Course:
        simulator, signal = self.plant.simulator, self._signal(command)
        if simulator is None or signal is None:
            return _SOUND
        return course_of(simulator.devices, signal=signal, command=str(command.id), seed=simulator.world.seed)

    def _signal(self, command: Waiting) -> str | None:
        channels = self.plant.site.channels.items()
        return next((signal for signal, each in channels if each.facts.number == command.channel_number), None)

    async def _do(self, due: _Due) -> None:
        simulator, signal = self.plant.simulator, self._signal(due.command)
        if simulator is None or signal is None or is_dead(simulator.devices, signal):
            return  # it died before it came to this, and nobody will hear of it
        status, detail = CommandStatus.ACKNOWLEDGED, "The simulated device has it."
        if due.acts:
            status, detail = self._act(due.command)
        if not due.silent:
            await self._report(due.command, status, detail)

    def _act(self, command: Waiting) -> tuple[CommandStatus, str]:
        if self.plant.clock() > command.expires_at.timestamp():
            return CommandStatus.FAILED, "It had expired before the simulated device came to it, so it was not done."
        try:
            self.plant.apply(command.channel_number, command.desired)
        except TwinError as error:
            return CommandStatus.FAILED, error.message
        return CommandStatus.EXECUTED, "The simulated device obeys."

    async def _report(self, command: Waiting, status: CommandStatus, detail: str) -> None:
        now = datetime.fromtimestamp(self.plant.clock(), UTC)
        async with self.database.transaction(SIMULATOR) as connection:
            outcome = await take_report(
                connection, DeviceReport(command.id, status, detail, now), device=SIMULATOR, now=now
            )
        log.info("A simulated device reported.", command=str(command.id), status=status.value, outcome=outcome.value)


@asynccontextmanager
async def simulated_device(plant: Actuated, database: Database) -> AsyncIterator[SimulatedDevice]:
    """Let the demo's devices answer for as long as the block lasts."""
    device = SimulatedDevice(plant, database)
    async with beside(simulated_device=device.run()):
        yield device
