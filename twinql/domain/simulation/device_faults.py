"""Devices that do not behave: late, lossy or dead ones, and what then becomes of a command."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Final, NamedTuple

import numpy as np

from twinql.domain.simulation.noise import uniform
from twinql.errors import InvalidInputError

_LONGEST_S: Final = 3600.0


class DeviceFaultName(StrEnum):
    """How a device can misbehave."""

    LATE = "late"
    LOSSY = "lossy"
    DEAD = "dead"


class UsualDevice(NamedTuple):
    """What a fault of a device means when it is switched on without more words."""

    magnitude: float
    most: float
    meaning: str


USUAL_DEVICE: Final[Mapping[DeviceFaultName, UsualDevice]] = {
    DeviceFaultName.LATE: UsualDevice(
        10.0, _LONGEST_S, "it answers after so many seconds, and acts as many after that"
    ),
    DeviceFaultName.LOSSY: UsualDevice(0.5, 1.0, "this share of commands and of answers is lost"),
    DeviceFaultName.DEAD: UsualDevice(1.0, 1.0, "it is not there: commands to it wait until they expire"),
}


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """A fault of a device that is on.

    Attributes:
        name: What is wrong.
        signal: The actuator, such as pump.running.
        since_s: From when on, seconds since 1970 UTC. [s]
        magnitude: How strong it is: LATE in s, LOSSY a share of 1, DEAD always 1.
    """

    name: DeviceFaultName
    signal: str
    since_s: float
    magnitude: float


class Course(NamedTuple):
    """What a device does with a command that is handed to it.

    Attributes:
        heard: Whether it arrives at all.
        answers_after_s: When the device has read it and says so. [s]
        acts_after_s: When it does what is asked, and says so. [s]
        answer_lost: Whether nobody hears that it has it.
        report_lost: Whether nobody hears that it is done.
    """

    heard: bool = True
    answers_after_s: float = 0.0
    acts_after_s: float = 0.0
    answer_lost: bool = False
    report_lost: bool = False


def device_fault(name: DeviceFaultName, *, signal: str, at_s: float, magnitude: float | None = None) -> DeviceFault:
    """Make a fault of a device, with its usual magnitude unless another is given.

    Args:
        name: What is wrong.
        signal: The actuator.
        at_s: From when on, seconds since 1970 UTC. [s]
        magnitude: How strong it is, in the unit that USUAL_DEVICE says.

    Returns:
        The fault.

    Raises:
        InvalidInputError: It cannot be that strong.
    """
    usual = USUAL_DEVICE[name]
    if magnitude is None:
        return DeviceFault(name, signal, at_s, usual.magnitude)
    if name is DeviceFaultName.DEAD:
        raise InvalidInputError("A dead device has no magnitude; leave it out.")
    if not (isfinite(magnitude) and 0.0 < magnitude <= usual.most):
        unit = "seconds" if name is DeviceFaultName.LATE else "as a share"
        raise InvalidInputError(f"The magnitude of {name.value} is above 0 and at most {usual.most:g}, {unit}.")
    return DeviceFault(name, signal, at_s, magnitude)


def is_dead(faults: Iterable[DeviceFault], signal: str) -> bool:
    """Say whether an actuator's device is not there."""
    return any(each.name is DeviceFaultName.DEAD and each.signal == signal for each in faults)


def course_of(faults: Iterable[DeviceFault], *, signal: str, command: str, seed: int) -> Course:
    """Find what becomes of a command: the same one for the same command and seed.

    Args:
        faults: Those that are on.
        signal: The actuator.
        command: Names the command; each has its own chance.
        seed: Names the world.

    Returns:
        The course of a sound device, delayed by the latest and thinned by the lossiest fault that befalls it; that of a
        dead one is never heard.
    """
    mine = [each for each in faults if each.signal == signal]
    late_s = max((each.magnitude for each in mine if each.name is DeviceFaultName.LATE), default=0.0)
    share = max((each.magnitude for each in mine if each.name is DeviceFaultName.LOSSY), default=0.0)
    drawn = uniform(seed=seed, name=f"lossy/{command}", index=np.arange(3))
    lost, answer_lost, report_lost = (bool(each) for each in drawn < share)
    return Course(not lost and not is_dead(mine, signal), late_s, 2.0 * late_s, answer_lost, report_lost)
