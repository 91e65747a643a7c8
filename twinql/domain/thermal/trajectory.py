"""Where a temperature goes, how sure that is, when it crosses a threshold, and how far it overshoots."""

from dataclasses import dataclass

import numpy as np

from twinql.domain.thermal.drivers import Floats


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A simulated future on a grid of equal steps.

    Attributes:
        start: The temperature at the beginning. [unit of the channel]
        lower: Lower bounds at the END of each step, shape (steps,). [unit of the channel]
        median: Medians at the END of each step, shape (steps,). [unit of the channel]
        upper: Upper bounds at the END of each step, shape (steps,). [unit of the channel]
        paths: Possible courses, equally likely, shape (paths, steps): crossings are counted in these.
        level: Share of outcomes that should lie between the bounds, between 0 and 1.
        step_s: Length of a step. [s]
        begins_s: Start of the first step, seconds since 1970 UTC. [s]
        beyond: Whether the median leaves the range of temperatures of the past that the model was fitted to.
    """

    start: float
    lower: Floats
    median: Floats
    upper: Floats
    paths: Floats
    level: float
    step_s: float
    begins_s: float
    beyond: bool


@dataclass(frozen=True, slots=True)
class Crossing:
    """When a threshold is crossed for the first time, as time since the beginning of the trajectory.

    Attributes:
        threshold: What is crossed. [unit of the channel]
        rising: Whether from below.
        earliest_s: Before this it is crossed with a probability of (1 - level) / 2; None if not within the horizon. [s]
        median_s: By this time it is crossed with a probability of one half; None if not within the horizon. [s]
        latest_s: After this it is still to be crossed with a probability of (1 - level) / 2; None if that is not within
            the horizon. [s]
        probability: That it is crossed within the horizon at all, 0 to 1.
    """

    threshold: float
    rising: bool
    earliest_s: float | None
    median_s: float | None
    latest_s: float | None
    probability: float


def first_crossing(trajectory: Trajectory, *, threshold: float, rising: bool | None = None) -> Crossing:
    """Find when a threshold is crossed for the first time.

    Between the ends of steps each path is a straight line.

    Args:
        trajectory: What was simulated.
        threshold: What is to be crossed. [unit of the channel]
        rising: Whether from below; left out, from the side on which the trajectory starts.

    Returns:
        The quantiles of the first crossing over all paths; all times are 0 where it starts at or beyond the threshold.
    """
    upwards = trajectory.start < threshold if rising is None else rising
    sign = 1.0 if upwards else -1.0
    paths = np.concatenate([np.full((len(trajectory.paths), 1), trajectory.start), trajectory.paths], axis=1) * sign
    beyond = paths >= threshold * sign
    place = np.argmax(beyond, axis=1)
    crosses = beyond.any(axis=1)
    here = np.arange(len(paths))
    before, after = paths[here, np.maximum(place - 1, 0)], paths[here, place]
    rise = after - before
    within = np.where(rise > 0.0, (threshold * sign - before) / np.where(rise > 0.0, rise, 1.0), 1.0)
    times = np.where(place == 0, 0.0, (place - 1 + within) * trajectory.step_s)
    ordered = np.sort(np.where(crosses, times, np.inf))
    tail = (1.0 - trajectory.level) / 2.0
    earliest, median, latest = (float(ordered[round(share * (len(ordered) - 1))]) for share in (tail, 0.5, 1.0 - tail))
    return Crossing(
        threshold=threshold,
        rising=upwards,
        earliest_s=_within(earliest),
        median_s=_within(median),
        latest_s=_within(latest),
        probability=float(crosses.mean()),
    )


def _within(time_s: float) -> float | None:
    return time_s if time_s < np.inf else None


@dataclass(frozen=True, slots=True)
class Overshoot:
    """How a temperature gets to a new setpoint.

    Attributes:
        lower: Lower bound of the overshoot: how far it goes past the setpoint, zero or more. [unit of the channel, as a
            difference]
        median: Its median. [unit of the channel, as a difference]
        upper: Its upper bound. [unit of the channel, as a difference]
        probability: That it goes past the setpoint by more than `tolerance`, 0 to 1.
        tolerance: What does not count: the hysteresis of the control, or the spread of its readings at rest.
        reaches: When the setpoint is first reached.
    """

    lower: float
    median: float
    upper: float
    probability: float
    tolerance: float
    reaches: Crossing


def overshoot(trajectory: Trajectory, *, setpoint: float, tolerance: float = 0.0) -> Overshoot:
    """Find how far a temperature goes past its setpoint after it first reached it.

    Args:
        trajectory: What was simulated, from before the setpoint was changed.
        setpoint: The new one. [unit of the channel]
        tolerance: What does not count. [unit of the channel, as a difference]

    Returns:
        Over all paths; a path that does not reach the setpoint overshoots by nothing.
    """
    sign = 1.0 if trajectory.start < setpoint else -1.0
    past = np.maximum((trajectory.paths - setpoint) * sign, 0.0).max(axis=1)
    tail = (1.0 - trajectory.level) / 2.0
    lower, median, upper = (float(each) for each in np.quantile(past, [tail, 0.5, 1.0 - tail]))
    return Overshoot(
        lower=lower,
        median=median,
        upper=upper,
        probability=float((past > tolerance).mean()),
        tolerance=tolerance,
        reaches=first_crossing(trajectory, threshold=setpoint, rising=sign > 0.0),
    )
