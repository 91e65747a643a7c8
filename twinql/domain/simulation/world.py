"""House and factory as one world: from a seed and a time to what every sensor says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from twinql.domain.simulation.factory import Factory, new_factory, observe_factory
from twinql.domain.simulation.faults import REGISTERS, Fault, FaultName, Track, apply_faults, coolant_flow
from twinql.domain.simulation.house import Registers
from twinql.domain.simulation.household import Household, observe_house
from twinql.domain.simulation.mill import Actuators, Mill
from twinql.domain.simulation.moisture import saturation_g_m3
from twinql.domain.simulation.programme import Programme, programme
from twinql.domain.simulation.room import Air
from twinql.domain.simulation.slots import SLOT_S, Floats
from twinql.domain.simulation.weather import Place

FIRSTREGISTERS: Final = Registers(imported_kwh=8412.4, exported_kwh=5130.8, generated_kwh=9870.2)
_PEAK_KW: Final = 5.0


@dataclass(frozen=True, slots=True)
class World:
    """What never changes: the seed and the two places."""

    seed: int
    house: Place
    factory: Place


@dataclass(frozen=True, slots=True)
class WorldState:
    """What goes on from one observation to the next."""

    house: Household
    factory: Factory

    @property
    def at_s(self) -> float:
        """The instant up to which the world has gone, seconds since 1970 UTC."""
        return self.factory.mill.at_s


class Last(NamedTuple):
    """What a signal said last."""

    at_s: float
    value: float


def beginning(at_s: float) -> WorldState:
    """Make the state in which a world begins.

    Args:
        at_s: Seconds since 1970 UTC. [s]

    Returns:
        A house with a meter that has counted for a while, and a cold factory.
    """
    return WorldState(house=Household(at_s=at_s, registers=FIRSTREGISTERS), factory=new_factory(at_s))


def observe(
    world: World, state: WorldState, *, at_s: Floats, actuators: Actuators, faults: Iterable[Fault] = ()
) -> tuple[WorldState, dict[str, Track], tuple[Fault, ...]]:
    """Let the world go on and read every sensor.

    Args:
        world: Seed and places.
        state: Where it stands.
        at_s: When to read, ascending, after the state, shape (n,), n ≥ 1; whole seconds since 1970 UTC. [s]
        actuators: Held constant.
        faults: Those that are on.

    Returns:
        The state at the last time, what each signal says, and the faults with what they remember.
    """
    first_s = float(at_s[0])
    state, met = _reset_registers(state, faults, at_s=first_s)
    house, of_house = observe_house(state.house, seed=world.seed, place=world.house, peak_kw=_PEAK_KW, at_s=at_s)
    factory, of_factory = observe_factory(
        state.factory,
        seed=world.seed,
        place=world.factory,
        at_s=at_s,
        actuators=actuators,
        flow=coolant_flow(met, at_s=first_s),
    )
    tracks = {signal: Track(at_s, values) for signal, values in (of_house | of_factory).items()}
    said, remembered = apply_faults(tracks, met, seed=world.seed)
    return WorldState(house=house, factory=factory), said, remembered


def recovered(world: World, last: Mapping[str, Last], *, at_s: float) -> tuple[WorldState, Actuators]:
    """Find the state of a world from what its sensors last said, so that it goes on after a stop.

    Args:
        world: Seed and places.
        last: The last known value of each signal; what is missing starts afresh.
        at_s: When a world without any starts, seconds since 1970 UTC. [s]

    Returns:
        The state at the times of the registers and of the machine's sensors, and how the actuators stood: a pump or a
        spindle speed that is not as the programme has it was set by somebody, and still is.
    """
    known = {signal: each.value for signal, each in last.items()}
    house_s = last["house.import_energy"].at_s if "house.import_energy" in last else at_s
    mill_s = last["mill.temperature"].at_s if "mill.temperature" in last else at_s
    fresh = beginning(mill_s)
    room_c = known.get("room.temperature", fresh.factory.air.temperature_c)
    moisture = fresh.factory.air.moisture_g_m3
    if "room.humidity" in known:
        moisture = known["room.humidity"] / 100.0 * saturation_g_m3(room_c)
    mill = Mill(
        at_s=mill_s,
        temperature_c=known.get("mill.temperature", fresh.factory.mill.temperature_c),
        speed_rpm=known.get("mill.spindle_speed", 0.0),
        wear_percent=known.get("mill.tool_wear", 0.0),
    )
    drying = known.get("dehumidifier.running", 0.0) > 0.0
    counted = {field: known[signal] for signal, field in REGISTERS.items() if signal in known}
    registers = fresh.house.registers._replace(**counted)
    planned_rpm = float(_planned(world, mill_s).speed_rpm[0])
    setpoint = known.get("mill.spindle_speed_setpoint", planned_rpm)
    pump_on = None
    if "pump.running" in last:
        reading = last["pump.running"]
        rests = bool(_planned(world, reading.at_s).pump_rests[0])
        pump_on = None if (reading.value > 0.0) != rests else reading.value > 0.0
    actuators = Actuators(pump_on=pump_on, speed_rpm=None if setpoint == planned_rpm else setpoint)
    factory = Factory(mill=mill, air=Air(room_c, moisture), drying=drying)
    return WorldState(house=Household(at_s=house_s, registers=registers), factory=factory), actuators


def _planned(world: World, at_s: float) -> Programme:
    slot = np.array([int(at_s // SLOT_S)], dtype=np.int64)
    return programme(seed=world.seed, slots=slot, zone=world.factory.zone)


def _reset_registers(
    state: WorldState, faults: Iterable[Fault], *, at_s: float
) -> tuple[WorldState, tuple[Fault, ...]]:
    """Let a register that is newly at fault go on from another value, once; it remembers where it stood."""
    met = []
    for each in faults:
        field = REGISTERS.get(each.signal)
        if each.name is FaultName.REGISTER_RESET and each.held is None and field is not None and at_s >= each.since_s:
            registers = state.house.registers
            met.append(replace(each, held=float(getattr(registers, field))))
            registers = registers._replace(**{field: each.magnitude})
            state = replace(state, house=replace(state.house, registers=registers))
        else:
            met.append(each)
    return state, tuple(met)
