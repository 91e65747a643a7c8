"""Which of several things is best, by measures that know no unit, and which one to swap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, TypeVar

from twinql.domain.diagnosis.bands import DEDUCTIONS, HEALTH, IssueCode
from twinql.domain.diagnosis.health import Health, Issue
from twinql.domain.diagnosis.reason import Reason, ReasonCode, too_few
from twinql.domain.units import Unit


class Metric(Enum):
    """By what things are ranked."""

    RELIABILITY = "RELIABILITY"
    HEALTH = "HEALTH"
    EFFICIENCY = "EFFICIENCY"
    CONSUMPTION = "CONSUMPTION"
    RISK = "RISK"


class RankingOrder(Enum):
    """Which end comes first."""

    WORST_FIRST = "WORST_FIRST"
    BEST_FIRST = "BEST_FIRST"


GREAT_IS_BAD: Final = frozenset({Metric.CONSUMPTION, Metric.RISK})
"""Of these the greatest value is the worst, of the others the least."""
UNITS: Final[Mapping[Metric, Unit | None]] = {
    Metric.RELIABILITY: Unit.PERCENT,
    Metric.HEALTH: None,
    Metric.EFFICIENCY: Unit.PERCENT,
    Metric.CONSUMPTION: Unit.KILOWATT_HOUR,
    Metric.RISK: None,
}
"""None is for points, 0 to 100."""
OF_SENSOR: Final = frozenset(
    {
        IssueCode.STALE,
        IssueCode.DEAD,
        IssueCode.BAD_READINGS,
        IssueCode.STUCK,
        IssueCode.CALIBRATION_EXPIRED,
    }
)
ALARMS_OF_SENSOR: Final = frozenset({"DRIFT", "CLOCK_OFF"})
"""Issues, and causes of alarms, that are reasons to swap a sensor: they speak of it, and not of what it measures."""
WORTH_SWAPPING: Final = DEDUCTIONS[IssueCode.CALIBRATION_EXPIRED]
"""So many points a sensor must have lost to be swapped."""
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Place(Generic[C]):
    """Where something stands.

    Attributes:
        rank: 1 for the first; equal ones share theirs. None where there is no value.
        thing: What stands there.
        value: By what it does; a reason where there is none. [`UNITS`]
    """

    rank: int | None
    thing: C
    value: float | Reason


@dataclass(frozen=True, slots=True)
class Swap(Generic[C]):
    """What one would swap first.

    Attributes:
        thing: The candidate.
        message: Why: a sentence with its numbers.
        score: The health of its sensor, 0 to 100: of an asset the least of its sensors.
        issue: What takes most points off.
    """

    thing: C
    message: str
    score: float
    issue: Issue


def ranked(values: Mapping[C, float | Reason], *, descending: bool = True) -> list[Place[C]]:
    """Rank things by their values, the greatest first or the least; those without one come last, unranked.

    Equal values share a rank, and the next one counts them all (standard competition ranking: 1, 2, 2, 4).
    """
    known = {thing: value for thing, value in values.items() if not isinstance(value, Reason)}
    places: list[Place[C]] = []
    for number, thing in enumerate(sorted(known, key=lambda each: known[each], reverse=descending), start=1):
        before = places[-1] if places else None
        rank = before.rank if before is not None and before.value == known[thing] else number
        places.append(Place(rank, thing, known[thing]))
    return places + [Place(None, thing, value) for thing, value in values.items() if isinstance(value, Reason)]


def descends(metric: Metric, order: RankingOrder) -> bool:
    """Return whether the greatest value comes first."""
    return (metric in GREAT_IS_BAD) is (order is RankingOrder.WORST_FIRST)


def reliability(*, expected: int | None, readings: int, actual: int, faulty_share: float) -> float | Reason:
    """Return how much can be relied on what a sensor tells, in percent.

    Args:
        expected: How many readings a period should hold; None without a resolution: then those that are there.
        readings: How many it holds.
        actual: How many of those that are due are there and usable.
        faulty_share: Share of the period in which an alarm spoke of the sensor, 0 to 1.

    Returns:
        100 · (usable / due) · (1 - faulty share); a reason where nothing was due. A spread is no part of it: a value
        that varies is not less reliable for it, and what subtracts a deviation would depend on the unit.

    Source:
        Availability of data times that of the sensor: two links of a chain, as in a series system.
    """
    due = readings if expected is None else expected
    if due <= 0:
        return too_few(1, 0, "readings that are due")
    return 100 * min(1.0, actual / due) * (1 - min(max(faulty_share, 0.0), 1.0))


def mean_reliability(channels: Sequence[float | Reason]) -> float | Reason:
    """Return the reliability of an asset: the mean of its channels of which something is known."""
    known = [each for each in channels if not isinstance(each, Reason)]
    if not known:
        return Reason(ReasonCode.NO_CHANNEL, "None of its channels was due to tell something then.")
    return sum(known) / len(known)


def of_sensor(health: Health[Issue]) -> Health[Issue]:
    """Return the health of a channel as far as it speaks of the sensor, and not of what that measures.

    A process that is too hot takes nothing off it: the sensor that says so is right.
    """
    if health.score is None:
        return health
    issues = [each for each in health.issues if each.code in OF_SENSOR or each.cause in ALARMS_OF_SENSOR]
    score = max(0.0, 100.0 - sum(each.points for each in issues))
    return Health(score, HEALTH.label(score), issues)


def swap_of(healths: Mapping[C, Health[Issue]], reliabilities: Mapping[C, float | Reason]) -> Swap[C] | None:
    """Return what one would swap first: whose sensors are the least healthy, of equals the less reliable.

    Args:
        healths: How well things are as far as their sensors go, by `of_sensor`.
        reliabilities: How much can be relied on each, in percent.

    Returns:
        None where no sensor has lost as much as one whose calibration has ended.
    """
    known = {thing: health for thing, health in healths.items() if health.score is not None}
    if not known:
        return None

    def order(thing: C) -> tuple[float, float]:
        relied = reliabilities.get(thing)
        return known[thing].score or 0.0, relied if isinstance(relied, float) else 100.0

    worst = min(known, key=order)
    score = known[worst].score or 0.0
    if score > 100 - WORTH_SWAPPING:
        return None
    issue = known[worst].issues[0]
    message = f"Its sensor has {score:.0f} points of 100, the least of {len(known)}. {issue.message}"
    return Swap(worst, message, score, issue)
