"""What moves a temperature, and the past that a heat balance is fitted to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class DriverRole(Enum):
    """How an input enters the heat balance."""

    HEAT = "HEAT"
    """It warms in proportion: the power of a heater or motor, solar irradiance. Any unit; zero or more warms."""
    COLD = "COLD"
    """It cools in proportion: the power of a chiller. Any unit; zero or more cools."""
    FRICTION = "FRICTION"
    """It warms by more than its proportion: a speed, by something between its first and its second power."""
    SINK = "SINK"
    """A temperature that heat flows to and comes from: outside air, a coolant. Its unit is that of the channel."""
    FLOW = "FLOW"
    """An actuator between 0 and 1 that opens a path to something colder or warmer: a coolant pump, a valve, a fan."""


@dataclass(frozen=True, slots=True)
class Driver:
    """An input of the heat balance.

    Attributes:
        key: Names its series in a past and in what is assumed of the future: an id of a channel, for instance.
        role: How it enters.
        sink: Of a FLOW: the key of the SINK that it opens the path to; None for something of a constant temperature
            that nobody measures, which is then fitted.
    """

    key: str
    role: DriverRole
    sink: str | None = None


@dataclass(frozen=True, slots=True)
class ThermalPast:
    """What was measured, on a grid of equal steps.

    Attributes:
        temperatures: At the END of each step, oldest first, shape (n,). NaN is a gap. [any unit of temperature]
        drivers: Each driver's series by its key, shape (n,) each: the mean over the step, or, where it is read no more
            often than once a step, the reading at its end. NaN is a gap.
        step_s: Length of a step. [s]
        begins_s: Start of the first step, seconds since 1970 UTC. [s]
    """

    temperatures: Floats
    drivers: Mapping[str, Floats]
    step_s: float
    begins_s: float = 0.0

    def __len__(self) -> int:
        return len(self.temperatures)

    @property
    def ends_s(self) -> float:
        """The end of the last step, seconds since 1970 UTC: where a simulation begins. [s]."""
        return self.begins_s + len(self) * self.step_s
