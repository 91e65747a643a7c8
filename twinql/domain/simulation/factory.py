"""The factory as its sensors see it: the mill, its coolant pump, the store room and its dehumidifier."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.simulation.mill import Actuators, Mill, Plan, advance_mill
from twinql.domain.simulation.network import latency_ms
from twinql.domain.simulation.noise import normal
from twinql.domain.simulation.programme import FULL_SPEED_RPM, Execution, Programme, programme
from twinql.domain.simulation.room import DEHUMIDIFIER_W, Air, aired, humidistat
from twinql.domain.simulation.slots import SLOT_S, Floats, Ints, covering
from twinql.domain.simulation.spindle import electric_w
from twinql.domain.simulation.weather import Place, Weather, weather

CONTROL_W: Final = 850.0
PUMP_W: Final = 750.0
PUMP_DRY_W: Final = 430.0
"""What the pump draws when it runs but moves no coolant."""
_COLUMNS: Final = ("temperature", "speed", "wear", "tripped", "humidity", "room", "drying")


@dataclass(frozen=True, slots=True)
class Factory:
    """The state of the factory at the mill's instant."""

    mill: Mill
    air: Air
    drying: bool = False


def new_factory(at_s: float) -> Factory:
    """Start a factory that has stood still.

    Args:
        at_s: Seconds since 1970 UTC. [s]

    Returns:
        A cold machine with a new tool, and a dry room.
    """
    mill = Mill(at_s=at_s, temperature_c=22.0, speed_rpm=0.0, wear_percent=0.0)
    return Factory(mill=mill, air=Air(temperature_c=17.0, moisture_g_m3=7.3))


def observe_factory(
    factory: Factory, *, seed: int, place: Place, at_s: Floats, actuators: Actuators, flow: float = 1.0
) -> tuple[Factory, dict[str, Floats]]:
    """Let the factory run and read its sensors: for sixty days of minutes or for the next two seconds alike.

    Args:
        factory: The state to start from.
        seed: Names the world.
        place: Where the factory stands.
        at_s: When to read, ascending, after the state's instant, shape (n,), n ≥ 1; whole seconds since 1970 UTC. [s]
        actuators: Held constant.
        flow: What the coolant pump delivers while it runs, 0 to 1.

    Returns:
        The state at the last time, and each signal's values, shape (n,); units are those of `seeds/demo.toml`.
    """
    slots = covering(from_s=factory.mill.at_s, until_s=float(at_s[-1]))
    work = programme(seed=seed, slots=slots, zone=place.zone)
    sky = weather(seed=seed, place=place, slots=slots)
    plan = _plan(slots, work, sky)
    moisture = sky.moisture_g_m3.tolist()
    rows = []
    for until_s in at_s.tolist():
        factory = _advance(factory, plan, moisture, until_s=until_s, actuators=actuators, flow=flow)
        mill, air = factory.mill, factory.air
        rows.append(
            (
                mill.temperature_c,
                mill.speed_rpm,
                mill.wear_percent,
                mill.tripped,
                air.humidity_percent,
                air.temperature_c,
                factory.drying,
            )
        )
    true = dict(zip(_COLUMNS, np.asarray(rows, dtype=np.float64).T, strict=True))
    here = (at_s // SLOT_S).astype(np.int64) - slots[0]
    now = Programme(*(column[here] for column in work))
    signals = _sense_mill(seed=seed, place=place, at_s=at_s, true=true, now=now, actuators=actuators)
    signals |= _sense_rest(seed=seed, at_s=at_s, true=true, now=now, actuators=actuators, flow=flow)
    signals["factory.outside_temperature"] = sky.outside_c[here]
    return factory, signals


def _plan(slots: Ints, work: Programme, sky: Weather) -> Plan:
    return Plan(
        first_slot=int(slots[0]),
        execution=work.execution.tolist(),
        speed_rpm=work.speed_rpm.tolist(),
        cutting=work.cutting.tolist(),
        cycle_start=work.cycle_start.tolist(),
        pump_rests=work.pump_rests.tolist(),
        outside_c=sky.outside_c.tolist(),
    )


def _advance(
    factory: Factory, plan: Plan, moisture: list[float], *, until_s: float, actuators: Actuators, flow: float
) -> Factory:
    """Let mill and room go on together; the humidistat looks once a minute."""
    at_s, air, drying = factory.mill.at_s, factory.air, factory.drying
    mill = advance_mill(factory.mill, plan, until_s=until_s, actuators=actuators, flow=flow)
    while at_s < until_s:
        place = int(at_s // SLOT_S) - plan.first_slot
        if actuators.drying is not None:
            drying = actuators.drying
        elif at_s % SLOT_S == 0:
            drying = humidistat(running=drying, humidity_percent=air.humidity_percent)
        end_s = min(until_s, (at_s // SLOT_S + 1) * SLOT_S)
        air = aired(
            air,
            elapsed_h=(end_s - at_s) / 3600.0,
            outside_c=plan.outside_c[place],
            outside_g_m3=moisture[place],
            drying=drying,
        )
        at_s = end_s
    return Factory(mill=mill, air=air, drying=drying)


def _sense_mill(
    *, seed: int, place: Place, at_s: Floats, true: dict[str, Floats], now: Programme, actuators: Actuators
) -> dict[str, Floats]:
    index = at_s.astype(np.int64)

    def noisy(name: str) -> Floats:
        return normal(seed=seed, name=f"mill/{name}", index=index)

    execution = np.where(true["tripped"] > 0, float(Execution.FAULT), now.execution)
    running = execution == Execution.RUNNING
    power_w = CONTROL_W + electric_w(speed_rpm=true["speed"], cutting=np.where(running, now.cutting, 0.0))
    latency = latency_ms(seed=seed, zone=place.zone, at_s=at_s)
    strain = 0.25 + 0.012 * true["wear"] + 0.12 * np.maximum(true["temperature"] - 55.0, 0.0)
    errors = strain + 0.02 * np.maximum(latency - 30.0, 0.0) + np.where(execution == Execution.FAULT, 12.0, 0.0)
    setpoint = now.speed_rpm if actuators.speed_rpm is None else np.full(at_s.size, actuators.speed_rpm)
    yielded = np.where(running, true["speed"] / FULL_SPEED_RPM * (1.0 - 0.0035 * true["wear"]), 0.0)
    turning = np.where(true["speed"] > 0, 1.5 * noisy("speed"), 0.0)
    return {
        "mill.temperature": true["temperature"] + 0.08 * noisy("temperature"),
        "mill.power": power_w / 1000.0 * (1.0 + 0.008 * noisy("power")),
        "mill.spindle_speed": np.maximum(true["speed"] + turning, 0.0),
        "mill.spindle_speed_setpoint": setpoint,
        "mill.network_latency": latency,
        "mill.error_rate": np.clip(errors * (1.0 + 0.06 * noisy("errors")), 0.0, 100.0),
        "mill.efficiency": np.digitize(yielded, (0.45, 0.7)).astype(np.float64),
        "mill.execution": execution,
        "mill.tool_wear": true["wear"],
    }


def _sense_rest(
    *, seed: int, at_s: Floats, true: dict[str, Floats], now: Programme, actuators: Actuators, flow: float
) -> dict[str, Floats]:
    index = at_s.astype(np.int64)

    def noisy(name: str) -> Floats:
        return normal(seed=seed, name=f"rest/{name}", index=index)

    runs = ~now.pump_rests if actuators.pump_on is None else np.full(at_s.size, actuators.pump_on)
    pumping = runs.astype(np.float64)
    draw_w = PUMP_DRY_W + (PUMP_W - PUMP_DRY_W) * flow
    return {
        "pump.running": pumping,
        "pump.power": pumping * draw_w / 1000.0 * (1.0 + 0.01 * noisy("pump")),
        "room.humidity": np.clip(true["humidity"] + 0.15 * noisy("humidity"), 0.0, 100.0),
        "room.temperature": true["room"] + 0.03 * noisy("room"),
        "dehumidifier.running": true["drying"],
        "dehumidifier.power": true["drying"] * DEHUMIDIFIER_W / 1000.0 * (1.0 + 0.01 * noisy("dehumidifier")),
    }
