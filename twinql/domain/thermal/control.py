"""A temperature under control: what follows when its setpoint is changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from twinql.domain.thermal.drivers import Floats, ThermalPast
from twinql.domain.thermal.model import ThermalModel
from twinql.domain.thermal.refusal import Refusal
from twinql.domain.thermal.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Thermostat:
    """An on-off control that is assumed to act on a driver of a model.

    Attributes:
        key: The driver that it switches.
        setpoint: What the temperature shall be. [unit of the channel]
        hysteresis: It switches at the setpoint plus and minus half of this. [unit of the channel, as a difference]
        off: The driver's value when it is off. [unit of the driver]
        on: The driver's value when it is on. [unit of the driver]
        cools: Whether it cools when it is on.
    """

    key: str
    setpoint: float
    hysteresis: float
    off: float
    on: float
    cools: bool


def controlled(
    model: ThermalModel,
    recent: ThermalPast,
    drivers: Mapping[str, Floats],
    thermostat: Thermostat,
    *,
    steps: int,
    level: float = 0.8,
) -> Trajectory | Refusal:
    """Simulate a temperature whose driver is switched by a thermostat that looks at it once a step."""
    raise NotImplementedError


def fit_loop(past: ThermalPast, *, setpoint: str, drivers: tuple[str, ...] = ()) -> ThermalModel | Refusal:
    """Fit how a channel follows its own setpoint: a closed loop of first or second order, whatever controls it.

    Args:
        past: The channel in `temperatures` (any quantity), its setpoint among the drivers.
        setpoint: The key of the setpoint.
        drivers: Keys of other inputs that disturb it.

    Returns:
        A model whose driver is the setpoint and which can swing, so that it can overshoot; or why there is none.
    """
    raise NotImplementedError
