"""A heat balance that was fitted, how good it is, and what it says of the future."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinql.domain.thermal.balance import Layout, Scale, inputs_of, scaled
from twinql.domain.thermal.draws import Spread
from twinql.domain.thermal.drivers import Driver, Floats, ThermalPast
from twinql.domain.thermal.limits import PATHS, RECENT_STEPS
from twinql.domain.thermal.prepare import bridged, newest, stretches_of
from twinql.domain.thermal.refusal import Refusal, RefusalCode
from twinql.domain.thermal.simulation import fitted_starts, forced
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
        order: 1 for one lump, 2 for an inner and an envelope: that of the balance that counts most.
        rmse: Root mean square error of open-loop simulation over the younger past, fitted to the older. [unit]
        r2: Share of the variance there that is explained, 1 at best, below 0 worse than its mean.
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
class Part:
    """One of the balances that are averaged.

    Attributes:
        balance: The layout.
        scale: What takes the units out.
        spread: Its numbers, and how sure they are.
        weight: Its share, 0 to 1.
    """

    balance: Layout
    scale: Scale
    spread: Spread
    weight: float


@dataclass(frozen=True, slots=True)
class ThermalModel:
    """A fitted heat balance: the average of a few layouts. It can be pickled and kept.

    Attributes:
        drivers: The inputs that it uses; those that never moved were left out.
        step_s: The step it was fitted with, which is that of its simulations. [s]
        goodness: How good it is.
        parameters: For people.
        lowest: The lowest temperature of the past. [unit]
        highest: The highest one. [unit]
        parts: The balances that are averaged.
    """

    drivers: tuple[Driver, ...]
    step_s: float
    goodness: Goodness
    parameters: tuple[Parameter, ...]
    lowest: float
    highest: float
    parts: tuple[Part, ...]

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
        before = before_now(recent, self.drivers)
        if isinstance(before, Refusal):
            return before
        courses, medians = [], []
        for part in self.parts:
            course = simulated(self, part, before, drivers)
            if course is None:
                return STALE
            courses.append(course)
            medians.append(part.weight * np.median(course, axis=0))
        paths = np.concatenate(courses)
        lower, upper = np.quantile(paths, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
        median = np.clip(np.sum(medians, axis=0), lower, upper)
        return Trajectory(
            start=float(recent.temperatures[-1]),
            lower=lower,
            median=median,
            upper=upper,
            paths=paths,
            level=level,
            step_s=self.step_s,
            begins_s=recent.ends_s,
            beyond=bool((median < self.lowest).any() or (median > self.highest).any()),
        )


STALE = Refusal(
    RefusalCode.STALE,
    "The last temperature or the last value of a driver is missing, so it is not known where to start.",
    "A reading of the channel and of each of its drivers within the last step.",
)


def before_now(recent: ThermalPast, drivers: Sequence[Driver]) -> ThermalPast | Refusal:
    """Return the recent past of a temperature and its drivers, bridged; a refusal where its last values are missing."""
    before = bridged(newest(recent, RECENT_STEPS), drivers)
    if not len(before) or np.isnan([before.temperatures[-1], *(each[-1] for each in before.drivers.values())]).any():
        return STALE
    return before


def simulated(model: ThermalModel, part: Part, before: ThermalPast, ahead: Mapping[str, Floats]) -> Floats | None:
    """Draw courses of one balance, as many as its weight asks for.

    Args:
        model: Names the drivers.
        part: The balance.
        before: The recent past, bridged, its last values known.
        ahead: The future of each driver, shape (steps,) or (members, steps).

    Returns:
        Shape (its share of PATHS, steps), in the unit of the channel; None where the recent past is too short.
    """
    start = started(model.drivers, part, before)
    if start is None:
        return None
    spread, scale = part.spread, part.scale
    count = max(2, round(part.weight * PATHS))
    last = {driver.key: before.drivers[driver.key][-1] for driver in model.drivers}
    series = {
        key: np.concatenate([np.full((len(each), 1), last[key]), each], axis=1)
        for key, each in _members({driver.key: ahead[driver.key] for driver in model.drivers}).items()
    }
    steps = next(iter(series.values())).shape[1] - 1
    begins = np.arange(steps + 1) == 0
    each = scaled(model.drivers, series, scale)
    members = len(next(iter(each.values())))
    # What is assumed of a driver that holds on is what acts over a step, from the first one on.
    holds = {key: hold or 1.0 for key, hold in scale.holds.items()}
    inputs = inputs_of(part.balance, each, holds)
    thetas = np.repeat(spread.theta[None], members, axis=0)
    base = _from(forced(part.balance, thetas, inputs, begins), start[:, :1])
    usual = inputs_of(part.balance, {key: one.mean(axis=0) for key, one in each.items()}, holds)
    moved = spread.directions(_from(forced(part.balance, spread.nudged(), usual, begins), start))
    found = base[np.arange(count) % members] + spread.draws(count) @ moved + spread.wander(count, steps)
    return np.asarray(found * scale.spread + scale.offset)


def started(drivers: tuple[Driver, ...], part: Part, before: ThermalPast) -> Floats | None:
    """Find the state at the end of a past, for the estimate and each nudge of it.

    The inside is as warm as measured, but for what the model takes for noise of the reading; the envelope is as warm as
    the open-loop course that fits the past best.

    Args:
        drivers: Those of the model.
        part: The balance.
        before: The recent past, bridged, its last values known.

    Returns:
        Shape (2, 1 + 2 size), scaled; None where the last stretch without holes is too short to tell.
    """
    stretches = stretches_of(before, drivers, part.balance, part.scale)
    measured = (before.temperatures[-1] - part.scale.offset) / part.scale.spread
    if stretches is None or stretches.temperatures[-1] != measured:
        return None
    spread = part.spread
    ways = forced(part.balance, spread.nudged(), stretches.inputs, stretches.begins)
    state = fitted_starts(ways, stretches)[:, :, -1]
    both = spread.noise**2 + spread.sigma**2
    noisy = spread.noise**2 / both if both > 0.0 else 0.0
    return np.stack([measured + noisy * (state[0] - measured), state[1]])


def _members(ahead: Mapping[str, Floats]) -> dict[str, Floats]:
    """Give each driver as many members as the one with the most, shape (members, steps)."""
    rows = {key: np.atleast_2d(each) for key, each in ahead.items()}
    most = max(len(each) for each in rows.values())
    return {key: each[np.arange(most) % len(each)] for key, each in rows.items()}


def _from(ways: Floats, start: Floats) -> Floats:
    """Return the temperatures inside after a start, without the start itself, shape (m, steps)."""
    return np.asarray(ways[0, 0] + ways[0, 1] * start[0][:, None] + ways[0, 2] * start[1][:, None])[:, 1:]
