"""What the factory asks of its milling machine: jobs, cuts, pauses and stops, slot by slot."""

from enum import IntEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.simulation.noise import uniform
from twinql.domain.simulation.slots import Flags, Floats, Ints, local_time

CYCLE_SLOTS: Final = 12
JOB_SLOTS: Final = 240
FULL_SPEED_RPM: Final = 12_000.0
_SPEEDS_RPM: Final = np.array([9000.0, 10_000.0, 11_000.0, 12_000.0])
_STOPS_A_CYCLE: Final = 0.003
_SATURDAY: Final = 5
_DAY_SHIFT_MINUTES: Final = (360, 1320)
_SHIFTS_CHANGE_MINUTES: Final = (360, 840, 1320)
_REST_MINUTES: Final = 5


class Execution(IntEnum):
    """What a machine is doing."""

    IDLE = 0
    RUNNING = 1
    FAULT = 2


class Programme(NamedTuple):
    """The plan for each slot, shape (n,) each."""

    execution: Ints
    speed_rpm: Floats
    """The spindle speed that the job asks for, also while the machine stands."""
    cutting: Floats
    """Cutting power as a share of what the spindle can give at its speed, 0 to 1."""
    cycle_start: Flags
    """Whether a new work-piece is put in: the time when a worn tool is changed."""
    pump_rests: Flags
    """Whether the coolant pump rests, for its filter to be cleaned, while the machine stands."""


def programme(*, seed: int, slots: Ints, zone: ZoneInfo) -> Programme:
    """Plan the work of a milling machine that runs day and night.

    A cycle is twelve minutes: one to change the work-piece (two at night and at weekends, when one person serves many
    machines), the rest cutting. A job of four hours has one speed. About one cycle in three hundred is lost to a stop.
    Where shifts change, at 6, 14 and 22 o'clock, it stands for five minutes and its coolant pump rests.

    Args:
        seed: Names the world.
        slots: Minutes since 1970 UTC, shape (n,).
        zone: Of the factory.

    Returns:
        Execution, speed, cutting load, the starts of cycles and the rests of the pump.
    """
    cycle, place = slots // CYCLE_SLOTS, slots % CYCLE_SLOTS
    clock = local_time(slots, zone)
    served = (clock.weekday < _SATURDAY) & (clock.minute >= _DAY_SHIFT_MINUTES[0])
    served &= clock.minute < _DAY_SHIFT_MINUTES[1]
    resting = np.isin(clock.minute // _REST_MINUTES * _REST_MINUTES, _SHIFTS_CHANGE_MINUTES)
    pausing = (place < np.where(served, 1, 2)) | resting
    stopped = uniform(seed=seed, name="stop", index=cycle) < _STOPS_A_CYCLE
    execution = np.where(pausing, Execution.IDLE, Execution.RUNNING)
    execution = np.where(stopped, Execution.FAULT, execution).astype(np.int64)
    job = slots // JOB_SLOTS
    choice = (uniform(seed=seed, name="job/speed", index=job) * _SPEEDS_RPM.size).astype(np.int64)
    depth = 0.55 + 0.30 * uniform(seed=seed, name="job/depth", index=job)
    cut = 0.85 + 0.30 * uniform(seed=seed, name="cut", index=slots)
    return Programme(
        execution=execution,
        speed_rpm=_SPEEDS_RPM[choice],
        cutting=np.where(execution == Execution.RUNNING, np.minimum(depth * cut, 1.0), 0.0),
        cycle_start=np.asarray(place == 0),
        pump_rests=resting,
    )
