"""What a temperature does if nobody does anything, and what it does if: both from one heat balance and one future."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinql.domain.scenarios.fitted import fitted
from twinql.domain.scenarios.scenario import Floats, ScenarioRefusal
from twinql.domain.scenarios.seen import LATELY_STEPS, told, too_long, unseen
from twinql.domain.thermal.control import Thermostat, controlled
from twinql.domain.thermal.drivers import Driver, ThermalPast
from twinql.domain.thermal.futures import futures
from twinql.domain.thermal.limits import FEWEST_STEPS
from twinql.domain.thermal.model import Goodness, Parameter, ThermalModel, before_now
from twinql.domain.thermal.prepare import moves
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.trajectory import Crossing, Overshoot, Trajectory, first_crossing, overshoot


@dataclass(frozen=True, slots=True)
class Supposition:
    """A value that an input is supposed to have for a while.

    Attributes:
        key: The input.
        value: Its value. [unit of the input]
        after_s: From when on, since the start. [s]
        until_s: Until when, since the start; None to the end. [s]
    """

    key: str
    value: float
    after_s: float = 0.0
    until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Setpoint:
    """A new setpoint, whatever follows it.

    Attributes:
        key: The setpoint among the inputs.
        value: Its new value. [unit of the channel]
        tolerance: How far beyond it does not count. [unit of the channel]
    """

    key: str
    value: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that is looked for.

    Attributes:
        value: The value. [unit of the channel]
        rising: Whether it is to be crossed from below; None from where the temperature starts.
    """

    value: float
    rising: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureQuestion:
    """All that is needed to answer it; it can be pickled.

    Attributes:
        past: What was measured.
        past_steps: How many steps of it are fitted to.
        drivers: What may move the temperature.
        holding: Keys of those that stay as they are until somebody sets them; the others go on as they did before.
        supposed: What is supposed of some of them.
        setpoint: A new setpoint; None where none is asked about.
        thermostat: What switches one of them; None where nothing does.
        steps: How many steps to look ahead.
        told_every: Of so many steps one is told.
        horizon_step_s: The step that the horizon asks for; longer than that of the past where this is only to tell how
            fast the temperature is. [s]
        level: Share of outcomes that should lie between the bounds.
        thresholds: What crossings are looked for.
    """

    past: ThermalPast
    past_steps: int
    drivers: Sequence[Driver]
    holding: frozenset[str]
    supposed: Sequence[Supposition]
    setpoint: Setpoint | None
    thermostat: Thermostat | None
    steps: int
    told_every: int
    horizon_step_s: float
    level: float
    thresholds: Sequence[Threshold]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureAnswer:
    """The answer to a question about a temperature.

    Attributes:
        baseline: If nobody does anything, without its paths; NaN from where on it is too far from all that was seen.
        alternative: If what is supposed happens, in the same way.
        told_s: How far the alternative is told; None for all of it. [s]
        baseline_crossings: When thresholds are first crossed in the baseline, in their order.
        alternative_crossings: When they are in the alternative.
        overshoot: How far the alternative goes past its setpoint; None without one.
        drivers: The inputs that the heat balance uses.
        goodness: How good it is.
        parameters: Its numbers.
    """

    baseline: Trajectory
    alternative: Trajectory
    told_s: float | None
    baseline_crossings: Sequence[Crossing]
    alternative_crossings: Sequence[Crossing]
    overshoot: Overshoot | None
    drivers: Sequence[Driver]
    goodness: Goodness
    parameters: Sequence[Parameter]


def answered(question: TemperatureQuestion) -> TemperatureAnswer | ScenarioRefusal | None:
    """Fit a heat balance, and look ahead with it twice over the same future.

    Returns:
        The answer, or why there is none; None where the temperature is slow enough for the longer steps that the
        horizon asks for, so that it may be asked again in these.
    """
    if (refused := _refused(question)) is not None:
        return refused
    model = _fitted(question)
    if isinstance(model, Refusal):
        return _unexplained(question, model)
    if question.horizon_step_s > question.past.step_s:
        return too_long(question.horizon_step_s, model.parameters)
    usual = _usual(question, model)
    baseline = _told(model.simulate(question.past, usual, level=question.level), model)
    alternative = _told(_alternative(question, model, usual), model)
    if isinstance(baseline, ScenarioRefusal):
        return baseline
    if isinstance(alternative, ScenarioRefusal):
        return alternative
    count = len(alternative.median)
    return TemperatureAnswer(
        baseline=_thinned(baseline, question),
        alternative=_thinned(alternative, question),
        told_s=None if count == question.steps else count * question.past.step_s,
        baseline_crossings=_crossings(question, baseline),
        alternative_crossings=_crossings(question, alternative),
        overshoot=_overshoot(question, alternative),
        drivers=model.drivers,
        goodness=model.goodness,
        parameters=model.parameters,
    )


def refusal(found: Refusal) -> ScenarioRefusal:
    """Say in the words of scenarios why a heat balance does not answer."""
    return ScenarioRefusal(found.code.value, found.message, found.needed)


def _unexplained(question: TemperatureQuestion, found: Refusal) -> ScenarioRefusal:
    """Say so where it is only the last hour that a heat balance does not explain: there is something amiss now."""
    if found.code not in {RefusalCode.NO_EFFECT, RefusalCode.POOR_FIT}:
        return refusal(found)
    before = _fitted(question, spared=LATELY_STEPS)
    if isinstance(before, Refusal):
        return refusal(found)
    return ScenarioRefusal(
        "UNEXPLAINED",
        f"Up to {LATELY_STEPS * question.past.step_s / 60:.0f} minutes ago a heat balance explained "
        f"{before.goodness.r2:.0%} of what the temperature did. What was read since then does not fit to it: something "
        "acts on it that is not among its drivers, such as a fault.",
        "That the cause is found and mended, or is among `drivers`.",
    )


def _fitted(question: TemperatureQuestion, *, spared: int = 0) -> ThermalModel | Refusal:
    if question.setpoint is not None:
        return fitted(question.past, (), steps=question.past_steps, setpoint=question.setpoint.key, spared=spared)
    moved = dict.fromkeys(each.key for each in question.supposed)
    if question.thermostat is not None:
        moved[question.thermostat.key] = None
    steps = question.past_steps
    return fitted(question.past, question.drivers, steps=steps, moved=tuple(moved), spared=spared)


def _told(course: Trajectory | Refusal, model: ThermalModel) -> Trajectory | ScenarioRefusal:
    return refusal(course) if isinstance(course, Refusal) else told(course, model)


def _refused(question: TemperatureQuestion) -> ScenarioRefusal | None:
    """Say what needs no fit to be seen: a value that nobody has seen, or a start that nobody knows."""
    values = [(each.key, each.value) for each in question.supposed]
    if question.thermostat is not None:
        values += [(question.thermostat.key, each) for each in (question.thermostat.off, question.thermostat.on)]
    if question.setpoint is not None:
        values.append((question.setpoint.key, question.setpoint.value))
    past = question.past
    for key, value in values:
        if (found := unseen(key, value, past.drivers[key])) is not None:
            return found
    changed = moves(past, list(past.drivers))
    if any(not changed[key] for key, _ in values) or np.count_nonzero(~np.isnan(past.temperatures)) < FEWEST_STEPS:
        return None
    before = before_now(past, [each for each in question.drivers if changed[each.key]])
    return refusal(before) if isinstance(before, Refusal) else None


def _usual(question: TemperatureQuestion, model: ThermalModel) -> dict[str, Floats]:
    """Return what inputs do if nobody does anything, shape (members, steps) or (steps,) each."""
    held = [each for each in model.drivers if each.key in question.holding]
    others = [each for each in model.drivers if each.key not in question.holding]
    going_on = futures(question.past, others, steps=question.steps) if others else {}
    return going_on | {each.key: np.full(question.steps, _last(question.past.drivers[each.key])) for each in held}


def _last(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else 0.0


def _alternative(
    question: TemperatureQuestion, model: ThermalModel, usual: Mapping[str, Floats]
) -> Trajectory | Refusal:
    supposed = dict(usual)
    for each in question.supposed:
        if each.key in supposed:
            supposed[each.key] = with_supposition(supposed[each.key], each, question.past.step_s)
    if question.setpoint is not None:
        supposed[question.setpoint.key] = np.full(question.steps, question.setpoint.value)
    if question.thermostat is None:
        return model.simulate(question.past, supposed, level=question.level)
    likely = {key: each if each.ndim == 1 else np.median(each, axis=0) for key, each in supposed.items()}
    steps, level = question.steps, question.level
    return controlled(model, question.past, likely, question.thermostat, steps=steps, level=level)


def with_supposition(usual: Floats, supposition: Supposition, step_s: float) -> Floats:
    """Return what an input does if a value is supposed for a while.

    Args:
        usual: What it does otherwise: means over steps, shape (..., steps).
        supposition: The value, from when on and until when.
        step_s: Length of a step; a step that is touched in part has the mean. [s]
    """
    begins = step_s * np.arange(usual.shape[-1])
    until_s = np.inf if supposition.until_s is None else supposition.until_s
    touched = np.minimum(begins + step_s, until_s) - np.maximum(begins, supposition.after_s)
    share = np.clip(touched / step_s, 0.0, 1.0)
    return np.asarray(usual * (1.0 - share) + supposition.value * share)


def _crossings(question: TemperatureQuestion, trajectory: Trajectory) -> list[Crossing]:
    return [first_crossing(trajectory, threshold=each.value, rising=each.rising) for each in question.thresholds]


def _overshoot(question: TemperatureQuestion, alternative: Trajectory) -> Overshoot | None:
    if question.setpoint is not None:
        return overshoot(alternative, setpoint=question.setpoint.value, tolerance=question.setpoint.tolerance)
    if question.thermostat is None:
        return None
    tolerance = question.thermostat.hysteresis / 2.0
    return overshoot(alternative, setpoint=question.thermostat.setpoint, tolerance=tolerance)


def _thinned(trajectory: Trajectory, question: TemperatureQuestion) -> Trajectory:
    """Leave out what need not be told: paths, and steps between those that are; what was cut off is NaN."""
    last = question.told_every - 1

    def told_of(values: Floats) -> Floats:
        whole = np.full(question.steps, np.nan)
        whole[: len(values)] = values
        return whole[last :: question.told_every]

    return replace(
        trajectory,
        lower=told_of(trajectory.lower),
        median=told_of(trajectory.median),
        upper=told_of(trajectory.upper),
        paths=np.empty((0, 0)),
        step_s=trajectory.step_s * question.told_every,
    )
