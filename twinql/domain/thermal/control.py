"""A temperature under control: what follows when its setpoint is changed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twinql.domain.thermal.balance import inputs_of, scaled
from twinql.domain.thermal.drivers import Floats, ThermalPast
from twinql.domain.thermal.exact import step_matrices
from twinql.domain.thermal.model import STALE, Part, ThermalModel, before_now, started
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.trajectory import Trajectory

_COURSES = 100


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
    """Simulate a temperature whose driver is switched by a thermostat that looks at it at the end of each step.

    So the control is a step late at most, as a real one is by its own cycle: overshoot comes from that, from the
    hysteresis and from the envelope. Bounds are those of the model's numbers alone: what else disturbs it the control
    corrects.

    Args:
        model: Fitted to a past in which the driver moved.
        recent: As for `ThermalModel.simulate`.
        drivers: The future of the other drivers, shape (steps,) each.
        thermostat: What controls.
        steps: How many steps to look ahead, at least 1.
        level: Share of outcomes that shall lie between the bounds, between 0 and 1.

    Returns:
        The trajectory; a refusal where the start is not known or the driver is not one of the model's.
    """
    if thermostat.key not in {driver.key for driver in model.drivers}:
        return Refusal(
            RefusalCode.ACTUATOR_NEVER_MOVED,
            f"What shall control the temperature is not among what is known to move it: {thermostat.key}.",
            "A past in which it was switched, and the temperature answered.",
        )
    before = before_now(recent, model.drivers)
    if isinstance(before, Refusal):
        return before
    courses = []
    for part in model.parts:
        start = started(model.drivers, part, before)
        if start is None:
            return STALE
        ahead = {**drivers, thermostat.key: np.zeros(steps)}
        courses.append(_switched(model, part, start, ahead, thermostat))
    paths = np.concatenate(courses)
    lower, median, upper = np.quantile(paths, [(1.0 - level) / 2.0, 0.5, (1.0 + level) / 2.0], axis=0)
    return Trajectory(
        start=float(recent.temperatures[-1]),
        lower=lower,
        median=median,
        upper=upper,
        paths=paths,
        level=level,
        step_s=model.step_s,
        begins_s=recent.ends_s,
        beyond=bool((median < model.lowest).any() or (median > model.highest).any()),
    )


def _switched(
    model: ThermalModel, part: Part, start: Floats, ahead: Mapping[str, Floats], thermostat: Thermostat
) -> Floats:
    """Run likely sets of numbers of one balance under the thermostat, shape (its share of courses, steps)."""
    count = max(2, round(part.weight * _COURSES))
    thetas = part.spread.likely(count)
    steps = len(ahead[thermostat.key])
    sides = []
    for value in (thermostat.off, thermostat.on):
        series = {**ahead, thermostat.key: np.full(steps, value)}
        inputs = inputs_of(part.balance, scaled(model.drivers, series, part.scale), dict.fromkeys(series, 1.0))
        rates, gains = part.balance.assemble(thetas, inputs.flows)
        e, f = step_matrices(rates)
        push = np.einsum("mtij,mtj->mti", f, inputs.basis @ gains)
        sides.append((e, push))
    setpoint = (thermostat.setpoint - part.scale.offset) / part.scale.spread
    half = thermostat.hysteresis / part.scale.spread / 2.0
    state = np.tile(start[:, 0], (count, 1))
    on = _wanted(state[:, 0], setpoint, 0.0, cools=thermostat.cools, on=np.zeros(count, dtype=bool))
    found = np.empty((count, steps))
    for step in range(steps):
        one, other = (np.einsum("mij,mj->mi", e[:, step], state) + push[:, step] for e, push in sides)
        state = np.where(on[:, None], other, one)
        found[:, step] = state[:, 0]
        on = _wanted(state[:, 0], setpoint, half, cools=thermostat.cools, on=on)
    return np.asarray(found * part.scale.spread + part.scale.offset)


def _wanted(inside: Floats, setpoint: float, half: float, *, cools: bool, on: Floats) -> Floats:
    """Say which courses are switched on next."""
    error = (inside - setpoint) * (1.0 if cools else -1.0)
    return np.asarray(np.where(error > half, True, np.where(error < -half, False, on)))
