"""Faults that can be switched on by name: what a sensor, a register or a clock then says instead of the truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from twinql.domain.simulation.noise import uniform
from twinql.domain.simulation.slots import Floats
from twinql.errors import InvalidInputError

REGISTERS: Final[Mapping[str, str]] = {
    "house.import_energy": "imported_kwh",
    "house.export_energy": "exported_kwh",
    "house.generated_energy": "generated_kwh",
}
"""The signals that are counters, and which field of `Registers` each one shows."""
_SPIKES: Final = 0.03


class FaultName(StrEnum):
    """What can go wrong."""

    STUCK_SENSOR = "stuck-sensor"
    DRIFT = "drift"
    SPIKE = "spike"
    COOLANT_FAILURE = "coolant-failure"
    REGISTER_RESET = "register-reset"
    CLOCK_OFF = "clock-off"


class Usual(NamedTuple):
    """What a fault means when it is switched on without more words."""

    signal: str
    magnitude: float
    meaning: str


USUAL: Final[Mapping[FaultName, Usual]] = {
    FaultName.STUCK_SENSOR: Usual("mill.temperature", 0.0, "the sensor repeats its last value"),
    FaultName.DRIFT: Usual("mill.temperature", 6.0, "the sensor reads more by this much an hour"),
    FaultName.SPIKE: Usual("mill.power", 25.0, "three values in a hundred are off by this much"),
    FaultName.COOLANT_FAILURE: Usual("mill.temperature", 0.0, "the pump delivers this share of its flow"),
    FaultName.REGISTER_RESET: Usual("house.import_energy", 17.25, "the register goes on from this value"),
    # A second less than an hour: readings of even seconds would fall on instants that are taken, and none be recorded.
    FaultName.CLOCK_OFF: Usual("mill.power", -3599.0, "the sensor's clock is off by so many seconds"),
}


_ACT_ON_THE_TRUTH: Final = frozenset({FaultName.COOLANT_FAILURE, FaultName.REGISTER_RESET})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is on."""

    name: FaultName
    signal: str
    since_s: float
    magnitude: float
    held: float | None = None
    """The first value that the fault met: what a stuck sensor repeats, and where a reset register stood."""


class Track(NamedTuple):
    """What a signal says: times and values, shape (n,) each."""

    at_s: Floats
    values: Floats


def switched_on(name: FaultName, *, at_s: float, signal: str | None = None, magnitude: float | None = None) -> Fault:
    """Make a fault, with its usual signal and magnitude unless others are given.

    Args:
        name: What goes wrong.
        at_s: From when on, seconds since 1970 UTC. [s]
        signal: What it befalls.
        magnitude: How strong it is; the unit depends on the fault, as USUAL says.

    Returns:
        The fault.

    Raises:
        InvalidInputError: It cannot befall this signal.
    """
    usual = USUAL[name]
    if signal is not None and name is FaultName.COOLANT_FAILURE and signal != usual.signal:
        raise InvalidInputError("The coolant fails for the mill alone; leave the signal out.")
    if signal is not None and name is FaultName.REGISTER_RESET and signal not in REGISTERS:
        raise InvalidInputError(f"Only a register can be reset: choose one of {', '.join(REGISTERS)}.")
    return Fault(
        name=name,
        signal=usual.signal if signal is None else signal,
        since_s=at_s,
        magnitude=usual.magnitude if magnitude is None else magnitude,
    )


def coolant_flow(faults: Iterable[Fault], *, at_s: float) -> float:
    """Find what the coolant pump delivers.

    Args:
        faults: Those that are on.
        at_s: Seconds since 1970 UTC. [s]

    Returns:
        A share of the full flow: 1 unless the coolant has failed.
    """
    flows = [fault.magnitude for fault in faults if fault.name is FaultName.COOLANT_FAILURE and at_s >= fault.since_s]
    return min([1.0, *flows])


def apply_faults(
    tracks: Mapping[str, Track], faults: Iterable[Fault], *, seed: int
) -> tuple[dict[str, Track], tuple[Fault, ...]]:
    """Let faults change what sensors say. The truth behind them is untouched.

    A coolant failure and a register reset change the truth itself: `observe` of the world sees to them.

    Args:
        tracks: True values by signal, in time order. NaN stays NaN, but for a stuck sensor.
        faults: Those that are on, applied in order; each acts from its start on.
        seed: Names the world: it chooses which values are spikes.

    Returns:
        What the signals say, and the faults with the value that each met first, to be handed in again next time.
    """
    changed = dict(tracks)
    remembered = []
    for fault in faults:
        track = changed.get(fault.signal)
        hit = None if track is None else track.at_s >= fault.since_s
        if track is None or hit is None or not hit.any() or fault.name in _ACT_ON_THE_TRUTH:
            remembered.append(fault)
            continue
        known = fault if fault.held is not None else replace(fault, held=float(track.values[hit][0]))
        remembered.append(known)
        at_s, values = _distorted(known, track, seed)
        changed[fault.signal] = Track(np.where(hit, at_s, track.at_s), np.where(hit, values, track.values))
    return changed, tuple(remembered)


def _distorted(fault: Fault, track: Track, seed: int) -> Track:
    at_s, values = track
    assert fault.held is not None
    match fault.name:
        case FaultName.STUCK_SENSOR:
            return Track(at_s, np.full_like(values, fault.held))
        case FaultName.DRIFT:
            return Track(at_s, values + fault.magnitude * (at_s - fault.since_s) / 3600.0)
        case FaultName.SPIKE:
            drawn = uniform(seed=seed, name=f"spike/{fault.signal}", index=at_s.astype(np.int64))
            sign = np.where(drawn < _SPIKES / 2.0, -1.0, 1.0)
            return Track(at_s, values + np.where(drawn < _SPIKES, sign * fault.magnitude, 0.0))
        case FaultName.CLOCK_OFF:
            return Track(at_s + fault.magnitude, values)
        case _:
            return track
