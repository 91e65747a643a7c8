"""A household: what it uses, what its roof gives, and the registers that count it."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from twinql.domain.simulation.noise import normal, smooth, uniform
from twinql.domain.simulation.slots import DAY_MINUTES, SLOT_S, Floats, Ints, LocalTime, bump, covering, local_time
from twinql.domain.simulation.sun import solar_power
from twinql.domain.simulation.weather import Place, weather

_WATT_SECONDS_A_KWH: Final = 3.6e6
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Appliance:
    """Something that is switched on at about the same time of day."""

    name: str
    watts: float
    minutes: int
    around_minute: float
    """Local minute of the day about which it starts."""
    spread_minutes: float
    weekday: float
    """Chance that it runs on a working day, 0 to 1."""
    weekend: float


APPLIANCES: Final = (
    Appliance("kettle at breakfast", 2200, 3, 415, 20, 0.95, 0.4),
    Appliance("kettle, late breakfast", 2200, 3, 560, 35, 0.15, 0.9),
    Appliance("kettle at four", 2200, 3, 965, 40, 0.5, 0.8),
    Appliance("kettle in the evening", 2200, 3, 1260, 40, 0.6, 0.6),
    Appliance("shower pump and hair dryer", 1600, 9, 405, 18, 0.95, 0.3),
    Appliance("lunch", 1800, 35, 770, 30, 0.25, 0.75),
    Appliance("dinner", 2300, 50, 1160, 30, 0.9, 0.85),
    Appliance("dishwasher", 1250, 75, 1275, 35, 0.7, 0.8),
    Appliance("washing machine, heating", 2000, 22, 630, 90, 0.2, 0.7),
    Appliance("washing machine, evening", 2000, 22, 1120, 60, 0.3, 0.2),
    Appliance("tumble dryer", 1500, 65, 760, 90, 0.12, 0.45),
    Appliance("television", 140, 170, 1190, 40, 0.9, 0.95),
)


class HousePower(NamedTuple):
    """Mean power in each slot, shape (n,) each, never negative. Import less export is load less solar."""

    load_w: Floats
    solar_w: Floats
    imported_w: Floats
    exported_w: Floats


def house_power(*, seed: int, place: Place, slots: Ints, peak_kw: float) -> HousePower:
    """Make a household's power, minute by minute.

    Args:
        seed: Names the world.
        place: Where the house stands; its local clock governs people's habits.
        slots: Minutes since 1970 UTC, shape (n,).
        peak_kw: Size of the solar roof. [kW]

    Returns:
        Load, solar, import and export, constant within a slot.
    """
    sky = weather(seed=seed, place=place, slots=slots)
    solar_w = solar_power(irradiance_w_m2=sky.irradiance_w_m2, outside_c=sky.outside_c, peak_kw=peak_kw)
    load_w = household_load(seed=seed, slots=slots, local=local_time(slots, place.zone), outside_c=sky.outside_c)
    return HousePower(load_w, solar_w, np.maximum(load_w - solar_w, 0.0), np.maximum(solar_w - load_w, 0.0))


def household_load(*, seed: int, slots: Ints, local: LocalTime, outside_c: Floats) -> Floats:
    """Add up what a household uses.

    Args:
        seed: Names the world.
        slots: Minutes since 1970 UTC, shape (n,).
        local: The local clock in each slot.
        outside_c: Temperature outside, shape (n,): below 15 °C a heat pump works, above 25 °C it cools. [°C]

    Returns:
        Power in each slot, shape (n,), at least the standby of 70 W. [W]
    """
    at_s = slots.astype(np.float64) * SLOT_S
    awake = bump(local.minute, 470, 110) + 1.4 * bump(local.minute, 1200, 170) + 0.35 * bump(local.minute, 820, 200)
    at_home = np.where(local.weekday >= _SATURDAY, 1.35, 1.0)
    lights = 210.0 * awake * at_home * (1.0 + 0.35 * smooth(seed=seed, name="lights", at_s=at_s, period_s=1200.0))
    heating = 55.0 * np.clip(15.0 - outside_c, 0.0, 18.0) + 70.0 * np.clip(outside_c - 25.0, 0.0, 12.0)
    modulation = 1.0 + 0.3 * smooth(seed=seed, name="heat pump", at_s=at_s, period_s=2400.0)
    load = 70.0 + lights + heating * modulation + _fridge(seed, slots)
    for appliance in APPLIANCES:
        load += appliance.watts * _running(appliance, seed, local)
    return np.asarray(load)


class Registers(NamedTuple):
    """The counters of a meter, in kWh."""

    imported_kwh: float
    exported_kwh: float
    generated_kwh: float


def count_energy(
    *, seed: int, place: Place, peak_kw: float, registers: Registers, since_s: float, at_s: Floats
) -> tuple[Floats, Floats, Floats]:
    """Let the registers of a house count.

    Power is constant within a slot, so the sum is exact and how often one looks does not change it. The house is there
    while nobody looks: energy of an unobserved time is in the next value.

    Args:
        seed: Names the world.
        place: Where the house stands.
        peak_kw: Size of the solar roof. [kW]
        registers: The counters at `since_s`. [kWh]
        since_s: Seconds since 1970 UTC. [s]
        at_s: When to read the counters, ascending, not before `since_s`, shape (n,), n ≥ 1. [s]

    Returns:
        Imported, exported and generated energy at each time, shape (n,), never falling. [kWh]

    Source:
        E = ∫ P dt.
    """
    slots = covering(from_s=since_s, until_s=float(at_s[-1]))
    power = house_power(seed=seed, place=place, slots=slots, peak_kw=peak_kw)
    edges = np.arange(slots[0], slots[-1] + 2, dtype=np.float64) * SLOT_S

    def counted(start_kwh: float, watts: Floats) -> Floats:
        energy = np.concatenate(([0.0], np.cumsum(watts * SLOT_S))) / _WATT_SECONDS_A_KWH
        return np.asarray(start_kwh + np.interp(at_s, edges, energy) - np.interp(since_s, edges, energy))

    return (
        counted(registers.imported_kwh, power.imported_w),
        counted(registers.exported_kwh, power.exported_w),
        counted(registers.generated_kwh, power.solar_w),
    )


def _fridge(seed: int, slots: Ints) -> Floats:
    """A compressor that runs 18 minutes of 52, a little longer in some rounds."""
    cycle, place = slots // 52, slots % 52
    return np.where(place < 16 + 5 * uniform(seed=seed, name="fridge", index=cycle), 95.0, 0.0)


def _running(appliance: Appliance, seed: int, local: LocalTime) -> Floats:
    """1 while it runs. What starts before midnight ends after it."""
    running = np.zeros(local.day.size)
    for day, minute in ((local.day, local.minute), (local.day - 1, local.minute + DAY_MINUTES)):
        chance = np.where((day + 3) % 7 >= _SATURDAY, appliance.weekend, appliance.weekday)
        today = uniform(seed=seed, name=appliance.name, index=day) < chance
        drawn = normal(seed=seed, name=f"{appliance.name}/start", index=day)
        start = np.floor(appliance.around_minute + appliance.spread_minutes * drawn)
        running += today & (minute >= start) & (minute < start + appliance.minutes)
    return np.asarray(running)
