"""What followed a decision on which somebody acted, measured beside what was expected if nobody did."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twinql.domain.decisions.recommendation import RealisedImpact
from twinql.domain.decisions.saving import Price
from twinql.domain.decisions.vocabulary import DecisionAction
from twinql.domain.outlook import Limit, is_beyond

Floats = NDArray[np.float64]
_SAVES: Final = frozenset({DecisionAction.REDUCE_LOAD, DecisionAction.SHED_LOAD})
"""What takes in less while it lasts."""
_FEWEST: Final = 3
"""Fewer readings of a meter on either side say nothing of what was saved."""


@dataclass(frozen=True, slots=True)
class Power:
    """What a meter read before and after somebody acted, over stretches of equal length.

    Attributes:
        before_kw: In order, shape (n,). [kW]
        after_kw: In order, shape (m,). [kW]
        elapsed_s: How long either is. [s]
    """

    before_kw: Floats
    after_kw: Floats
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Course:
    """A value over time, in order; shape (n,).

    Attributes:
        at_s: When, seconds since 1970 UTC. [s]
        values: What. [unit of the channel]
    """

    at_s: Floats
    values: Floats


def realised(
    action: DecisionAction,
    *,
    made_at_s: float,
    until_s: float,
    limit: Limit | None,
    read: Course,
    expected: Course,
    power: Power | None,
    price: Price | None = None,
) -> RealisedImpact:
    """Measure what followed.

    Args:
        action: What the decision recommended.
        made_at_s: When it was made, seconds since 1970 UTC. [s]
        until_s: Up to when is looked, seconds since 1970 UTC. [s]
        limit: The limit of which it spoke; None where it spoke of none.
        read: What the channel read after it was made.
        expected: What was expected of it if nothing was done; empty where nobody said.
        power: What a meter of the asset read; None where there is none.
        price: What a kilowatt hour costs; None without a tariff.
    """
    extreme = crossed_s = avoided = None
    crossed = None
    inside = (read.at_s > made_at_s) & (read.at_s <= until_s) & np.isfinite(read.values)
    at_s, values = read.at_s[inside], read.values[inside]
    if limit is not None and values.size:
        worst = np.max if limit.is_high else np.min
        extreme = float(worst(values))
        beyond = np.array([is_beyond(float(each), limit) for each in values])
        crossed = bool(beyond.any())
        crossed_s = float(at_s[beyond][0] - made_at_s) if crossed else None
        foreseen = expected.values[(expected.at_s > made_at_s) & (expected.at_s <= until_s)]
        if foreseen.size:
            ahead = float(worst(foreseen)) - extreme
            avoided = ahead if limit.is_high else -ahead
    saved = _saved(power) if power is not None and action in _SAVES else (None, None)
    return RealisedImpact(
        observed_until=datetime.fromtimestamp(until_s, UTC),
        limit_crossed=crossed,
        time_to_threshold_s=crossed_s,
        extreme_value=extreme,
        avoided=avoided,
        energy_kwh=saved[0],
        peak_kw=saved[1],
        cost=None if price is None or saved[0] is None else f"{saved[0] * price.per_kwh:.4f}",
        currency=None if price is None or saved[0] is None else price.currency,
    )


def _saved(power: Power) -> tuple[float | None, float | None]:
    """Compare what was taken in afterwards with what was in as long a time before."""
    if min(power.before_kw.size, power.after_kw.size) < _FEWEST:
        return None, None
    less_kw = float(power.before_kw.mean() - power.after_kw.mean())
    return less_kw * power.elapsed_s / 3600.0, float(power.before_kw.max() - power.after_kw.max())
