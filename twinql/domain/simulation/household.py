"""The house as its meters see it."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.simulation.house import Registers, count_energy, house_power
from twinql.domain.simulation.noise import normal
from twinql.domain.simulation.slots import SLOT_S, Floats
from twinql.domain.simulation.weather import Place, weather


@dataclass(frozen=True, slots=True)
class Household:
    """The state of the house's meter at an instant."""

    at_s: float
    registers: Registers


def observe_house(
    house: Household, *, seed: int, place: Place, peak_kw: float, at_s: Floats
) -> tuple[Household, dict[str, Floats]]:
    """Let the house live on and read its meter.

    Args:
        house: The state to start from.
        seed: Names the world.
        place: Where the house stands.
        peak_kw: Size of the solar roof. [kW]
        at_s: When to read, ascending, not before the state, shape (n,), n ≥ 1; whole seconds since 1970 UTC. [s]

    Returns:
        The state at the last time, and each signal's values, shape (n,); units are those of `seeds/demo.toml`.
    """
    imported, exported, generated = count_energy(
        seed=seed, place=place, peak_kw=peak_kw, registers=house.registers, since_s=house.at_s, at_s=at_s
    )
    slots = (at_s // SLOT_S).astype(np.int64)
    power = house_power(seed=seed, place=place, slots=slots, peak_kw=peak_kw)
    flicker = 1.0 + 0.006 * normal(seed=seed, name="house/power", index=at_s.astype(np.int64))
    after = Household(
        at_s=float(at_s[-1]), registers=Registers(float(imported[-1]), float(exported[-1]), float(generated[-1]))
    )
    return after, {
        "house.import_energy": imported,
        "house.export_energy": exported,
        "house.generated_energy": generated,
        "house.import_power": power.imported_w / 1000.0 * flicker,
        "house.export_power": power.exported_w / 1000.0 * flicker,
        "house.solar_power": power.solar_w / 1000.0 * flicker,
        "house.outside_temperature": weather(seed=seed, place=place, slots=slots).outside_c,
    }
