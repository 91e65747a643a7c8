"""The heat balance itself: which numbers it has, and what they make of a temperature's rates and gains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinql.domain.thermal.drivers import Driver, DriverRole, Floats


@dataclass(frozen=True, slots=True)
class Inputs:
    """A stretch of drivers as the balance takes them, one row a step.

    Attributes:
        basis: What gains are multiplied with, shape (…, n, k): sinks, one, flows (times their sinks), heats.
        positions: The different positions of the paths that occur, shape (u, f).
        which: Which of them each step has, shape (…, n).
    """

    basis: Floats
    positions: Floats
    which: NDArray[np.intp]

    @classmethod
    def of(cls, basis: Floats, flows: Floats) -> "Inputs":
        """Find the different positions of paths, given how far each is open, shape (…, n, f)."""
        *shape, count = flows.shape
        if count == 0:
            return cls(basis, np.zeros((1, 0)), np.zeros(shape, dtype=np.intp))
        positions, which = np.unique(flows.reshape(prod(shape), count), axis=0, return_inverse=True)
        return cls(basis, positions, which.reshape(shape))

    @property
    def flows(self) -> Floats:
        """How far each path is open, shape (…, n, f)."""
        return self.positions[self.which]


class Layout(Protocol):
    """What a fit has to know of a model with a state of one or two temperatures; `Balance` says what each is."""

    @property
    def sinks(self) -> tuple[str, ...]:
        """Keys of temperatures that heat flows to."""

    @property
    def flows(self) -> tuple[tuple[str, int | None], ...]:
        """Keys of paths, and the place of their sink."""

    @property
    def heats(self) -> tuple[tuple[str, int], ...]:
        """Keys of heats, and the power they are taken to."""

    @property
    def order(self) -> int:
        """How many temperatures the state has."""

    @property
    def positive(self) -> tuple[str, ...]:
        """Names of the numbers whose logarithms are fitted."""

    @property
    def size(self) -> int:
        """How many numbers are fitted."""

    def assemble(self, theta: Floats, flows: Floats) -> tuple[Floats, Floats]:
        """Make rates and gains of numbers."""

    def starts(self, steps: int) -> list[Floats]:
        """Guess numbers to begin a fit with."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The layout of a heat balance, with temperatures and heats scaled to about 1 and time in steps.

    Of first order: dT/dt = Σ k (S - T) + r (R - T) + Σ f l (S - T) + Σ g u. Of second order an envelope E is coupled
    to it by b (E - T), has dE/dt = c (T - E) and sinks, reference and gains of its own. S are the temperatures
    of sinks, R and those of unmeasured sinks are constants, f are flows, u heats. All but R are positive.

    Attributes:
        sinks: Keys of temperatures.
        flows: Keys of actuators, each with the place of its sink among the sinks, None for one that is not measured.
        heats: How many series of heat there are: two for friction.
        order: 1 or 2.
        reference: Whether heat also flows to something of a constant temperature that is not measured.
    """

    sinks: tuple[str, ...]
    flows: tuple[tuple[str, int | None], ...]
    heats: tuple[tuple[str, int], ...]
    order: int
    reference: bool

    @property
    def positive(self) -> tuple[str, ...]:
        """The names of the numbers that are positive, in order: their logarithms are fitted."""
        nodes = ("inner", "envelope")[: self.order]
        names = [f"{node} loss to {sink}" for node in nodes for sink in self.sinks]
        names += [f"{node} loss to reference" for node in nodes if self.reference]
        names += [f"{node} gain of {key}^{power}" for node in nodes for key, power in self.heats]
        names += [f"path of {key}" for key, _ in self.flows]
        names += ["inner to envelope", "envelope to inner"] if self.order == 2 else []  # noqa: PLR2004 -- an order
        return tuple(names)

    @property
    def free(self) -> tuple[str, ...]:
        """The names of the numbers of either sign: temperatures of what is not measured."""
        names = [f"temperature beyond {key}" for key, sink in self.flows if sink is None]
        return (*(("temperature of reference",) if self.reference else ()), *names)

    @property
    def size(self) -> int:
        """How many numbers are fitted."""
        return len(self.positive) + len(self.free)

    def assemble(self, theta: Floats, flows: Floats) -> tuple[Floats, Floats]:
        """Make rates and gains of numbers.

        Args:
            theta: Logarithms of the positive numbers, then the free ones, shape (m, size).
            flows: Positions of the paths, shape (u, f).

        Returns:
            The rates A for each set and position, shape (m, u, 2, 2), and the gains of the basis, shape (m, k, 2).
        """
        many, count = len(theta), len(self.positive)
        value = dict(zip(self.positive, np.exp(theta[:, :count]).T, strict=True))
        value |= dict(zip(self.free, theta[:, count:].T, strict=True))
        rates = np.zeros((many, len(flows), 2, 2))
        gains = np.zeros((many, len(self.sinks) + 1 + len(self.flows) + len(self.heats), 2))
        for node, name in enumerate(("inner", "envelope")[: self.order]):
            for place, sink in enumerate(self.sinks):
                gains[:, place, node] = value[f"{name} loss to {sink}"]
            loss = gains[:, : len(self.sinks), node].sum(axis=1)
            if self.reference:
                lost = value[f"{name} loss to reference"]
                gains[:, len(self.sinks), node] = lost * value["temperature of reference"]
                loss = loss + lost
            rates[:, :, node, node] = -loss[:, None]
            for place, (key, power) in enumerate(self.heats):
                gains[:, len(self.sinks) + 1 + len(self.flows) + place, node] = value[f"{name} gain of {key}^{power}"]
        for place, (key, flows_to) in enumerate(self.flows):
            path = value[f"path of {key}"]
            beyond = 1.0 if flows_to is not None else value[f"temperature beyond {key}"]
            gains[:, len(self.sinks) + 1 + place, 0] = path * beyond
            rates[:, :, 0, 0] -= path[:, None] * flows[None, :, place]
        if self.order > 1:
            for node, name in enumerate(("inner to envelope", "envelope to inner")):
                rates[:, :, node, node] -= value[name][:, None]
                rates[:, :, node, 1 - node] = value[name][:, None]
        return rates, gains

    def starts(self, steps: int) -> list[Floats]:
        """Guess numbers for time constants from a few steps to a part of a past of so many, shape (size,) each."""
        constants = np.geomspace(2.0, max(steps / 2.0, 8.0), 5)
        if self.order == 1:
            return [self._start(1.0 / constant, slow=0.0) for constant in constants]
        return [self._start(1.0 / one, slow=1.0 / other) for one in constants for other in (4.0 * one, 32.0 * one)]

    def _start(self, rate: float, *, slow: float) -> Floats:
        """Spread a rate over all ways that heat can take; a driver at its greatest warms by about one deviation."""
        ways = len(self.sinks) + self.reference + len(self.flows)
        guess = []
        for name in self.positive:
            value = rate if self.order == 1 else (rate / 2.0 if name.startswith("inner") else slow)
            guess.append(value if "gain" in name else value / max(ways, 1))
        return np.concatenate([np.log(guess), np.zeros(len(self.free))])


@dataclass(frozen=True, slots=True)
class Scale:
    """How the units of a past are taken out, so that no number of the fit depends on them.

    Attributes:
        offset: Mean of the temperatures. [unit]
        spread: Their standard deviation. [unit]
        greatest: The greatest size of each heat and flow by key. [unit of the driver]
        holds: Of each driver, how much of its reading at the end of a step acts over it, beside that at the start: 1
            holds back, 0 holds on until the next one, ½ goes evenly from one to the other.
    """

    offset: float
    spread: float
    greatest: Mapping[str, float]
    holds: Mapping[str, float]


def scaled(drivers: Sequence[Driver], series: Mapping[str, Floats], scale: Scale) -> dict[str, Floats]:
    """Take the units out of drivers: temperatures as those of the channel, others as a share of their greatest.

    Args:
        drivers: Which ones.
        series: Their values by key, shape (..., n) each.
        scale: What to take out.

    Returns:
        By key, the same shapes.
    """
    found = {}
    for driver in drivers:
        values = series[driver.key]
        if driver.role is DriverRole.SINK:
            found[driver.key] = (values - scale.offset) / scale.spread
        else:
            found[driver.key] = values / scale.greatest[driver.key] * (-1.0 if driver.role is DriverRole.COLD else 1.0)
    return found


def inputs_of(balance: Layout, series: Mapping[str, Floats], holds: Mapping[str, float]) -> Inputs:
    """Lay scaled drivers out as the balance takes them.

    Args:
        balance: The layout.
        series: Scaled drivers by key, shape (…, n) each, n ≥ 1.
        holds: As in `Scale`.

    Returns:
        One row a step, shape (…, n, …); the first step has no beginning that is known, so it takes its end.
    """

    def held(key: str) -> Floats:
        values, end = series[key], holds[key]
        return np.concatenate([values[..., :1], end * values[..., 1:] + (1.0 - end) * values[..., :-1]], axis=-1)

    sinks = [held(key) for key in balance.sinks]
    flows = [held(key) for key, _ in balance.flows]
    shape = next(iter(series.values())).shape
    opened = [
        flow if sink is None else flow * sinks[sink] for flow, (_, sink) in zip(flows, balance.flows, strict=True)
    ]
    heats = [np.sign(held(key)) * np.abs(held(key)) ** power for key, power in balance.heats]
    return Inputs.of(
        np.stack([*sinks, np.ones(shape), *opened, *heats], axis=-1),
        np.stack(flows, axis=-1) if flows else np.zeros((*shape, 0)),
    )
