"""A heat balance that was fitted, how good it is, and what it says of the future."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twinql.domain.thermal.drivers import Driver, Floats, ThermalPast
from twinql.domain.thermal.refusal import Refusal
from twinql.domain.thermal.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the heat balance, with what can be said for it.

    Attributes:
        name: What it is: "time constant", "gain of <key>", …
        value: Its estimate.
        lower: Lower bound at 80 %.
        upper: Upper bound at 80 %.
        unit: Its unit, with K for a difference in the unit of the channel and "unit of <key>" for a driver's.
    """

    name: str
    value: float
    lower: float
    upper: float
    unit: str


@dataclass(frozen=True, slots=True)
class Goodness:
    """How well a heat balance explains what it was not fitted to.

    Attributes:
        order: 1 for one lump, 2 for an inner and an envelope.
        rmse: Root mean square error of open-loop simulation over stretches that were left out of the fit. [unit]
        r2: Share of the variance over the same stretches that is explained, 1 at best, below 0 worse than their mean.
        persistence_rmse: The error of repeating the last value known, on the same points. [unit]
        count: Temperatures it was fitted to.
        from_s: Start of the past it was fitted to, seconds since 1970 UTC. [s]
        until_s: End of it, seconds since 1970 UTC. [s]
        trusted: Whether it is good enough to be asked.
    """

    order: int
    rmse: float
    r2: float
    persistence_rmse: float
    count: int
    from_s: float
    until_s: float
    trusted: bool


@dataclass(frozen=True, slots=True)
class ThermalModel:
    """A fitted heat balance. It can be pickled and kept.

    Attributes:
        drivers: The inputs that it uses; those that never moved were left out.
        step_s: The step it was fitted with, which is that of its simulations. [s]
        goodness: How good it is.
        parameters: For people.
    """

    drivers: tuple[Driver, ...]
    step_s: float
    goodness: Goodness
    parameters: tuple[Parameter, ...]

    def simulate(
        self, recent: ThermalPast, drivers: Mapping[str, Floats], *, level: float = 0.8
    ) -> Trajectory | Refusal:
        """Simulate the time after a past.

        Args:
            recent: What has just been measured, on the grid of the model: its last temperature is the start, and the
                state of the envelope is estimated from all of it. As long as the past of the fit is best.
            drivers: The future of each driver of the model by its key, shape (steps,), or (members, steps) for several
                that are equally likely (`futures` makes such from the past). NaN is not allowed.
            level: Share of outcomes that shall lie between the bounds, between 0 and 1.

        Returns:
            The trajectory, with the uncertainty of start, parameters, model and futures; a refusal where the last
            temperature is missing.
        """
        raise NotImplementedError


def fit(past: ThermalPast, drivers: Sequence[Driver], *, moved: Sequence[str] = ()) -> ThermalModel | Refusal:
    """Fit heat balances of first and second order to a past, and keep the one that explains best what it has not seen.

    Args:
        past: Up to some thousands of steps; holes are allowed. A grid of 1/5 to 1/50 of the time constant is best.
        drivers: What may move the temperature.
        moved: Keys of what the question will change: refused unless it moved in the past, and an effect is found.

    Returns:
        The model, or why there is none.
    """
    raise NotImplementedError


def futures(past: ThermalPast, drivers: Sequence[Driver], *, steps: int, members: int = 50) -> dict[str, Floats]:
    """Let drivers go on as they did in the past after moments like this one.

    Args:
        past: What was measured, its end being now.
        drivers: Those that are wanted.
        steps: How many steps to look ahead.
        members: At most how many courses.

    Returns:
        By key, shape (members, steps): member i of all keys is the same stretch of the past.
    """
    raise NotImplementedError
