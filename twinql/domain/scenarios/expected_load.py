"""What a meter will probably count, laid behind what it has counted."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twinql.domain.forecasting.bulk import Task, forecast_all
from twinql.domain.forecasting.past import Past
from twinql.domain.forecasting.prediction import Refusal
from twinql.domain.metering.intervals import BILLION, Flag, Intervals
from twinql.domain.readings import Instants
from twinql.domain.scenarios.scenario import Floats, ScenarioRefusal
from twinql.domain.scenarios.shifting import cut

PAST_DAYS: Final = 28
_DAY_S: Final = 86_400
_US: Final = 1_000_000
_STEPS_S: Final = (900, 1_800, 3_600)


@dataclass(frozen=True, slots=True)
class ExpectedLoad:
    """What was counted up to some instant, and is expected from then on.

    Attributes:
        lower: With the lower bound of each step. [billionths of a kWh]
        median: With the median of each step. [billionths of a kWh]
        upper: With the upper bound of each step. [billionths of a kWh]
        from_us: From when on it is expected. [µs since 1970]
    """

    lower: Intervals
    median: Intervals
    upper: Intervals
    from_us: int


def step_of(resolution_s: int | None) -> int:
    """Choose the steps of a load: a quarter, half or whole hour that holds whole intervals, or else an hour. [s]."""
    return next((each for each in _STEPS_S if each % (resolution_s or each) == 0), _STEPS_S[-1])


def expected_load(
    counted: Intervals, *, until_us: int, step_s: int, zone: str, level: float
) -> ExpectedLoad | ScenarioRefusal:
    """Forecast what a channel counts.

    Args:
        counted: What it counted in the last four weeks. [billionths of a kWh]
        until_us: Up to when it is wanted. [µs since 1970]
        step_s: Length of a step. [s]
        zone: The IANA time zone of the site.
        level: Share of outcomes that should lie between the bounds of a step.

    Returns:
        The load with its future, or why there is none.
    """
    step_us = step_s * _US
    if not len(counted):
        return _too_short("It has counted nothing that is known.")
    from_us = int(counted.ends[-1]) // step_us * step_us
    past = max(1, min(PAST_DAYS * _DAY_S * _US, from_us - int(counted.starts[0])) // step_us)
    values = in_steps(counted, from_us + step_us * np.arange(-past, 1))
    steps = -(-(until_us - from_us) // step_us)
    begins_s = from_us / _US - past * step_s
    (made,) = forecast_all([Task(Past(values, begins_s, step_s, zone), steps, level=level, lowest=0.0)])
    if isinstance(made, Refusal):
        return _too_short(made.message)
    sides = made.prediction.lower, made.prediction.median, made.prediction.upper
    edges = np.minimum(from_us + step_us * np.arange(steps + 1), until_us)
    share = np.diff(edges) / step_us
    lower, median, upper = (followed_by(counted, edges, each * share) for each in sides)
    return ExpectedLoad(lower, median, upper, from_us)


def in_steps(counted: Intervals, edges: Instants) -> Floats:
    """Return what was counted in each step, shape (n,); NaN where not all of it is known. [kWh].

    Args:
        counted: What was counted. [billionths of a kWh]
        edges: Where steps begin, and where the last one ends, ascending, shape (n + 1,). [µs since 1970]
    """
    parts = cut(counted, edges)
    parts = parts.take(np.flatnonzero(~parts.marked(Flag.UNKNOWN | Flag.LONG)))
    place = np.searchsorted(edges, parts.ends, side="left") - 1
    inside = np.flatnonzero((place >= 0) & (place < len(edges) - 1))
    parts, place = parts.take(inside), place[inside]
    amounts, known = np.zeros(len(edges) - 1), np.zeros(len(edges) - 1, dtype=np.int64)
    np.add.at(amounts, place, parts.amounts / BILLION)
    np.add.at(known, place, parts.ends - parts.starts)
    return np.where(known == np.diff(edges), amounts, np.nan)


def followed_by(counted: Intervals, edges: Instants, expected: Floats) -> Intervals:
    """Return what was counted up to where steps begin, and behind it what is expected of them.

    Args:
        counted: What was counted; what of it lies behind the first edge is left out.
        edges: Where steps begin, and where the last one ends, shape (n + 1,). [µs since 1970]
        expected: What is expected of each, shape (n,). [kWh]
    """
    count, from_us = len(expected), int(edges[0])
    before = cut(counted, np.array([from_us]))
    before = before.take(np.flatnonzero(before.ends <= from_us))
    return Intervals(
        np.concatenate([before.starts, edges[:-1]]),
        np.concatenate([before.ends, edges[1:]]),
        np.concatenate([before.amounts, np.rint(expected * BILLION).astype(np.int64)]),
        np.concatenate([before.flags, np.full(count, int(Flag.ESTIMATED), dtype=np.uint8)]),
        np.concatenate([before.event, np.full(count, -1, dtype=np.int32)]),
        before.events,
    )


def _too_short(why: str) -> ScenarioRefusal:
    return ScenarioRefusal(
        "INSUFFICIENT_HISTORY",
        f"What the meter will count cannot be foreseen. {why}",
        "A past of twice as long as is looked ahead, at least half of it read; or a period of the past.",
    )
