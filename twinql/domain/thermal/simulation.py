"""Open-loop simulation of a balance: many sets of numbers at once, over stretches with a start of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.thermal.balance import Inputs, Layout
from twinql.domain.thermal.drivers import Floats
from twinql.domain.thermal.exact import recursion, step_matrices
from twinql.domain.thermal.limits import ENVELOPE_WEIGHT

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretches:
    """A past as the fit takes it: stretches without holes in drivers, one behind the other.

    Attributes:
        inputs: What drives it, n rows.
        temperatures: Scaled, shape (n,). NaN is a gap; the first one of each stretch is known.
        begins: Whether a stretch begins at this step, shape (n,).
    """

    inputs: Inputs
    temperatures: Floats
    begins: Flags

    @property
    def known(self) -> Flags:
        """Where there is a temperature to compare with: not at the beginning, which is taken from it."""
        return ~np.isnan(self.temperatures)


def forced(balance: Layout, theta: Floats, inputs: Inputs, begins: Flags) -> Floats:
    """Run a balance from zero, and its answers to a start of one inside and of one in the envelope.

    Args:
        balance: The layout.
        theta: Sets of numbers, shape (m, size).
        inputs: n rows for all, or shape (m, n, …) for each set its own.
        begins: Where a stretch begins anew, shape (n,): there the state is the start itself.

    Returns:
        Shape (2, 3, m, n): inside and envelope; from zero, from one inside, from one in the envelope.
    """
    rates, gains = balance.assemble(theta, inputs.positions)
    order = balance.order
    e, f = (np.moveaxis(each, (2, 3), (0, 1))[:order, :order] for each in step_matrices(rates))
    of_step = np.arange(len(theta))[:, None], inputs.which
    goes_on = ~begins
    push = np.moveaxis(inputs.basis @ gains, -1, 0)[:order] * goes_on
    terms = np.zeros((order, 1 + order, len(theta), len(begins)))
    terms[:, 0] = (f[:, :, *of_step] * push).sum(axis=1)
    for node in range(order):
        terms[node, 1 + node] = begins
    found = np.zeros((2, 3, len(theta), len(begins)))
    found[:order, : 1 + order] = recursion(e[:, :, *of_step] * goes_on, terms)
    return found


def fitted_starts(ways: Floats, stretches: Stretches) -> Floats:
    """Find the start of each stretch that explains its temperatures best, and the course from there.

    Args:
        ways: As from `forced`.
        stretches: What was measured.

    Returns:
        State at the end of each step, shape (2, m, n).

    Source:
        Golub and Pereyra (1973), "The differentiation of pseudo-inverses and nonlinear least squares problems": what
        enters linearly is solved for within the nonlinear fit.
    """
    places = np.flatnonzero(stretches.begins)
    lengths = np.diff([*places, len(stretches.begins)])
    known = stretches.known
    first = np.repeat(stretches.temperatures[places], lengths)
    inside, outside = ways[0, 1] * known, ways[0, 2] * known
    left = np.nan_to_num(stretches.temperatures - ways[0, 0] - ways[0, 2] * first)

    def total(values: Floats) -> Floats:
        return np.add.reduceat(values, places, axis=-1)

    a, b, d = total(inside**2) + 1e-9, total(inside * outside), total(outside**2) + ENVELOPE_WEIGHT
    p, q = total(inside * left), total(outside * left)
    determinant = a * d - b**2
    start = np.repeat((d * p - b * q) / determinant, lengths, axis=-1)
    envelope = np.repeat((a * q - b * p) / determinant, lengths, axis=-1) + first
    return np.asarray(ways[:, 0] + ways[:, 1] * start + ways[:, 2] * envelope)


def errors(balance: Layout, theta: Floats, stretches: Stretches) -> Floats:
    """Compare temperatures with open-loop courses from fitted starts.

    Args:
        balance: The layout.
        theta: Sets of numbers, shape (m, size).
        stretches: What was measured.

    Returns:
        Expected less measured where it is known, shape (m, known). [scaled]
    """
    course = fitted_starts(forced(balance, theta, stretches.inputs, stretches.begins), stretches)[0]
    return np.asarray((course - stretches.temperatures)[:, stretches.known])
