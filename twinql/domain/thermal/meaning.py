"""What fitted numbers mean for people: time constants and gains with their units, and the effect of a driver."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from twinql.domain.thermal.balance import Layout
from twinql.domain.thermal.drivers import Floats
from twinql.domain.thermal.limits import BOUND_LEVEL
from twinql.domain.thermal.model import Parameter, Part

_GREATEST = 600.0
_REACH = NormalDist().inv_cdf(0.5 + BOUND_LEVEL / 2.0)


def parameters_of(part: Part, step_s: float) -> tuple[Parameter, ...]:
    """Say what the numbers of a balance mean.

    Args:
        part: The balance.
        step_s: The step it was fitted with. [s]

    Returns:
        The time constants with all paths open, and, where there are any, with all closed; how many kelvins each driver
        comes to in the end, a unit of it for heats and all of it for paths and frictions, with all other paths open.
    """
    balance, scale = part.balance, part.scale
    found = []
    for name, flows in (("open", 1.0), ("closed", 0.0)) if balance.flows else (("", 1.0),):
        constants = step_s * _time_constants(balance, part.spread.nudged(), flows)
        for place in range(balance.order):
            label = "time constant" if balance.order == 1 else ("fast time constant", "slow time constant")[place]
            words = f"{label}, paths {name}" if name else label
            found.append(_bounded(part, words, np.log(constants[:, place]), "s", logarithm=True))
    for key, unit, reached in _reached(balance, part.spread.nudged()):
        size = scale.spread / (scale.greatest[key] if unit.startswith("K /") else 1.0)
        found.append(_bounded(part, f"gain of {key}", reached * size, unit))
    return tuple(found)


def effect_of(key: str, parts: Sequence[Part]) -> float:
    """Say how far a driver moves the temperature in the end, at least, in deviations of what is left unexplained.

    Args:
        key: The driver.
        parts: The balances; a driver of another kind than heats and paths counts as effective.

    Returns:
        The lower bound of the greatest effect, as the balance that counts most has it.
    """
    part = parts[0]
    spread = part.spread
    error = float(np.hypot(spread.sigma, spread.noise)) or 1e-12
    for name, _, reached in _reached(part.balance, spread.nudged()):
        if name == key:
            size = np.abs(reached)
            far = float(np.linalg.norm(spread.directions(size[:, None])[:, 0])) * spread.widened * _REACH
            return (float(size[0]) - far) / error
    return np.inf


def _bounded(part: Part, name: str, values: Floats, unit: str, *, logarithm: bool = False) -> Parameter:
    spread = part.spread
    far = float(np.linalg.norm(spread.directions(values[:, None])[:, 0])) * spread.widened * _REACH
    value, lower, upper = float(values[0]), float(values[0]) - far, float(values[0]) + far
    if logarithm:
        value, lower, upper = (float(np.exp(min(each, _GREATEST))) for each in (value, lower, upper))
    return Parameter(name, value, lower, upper, unit)


def _time_constants(balance: Layout, thetas: Floats, flows: float) -> Floats:
    """Return the time constants, the fast one first, shape (m, order). [steps]."""
    rates, _ = balance.assemble(thetas, np.full((1, len(balance.flows)), flows))
    if balance.order == 1:
        return np.asarray(-1.0 / np.minimum(rates[:, 0, :1, 0], -1e-12))
    poles = np.sort(np.linalg.eigvals(rates[:, 0]).real, axis=1)
    return np.asarray(-1.0 / np.minimum(poles, -1e-12))


def _reached(balance: Layout, thetas: Floats) -> list[tuple[str, str, Floats]]:
    """Return how far each heat at its greatest, and the opening of each path, moves the temperature in the end.

    Each as key, unit and the change in scaled temperatures, shape (m,).
    """
    everything = np.ones((1, len(balance.flows)))
    found: dict[str, tuple[str, Floats]] = {}
    rates, gains = balance.assemble(thetas, everything)
    first = len(balance.sinks) + 1 + len(balance.flows)
    powers = [key for key, _ in balance.heats]
    for place, (key, _) in enumerate(balance.heats):
        change = _steady(balance, rates[:, 0], gains[:, first + place])
        unit = "K at its greatest" if powers.count(key) > 1 else f"K / unit of {key}"
        found[key] = (unit, found[key][1] + change if key in found else change)
    # Heats at half their greatest and measured sinks at their mean are what a path is opened in.
    basis = np.concatenate(
        [np.zeros(len(balance.sinks)), [1.0], np.zeros(len(balance.flows)), np.full(len(powers), 0.5)]
    )
    for place, (key, _) in enumerate(balance.flows):
        levels = []
        for opened in (1.0, 0.0):
            flows = everything.copy()
            flows[0, place] = opened
            acting = basis.copy()
            acting[len(balance.sinks) + 1 : first] = [
                flow * (1.0 if sink is None else 0.0) for flow, (_, sink) in zip(flows[0], balance.flows, strict=True)
            ]
            rates, gains = balance.assemble(thetas, flows)
            levels.append(_steady(balance, rates[:, 0], np.einsum("k,mkn->mn", acting, gains)))
        found[key] = ("K when opened", levels[0] - levels[1])
    return [(key, unit, change) for key, (unit, change) in found.items()]


def _steady(balance: Layout, rates: Floats, push: Floats) -> Floats:
    """Return where the inside ends under a constant push, shape (m,). [scaled]."""
    if balance.order == 1:
        return np.asarray(-push[:, 0] / np.minimum(rates[:, 0, 0], -1e-12))
    return np.asarray(-np.linalg.solve(rates, push[..., None])[:, 0, 0])
