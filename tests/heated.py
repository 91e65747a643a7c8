"""A made-up lump with a heater, an outside and a fan, solved exactly step by step: what a fit has to find again."""

import numpy as np

from twinql.domain.thermal.drivers import Driver, DriverRole, Floats, ThermalPast

HEATER = Driver("heater", DriverRole.HEAT)
OUTSIDE = Driver("outside", DriverRole.SINK)
FAN = Driver("fan", DriverRole.FLOW, sink="outside")
LOSS, FAN_LOSS, GAIN = 0.05, 0.15, 0.8
"""Per step, per step with the fan on, kelvins a step for each kilowatt."""


def drive(count: int, seed: int = 1) -> dict[str, Floats]:
    """Let heater and fan be switched at random, and the outside go up and down."""
    heater, fan = (np.random.default_rng(seed + each) for each in (0, 100))
    place = np.arange(count)
    return {
        "heater": np.repeat(heater.integers(0, 3, count // 10 + 1), 10)[:count].astype(np.float64),
        "outside": 10.0 + 4.0 * np.sin(place / 25.0),
        "fan": np.repeat(fan.integers(0, 2, count // 15 + 1), 15)[:count].astype(np.float64),
    }


def lump(drivers: dict[str, Floats], *, start: float = 18.0) -> Floats:
    """Solve dT/dt = (LOSS + FAN_LOSS fan) (outside - T) + GAIN heater over each step."""
    found, temperature = [], start
    for heater, outside, fan in zip(drivers["heater"], drivers["outside"], drivers["fan"], strict=True):
        loss = LOSS + FAN_LOSS * fan
        steady = outside + GAIN * heater / loss
        temperature = steady + (temperature - steady) * np.exp(-loss)
        found.append(temperature)
    return np.asarray(found)


def past_of(count: int = 300, *, noise: float = 0.02, seed: int = 1) -> ThermalPast:
    """Measure the lump with a little noise, every minute."""
    drivers = drive(count, seed)
    error = np.random.default_rng(seed + 50).standard_normal(count) * noise
    return ThermalPast(lump(drivers) + error, drivers, 60.0, 1_000.0)


def future_of(count: int = 300, ahead: int = 60, *, seed: int = 1) -> tuple[dict[str, Floats], Floats]:
    """Tell how the same lump goes on: its drivers and its temperatures."""
    drivers = drive(count + ahead, seed)
    return {key: values[count:] for key, values in drivers.items()}, lump(drivers)[count:]
