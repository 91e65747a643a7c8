"""Which heat balance explains best what it has not seen: each is fitted to the older past and tried on the younger."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from twinql.domain.thermal.balance import Balance, Layout
from twinql.domain.thermal.draws import Spread, course_spread, spread_of
from twinql.domain.thermal.drivers import Floats
from twinql.domain.thermal.estimate import Estimate, estimate
from twinql.domain.thermal.limits import LONG_STEPS, MOST_LASTING, MOST_WIDENED, ORIGINS, SECOND_IS_WORTH
from twinql.domain.thermal.prepare import without
from twinql.domain.thermal.simulation import Stretches


@dataclass(frozen=True, slots=True)
class Trial:
    """A balance, and how it did on what was younger than its fit.

    Attributes:
        estimate: The fit to everything.
        spread: How sure its numbers are, widened by what the tries showed.
        error: Expected less measured, open loop, shape (tried,). [scaled]
        naive: The same of the last temperature before. [scaled]
        measured: The temperatures there. [scaled]
    """

    estimate: Estimate
    spread: Spread
    error: Floats
    naive: Floats
    measured: Floats

    @property
    def rmse(self) -> float:
        """Root mean square of the errors. [scaled]."""
        return float(np.sqrt(np.mean(self.error**2)))


def tried(balance: Layout, stretches: Stretches) -> Trial | None:
    """Fit to everything, and to the older past alone to see how it does on the younger.

    Args:
        balance: The layout.
        stretches: The past.

    Returns:
        The fit and its errors; its spread is widened where errors were larger than it had said. None where a part
        of the younger past has no temperature.
    """
    found = estimate(balance, stretches, balance.starts(len(stretches.temperatures)))
    errors, naives, measured, expected = [], [], [], []
    count = len(stretches.temperatures)
    edges = [round(count * share) for share in (*ORIGINS, 1.0)]
    for first, last in pairwise(edges):
        seen = without(stretches, np.arange(count) >= first)
        older = estimate(balance, seen, [found.theta], rounds=15)
        course, sigma = course_spread(spread_of(older, seen), seen)
        here = np.flatnonzero(stretches.known[first:last]) + first
        if not len(here):
            return None
        errors.append(course[here] - stretches.temperatures[here])
        expected.append(sigma[here])
        measured.append(stretches.temperatures[here])
        naives.append(stretches.temperatures[np.flatnonzero(stretches.known[:first])[-1]] - measured[-1])
    error = np.concatenate(errors)
    ratio = float(np.sqrt(np.mean(error**2) / np.mean(np.concatenate(expected) ** 2)))
    spread = spread_of(found, stretches)
    return Trial(
        found,
        replace(spread, widened=float(np.clip(ratio, 1.0, MOST_WIDENED))),
        error,
        np.concatenate(naives),
        np.concatenate(measured),
    )


def trials_of(balance: Balance, stretches_for: Callable[[Balance], Stretches | None]) -> list[Trial]:
    """Try what a balance may look like: of both orders, with and without a reference, the smaller first.

    A second order is not tried where the errors of a first are as good as new at every step: there is nothing left that
    an envelope could explain. It is kept only where it does clearly better on what it has not seen, since an envelope
    can also be made of readings that are late. In a long past, which costs more, it is tried with or without a
    reference, as did better.

    Args:
        balance: Names the drivers.
        stretches_for: Lays the past out for a balance; None where too little is known.

    Returns:
        The trials; none where too little is known.
    """
    references = (False, True) if balance.sinks else (True,)
    firsts = [(_trial(balance, stretches_for, 1, reference), reference) for reference in references]
    found = [(trial, reference) for trial, reference in firsts if trial is not None]
    if not found:
        return []
    best, reference = min(found, key=lambda each: each[0].rmse)
    if _is_news(best.spread):
        return [trial for trial, _ in found]
    if len(best.estimate.error) > LONG_STEPS:
        references = (reference,)
    seconds = [_trial(balance, stretches_for, 2, reference) for reference in references]
    better = [trial for trial in seconds if trial is not None and trial.rmse <= SECOND_IS_WORTH * best.rmse]
    return [trial for trial, _ in found] + better


def _trial(
    balance: Balance,
    stretches_for: Callable[[Balance], Stretches | None],
    order: int,
    reference: bool,  # noqa: FBT001 -- of a layout
) -> Trial | None:
    layout = replace(balance, order=order, reference=reference)
    stretches = stretches_for(layout)
    return None if stretches is None else tried(layout, stretches)


def _is_news(spread: Spread) -> bool:
    return spread.sigma**2 < MOST_LASTING * (spread.sigma**2 + spread.noise**2)
