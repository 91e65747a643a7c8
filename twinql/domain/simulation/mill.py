"""A CNC milling machine that follows its programme, wears its tool, warms up and protects itself."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from twinql.domain.simulation.programme import FULL_SPEED_RPM, Execution
from twinql.domain.simulation.slots import SLOT_S
from twinql.domain.simulation.spindle import RAMP_RPM_S, warmed

TRIPS_C: Final = 95.0
RELEASES_C: Final = 55.0
TOOL_CHANGE_PERCENT: Final = 85.0
_WATCHED_C: Final = 80.0
_GUARD_S: Final = 2.0
_TOOL_LIFE_S: Final = 30.0 * 3600.0
_LIFE_RPM: Final = 10_000.0
_LIFE_CUTTING: Final = 0.7


@dataclass(frozen=True, slots=True)
class Mill:
    """The state of the machine at an instant."""

    at_s: float
    temperature_c: float
    speed_rpm: float
    wear_percent: float
    tripped: bool = False
    """Whether the control has stopped the spindle because it was too hot."""


class Actuators(NamedTuple):
    """What can be switched and set from outside; what is None is left to the plant itself."""

    pump_on: bool | None = None
    speed_rpm: float | None = None
    drying: bool | None = None


class Plan(NamedTuple):
    """What acts on the machine in each slot from the first one on: plain lists, since they are walked one by one."""

    first_slot: int
    execution: list[int]
    speed_rpm: list[float]
    cutting: list[float]
    cycle_start: list[bool]
    pump_rests: list[bool]
    outside_c: list[float]


def advance_mill(mill: Mill, plan: Plan, *, until_s: float, actuators: Actuators, flow: float = 1.0) -> Mill:
    """Let the machine work until an instant.

    Time is cut where something changes: at whole minutes, at the end of a ramp, and every two seconds while the spindle
    is hot enough for the control to watch it. Within a piece the solution is exact, so steps of two seconds and of a
    minute lead to the same state.

    Args:
        mill: The state to start from.
        plan: Covers the time from the state to `until_s`.
        until_s: Seconds since 1970 UTC; nothing happens if it is not after the state. [s]
        actuators: Held constant.
        flow: What the coolant pump delivers while it runs, 0 to 1: less than 1 is a failure.

    Returns:
        The state at `until_s`.
    """
    while mill.at_s < until_s:
        place = int(mill.at_s // SLOT_S) - plan.first_slot
        pumping = not plan.pump_rests[place] if actuators.pump_on is None else actuators.pump_on
        mill = _events(mill, cycle_start=plan.cycle_start[place])
        cutting = 0.0 if mill.tripped else plan.cutting[place]
        target = 0.0
        if plan.execution[place] == Execution.RUNNING and not mill.tripped:
            target = plan.speed_rpm[place] if actuators.speed_rpm is None else actuators.speed_rpm
        end_s, speed = _piece(mill, target=target, until_s=until_s)
        elapsed_s = end_s - mill.at_s
        mill = Mill(
            at_s=end_s,
            temperature_c=warmed(
                temperature_c=mill.temperature_c,
                elapsed_s=elapsed_s,
                from_rpm=mill.speed_rpm,
                to_rpm=speed,
                cutting=cutting,
                cooled=flow if pumping else 0.0,
                air_c=hall_c(plan.outside_c[place]),
            ),
            speed_rpm=speed,
            wear_percent=min(100.0, mill.wear_percent + _wear(mill.speed_rpm, speed, cutting, elapsed_s)),
            tripped=mill.tripped,
        )
    return mill


def hall_c(outside_c: float) -> float:
    """Find the temperature of the factory hall.

    Args:
        outside_c: Temperature outside. [°C]

    Returns:
        20 °C, moved by a quarter of what it is warmer or colder outside. [°C]
    """
    return 20.0 + 0.25 * (outside_c - 20.0)


def _events(mill: Mill, *, cycle_start: bool) -> Mill:
    """Change a worn tool at the start of a cycle; stop a spindle that is too hot, and free one that has cooled down."""
    wear, tripped = mill.wear_percent, mill.tripped
    if cycle_start and wear >= TOOL_CHANGE_PERCENT and mill.at_s % SLOT_S == 0:
        wear = 0.0
    if mill.at_s % _GUARD_S == 0:
        tripped = mill.temperature_c >= (RELEASES_C if tripped else TRIPS_C)
    if wear == mill.wear_percent and tripped == mill.tripped:
        return mill
    return Mill(mill.at_s, mill.temperature_c, mill.speed_rpm, wear, tripped)


def _piece(mill: Mill, *, target: float, until_s: float) -> tuple[float, float]:
    """Find how far nothing changes but an even ramp, and the speed there."""
    end_s = min(until_s, (mill.at_s // SLOT_S + 1) * SLOT_S)
    if mill.tripped or mill.temperature_c > _WATCHED_C:
        end_s = min(end_s, (mill.at_s // _GUARD_S + 1) * _GUARD_S)
    gap = min(max(target, 0.0), FULL_SPEED_RPM) - mill.speed_rpm
    if gap == 0.0:
        return end_s, mill.speed_rpm
    arrives_s = mill.at_s + abs(gap) / RAMP_RPM_S
    if arrives_s <= end_s:
        return arrives_s, mill.speed_rpm + gap
    step = RAMP_RPM_S * (end_s - mill.at_s)
    return end_s, mill.speed_rpm + (step if gap > 0 else -step)


def _wear(from_rpm: float, to_rpm: float, cutting: float, elapsed_s: float) -> float:
    """Wear by Taylor's tool life equation (1907), v Tⁿ = C with n = 1/4, usual for carbide; exact on a ramp. [%]."""
    if cutting == 0.0:
        return 0.0
    a, b = from_rpm / _LIFE_RPM, to_rpm / _LIFE_RPM
    mean = (a**4 + a**3 * b + a**2 * b**2 + a * b**3 + b**4) / 5.0
    return 100.0 * elapsed_s / _TOOL_LIFE_S * mean * cutting / _LIFE_CUTTING
