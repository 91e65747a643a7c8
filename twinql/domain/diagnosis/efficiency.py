"""What a machine makes of its energy: by the state it is in, and against its own past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.diagnosis.bands import EFFICIENCY, EfficiencyLevel
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.readings import Floats

FEWEST_PERIODS: Final = 5
PAST_PERIODS: Final = 12
"""So many earlier periods of the same length are looked at, and so many of them must tell something."""
_FEWEST_KNOWN: Final = 0.5
"""Of a period at least this share must be known to tell something."""
_ALIKE: Final = 1e-9
PRODUCTIVE_STATES: Final = frozenset(
    {"RUNNING", "ACTIVE", "ON", "EXECUTE", "EXECUTING", "PRODUCING", "PRODUCTION", "WORKING", "BUSY"}
)
"""States in which a machine does what it is for, by their label in capitals."""
_HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class StateEnergy:
    """What was used in a state.

    Attributes:
        code: The state; None for the time of which nobody knows.
        energy_kwh: What was used in it. [kWh]
        elapsed_s: For how long it was so. [s]
        share: Share of all that was used, 0 to 1; None where nothing was.
    """

    code: float | None
    energy_kwh: float
    elapsed_s: float
    share: float | None


@dataclass(frozen=True, slots=True)
class EnergyByState:
    """What was used, by state.

    Attributes:
        states: The states that occurred, the most used first; their energies add up to the total.
        total_kwh: What was used. [kWh]
        known_s: The time of which the energy is known. [s]
    """

    states: Sequence[StateEnergy]
    total_kwh: float
    known_s: float


@dataclass(frozen=True, slots=True)
class Efficiency:
    """What a machine makes of a kilowatt hour, against its own past.

    Attributes:
        level: How that is called, by the published table.
        value: Useful output of a kilowatt hour: productive hours, or what a counter counted. [h / kWh or 1 / kWh]
        percentile: Share of earlier periods that were less efficient, in percent; equal ones count half. [%]
        usual: The median of the earlier periods. [as value]
        periods: How many earlier periods there are.
        energy_kwh: What was used. [kWh]
        useful: What was made of it. [h or 1]
    """

    level: EfficiencyLevel
    value: float
    percentile: float
    usual: float
    periods: int
    energy_kwh: float
    useful: float


def energy_of_steps(values: Floats, kind: ReadingKind, *, step_s: float, resolution_s: float | None) -> Floats:
    """Return what was used in each step of a grid.

    Args:
        values: What a channel told at the n + 1 edges of n steps, shape (n + 1,): kW of an INSTANTANEOUS one, the
            register of a CUMULATIVE one in kWh, and of an INTERVAL one the amount of the interval that follows the
            edge, in kWh. NaN where nothing is known.
        kind: Which of the three it is.
        step_s: Length of a step. [s]
        resolution_s: Length of an interval; needed for INTERVAL alone. [s]

    Returns:
        Shape (n,), NaN where it is not known, and where a register fell. [kWh]

    Source:
        E = ∫ P dt, with the power at the beginning of a step in force throughout.
    """
    if kind is ReadingKind.CUMULATIVE:
        steps = np.diff(values)
        return np.where(steps >= 0, steps, np.nan)
    if kind is ReadingKind.INTERVAL:
        return np.asarray(values[:-1] * (step_s / (resolution_s or step_s)), dtype=np.float64)
    return np.asarray(values[:-1] * (step_s / _HOUR_S), dtype=np.float64)


def energy_by_state(energy_kwh: Floats, codes: Floats, *, step_s: float) -> EnergyByState | Reason:
    """Divide what was used among the states in which a machine was.

    Args:
        energy_kwh: What was used in each step, shape (n,). NaN where nobody knows. [kWh]
        codes: The state at the beginning of each step, shape (n,). NaN where nobody knows.
        step_s: Length of a step. [s]

    Returns:
        The energies, which add up to the total; a reason where nothing is known.
    """
    known = np.isfinite(energy_kwh)
    if not known.any():
        return too_few(1, 0)
    energy, states = energy_kwh[known], codes[known]
    total = float(energy.sum())
    keys: list[float | None] = [*np.unique(states[np.isfinite(states)]).tolist()]
    places: Mapping[float | None, np.typing.NDArray[np.bool_]] = {
        **{key: states == key for key in keys},
        **({None: np.isnan(states)} if np.isnan(states).any() else {}),
    }
    found = [
        StateEnergy(
            key, float(energy[at].sum()), float(at.sum()) * step_s, float(energy[at].sum()) / total if total else None
        )
        for key, at in places.items()
    ]
    return EnergyByState(sorted(found, key=lambda each: -each.energy_kwh), total, float(known.sum()) * step_s)


def efficiency_of(energy_kwh: Floats, useful: Floats) -> Efficiency | Reason:
    """Say what a machine makes of its energy, against its own past.

    Args:
        energy_kwh: What was used in each step of each period, the one that is looked at last, shape (periods, n). NaN
            where nobody knows. [kWh]
        useful: What was made in each step, of the same shape: productive hours, or what a counter counted. NaN where
            nobody knows. [h or 1]

    Returns:
        The efficiency; a reason where the period, or fewer than `FEWEST_PERIODS` earlier ones, tell something: where
        half of a period is not known, or nothing was used or made in it.

    Source:
        ISO 50006: an energy performance indicator (useful output / energy) against the baseline of the same thing;
        percentile rank with ties counted half.
    """
    known = np.isfinite(energy_kwh) & np.isfinite(useful)
    energy = np.where(known, energy_kwh, 0).sum(axis=1)
    output = np.where(known, useful, 0).sum(axis=1)
    told = (known.mean(axis=1) >= _FEWEST_KNOWN) & (energy > 0) & (output > 0)
    if not told[-1]:
        return Reason(ReasonCode.NO_ACTIVITY, "It used or made nothing then, or half of that time is not known.")
    past = output[:-1][told[:-1]] / energy[:-1][told[:-1]]
    if len(past) < FEWEST_PERIODS:
        return too_few(FEWEST_PERIODS, len(past), "earlier periods of the same length in which it worked")
    value = float(output[-1] / energy[-1])
    alike = np.isclose(past, value, rtol=_ALIKE, atol=0)
    percentile = 100 * float(np.where(alike, 0.5, past < value).mean())
    level = EFFICIENCY.label(percentile)
    return Efficiency(level, value, percentile, float(np.median(past)), len(past), float(energy[-1]), float(output[-1]))
