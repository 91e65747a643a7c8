"""Where a temperature goes, how sure that is, when it crosses a threshold, and how far it overshoots."""

from dataclasses import dataclass

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
        The quantiles of the first crossing over all paths; all times are 0 where it starts beyond the threshold.
    """
    raise NotImplementedError


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
    """Find how far a temperature goes past its setpoint after it first reached it."""
    raise NotImplementedError
