"""The demo site, alive: steps its physics with the clock, records what its sensors say, and obeys commands."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import numpy as np

from twinql.devices.demo_site import SIMULATOR, DemoSite, speaks_on_change
from twinql.devices.switchboard import change, recall, with_remembered
from twinql.domain.readings import ReadingBatch, ReadingSource
from twinql.domain.simulation.device_faults import DeviceFault
from twinql.domain.simulation.faults import Fault, Track
from twinql.domain.simulation.mill import Actuators
from twinql.domain.simulation.programme import FULL_SPEED_RPM
from twinql.domain.simulation.world import World, WorldState, observe
from twinql.errors import InvalidInputError, NotFoundError
from twinql.storage.database import Database
from twinql.storage.record import AsSent, Recorded, Recording, record_readings

STEP_S: Final = 2
CATCHES_UP_S: Final = 60
"""A pause up to this long is made good; a longer one stays a hole."""
_THREAD_FROM_S: Final = 6 * 3600
_S_US: Final = 1_000_000


@dataclass(slots=True)
class Simulator:
    """The demo site's physics in time.

    Attributes:
        database: Where readings go.
        site: The demo site.
        world: Its seed and places.
        state: How far its physics have come.
        actuators: How its actuators stand.
        faults: What is broken on purpose.
        devices: How its actuators misbehave on purpose, as of the last step.
    """

    database: Database
    site: DemoSite
    world: World
    state: WorldState
    actuators: Actuators = field(default_factory=Actuators)
    faults: tuple[Fault, ...] = ()
    devices: tuple[DeviceFault, ...] = ()
    _said: dict[str, float] = field(default_factory=dict)

    def apply(self, channel_number: int, value: float) -> None:
        """Set an actuator, as a device does when a command reaches it; it acts from the last step on.

        Args:
            channel_number: The number of the actuator's channel.
            value: What it shall be. [unit of the channel]

        Raises:
            NotFoundError: No actuator of the demo site has this channel.
            InvalidInputError: The actuator cannot be set to this.
        """
        numbers = {each.facts.number: signal for signal, each in self.site.channels.items()}
        match numbers.get(channel_number):
            case "pump.running":
                self.actuators = self.actuators._replace(pump_on=_switch(value))
            case "dehumidifier.running":
                self.actuators = self.actuators._replace(drying=_switch(value))
            case "mill.spindle_speed_setpoint":
                self.actuators = self.actuators._replace(speed_rpm=_speed(value))
            case _:
                raise NotFoundError("No actuator of the demo site has this channel; command a writable channel.")

    async def step(self, now_s: float) -> Recorded | None:
        """Go on to the present and record it.

        Args:
            now_s: The present, seconds since 1970 UTC. [s]

        Returns:
            What became of the readings; None where nothing was due.
        """
        end_s = int(now_s // STEP_S) * STEP_S
        if end_s <= self.state.at_s:
            return None
        behind_s = end_s - self.state.at_s
        first_s = int(self.state.at_s // STEP_S) * STEP_S + STEP_S if behind_s <= CATCHES_UP_S else end_s
        at_s = np.arange(first_s, end_s + 1, STEP_S, dtype=np.float64)
        memory = await recall(self.database, self.site.memory_site_id)
        faults, self.devices = memory.faults, memory.devices
        actuators = self.actuators
        if behind_s > _THREAD_FROM_S:
            found = await asyncio.to_thread(
                observe, self.world, self.state, at_s=at_s, actuators=actuators, faults=faults
            )
        else:
            found = observe(self.world, self.state, at_s=at_s, actuators=actuators, faults=faults)
        self.state, tracks, self.faults = found
        if self.faults != faults:
            await change(self.database, self.site.memory_site_id, lambda memory: with_remembered(memory, self.faults))
        return await self._record(tracks, at_s, now_s)

    async def _record(self, tracks: Mapping[str, Track], true_s: np.ndarray, now_s: float) -> Recorded | None:
        due = {signal: self._due(signal, track, true_s) for signal, track in tracks.items() if signal in self._wanted}
        signals = [signal for signal, rows in due.items() if len(rows)]
        if not signals:
            return None
        channels = [self.site.channels[signal].facts for signal in signals]
        place = np.concatenate([np.full(len(due[signal]), i, np.int32) for i, signal in enumerate(signals)])
        at_s = np.concatenate([tracks[signal].at_s[due[signal]] for signal in signals])
        values = np.concatenate([tracks[signal].values[due[signal]] for signal in signals])
        batch = ReadingBatch(place, (at_s * _S_US).astype(np.int64), values, np.zeros(len(place), np.int8))
        sent = [self.site.channels[signal].reference for signal in signals]
        how = Recording(
            source=ReadingSource.SIMULATION,
            organisation_id=self.site.organisation_id,
            now_us=int(now_s * _S_US),
            as_sent=lambda row: AsSent(
                reference=sent[place[row]],
                observed_at=datetime.fromtimestamp(at_s[row], UTC).isoformat(),
                value=repr(float(values[row])),
                origin="simulator",
            ),
        )
        recorded = await record_readings(self.database, SIMULATOR, channels, batch, how)
        for signal in signals:
            self._said[signal] = float(tracks[signal].values[due[signal]][-1])
        return recorded

    @property
    def _wanted(self) -> Iterable[str]:
        return self.site.channels.keys()

    def _due(self, signal: str, track: Track, true_s: np.ndarray) -> np.ndarray:
        """Find which values are to be recorded: those of the channel's own rhythm, and changes of states."""
        channel = self.site.channels[signal]
        due = true_s % channel.blueprint.every_s == 0
        if speaks_on_change(channel.blueprint):
            before = np.concatenate(([self._said.get(signal, np.nan)], track.values[:-1]))
            due |= track.values != before
        return np.flatnonzero(due)


def _switch(value: float) -> bool:
    if value not in {0.0, 1.0}:
        raise InvalidInputError("A switch is either 0 (OFF) or 1 (ON); send one of them.")
    return value == 1.0


def _speed(value: float) -> float:
    if not 0.0 <= value <= FULL_SPEED_RPM:
        raise InvalidInputError(
            f"The spindle turns with 0 to {FULL_SPEED_RPM:g} revolutions a minute; choose one of them."
        )
    return value
