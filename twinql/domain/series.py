"""Stretches of a channel in columns: what may be asked for, and what is answered."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from twinql.domain.channels import ReadingKind
from twinql.domain.readings import Codes, Floats, Instants
from twinql.domain.units import Quantity, Unit
from twinql.errors import InvalidInputError

LEAST_POINTS = 2
MOST_POINTS = 10_000
USUAL_POINTS = 1_000
DAY_S = 86_400
CHANGE_OF_CLOCKS = timedelta(hours=1)


class Bucket(Enum):
    """A length of calendar time, in the site's zone."""

    PT15M = "PT15M"
    PT30M = "PT30M"
    PT1H = "PT1H"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    BILLING_MONTH = "BILLING_MONTH"


class Aggregate(Enum):
    """What becomes of the readings of a bucket."""

    SUM = "SUM"
    MEAN = "MEAN"
    MIN = "MIN"
    MAX = "MAX"
    FIRST = "FIRST"
    LAST = "LAST"
    COUNT = "COUNT"
    DELTA = "DELTA"


_OF_KIND = {
    ReadingKind.INSTANTANEOUS: ("MEAN", "MIN", "MAX", "FIRST", "LAST", "COUNT"),
    ReadingKind.INTERVAL: ("SUM", "MEAN", "MIN", "MAX", "FIRST", "LAST", "COUNT"),
    ReadingKind.CUMULATIVE: ("DELTA", "MIN", "MAX", "FIRST", "LAST", "COUNT"),
    ReadingKind.STATE: ("LAST", "FIRST", "COUNT"),
}
"""What makes sense of a kind of reading, the usual one first."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What aggregating must know of a channel.

    Attributes:
        number: Its number.
        kind: How its values are to be read.
        quantity: What it measures.
        unit: The unit of its values.
        time_zone: IANA zone of its site.
        resolution_s: Time between two readings when all is well; None where nothing is said. [s]
        register_maximum: Where a register starts again from zero; None where it never does. [unit]
        schedule: Whether its readings may lie in the future.
        until: When it ceased to count for what is asked; None where it did not.
    """

    number: int
    kind: ReadingKind
    quantity: Quantity
    unit: Unit
    time_zone: str
    resolution_s: int | None
    register_maximum: float | None
    schedule: bool
    until: datetime | None = None

    @property
    def by_end(self) -> bool:
        """Whether a reading belongs to a period by the end of its interval: `from < t ≤ until`."""
        return self.kind is ReadingKind.INTERVAL


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a channel.

    Attributes:
        first: Where the period begins.
        last: Where it ends.
        bucket: Into what it is divided; None asks for the readings themselves.
        aggregate: What becomes of the readings of a bucket; None means what is usual for the channel.
        most: How many points at most.
        as_of: As known at which time; None is what is known now.
    """

    first: datetime
    last: datetime
    bucket: Bucket | None = None
    aggregate: Aggregate | None = None
    most: int = USUAL_POINTS
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A stretch of a channel, in columns of shape (n,).

    Attributes:
        starts: The instants, or where intervals and buckets begin, ascending. [µs since 1970 UTC]
        values: NaN where there is nothing to tell. [unit of the channel, or a count]
        quality: Index into `QUALITIES` of what was used; -1 where nothing was.
        aggregate: What became of the readings of each bucket; None for the readings themselves.
        downsampled: Whether points were left out, by the largest-triangle rule.
    """

    starts: Instants
    values: Floats
    quality: Codes
    aggregate: Aggregate | None
    downsampled: bool = False


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the usable readings of a period say together.

    Attributes:
        count: How many there are.
        mean: Their mean; None for none. [unit]
        minimum: The least. [unit]
        maximum: The greatest. [unit]
        standard_deviation: Of the sample, with n - 1; None for fewer than two. [unit]
        p05: 5 % lie at or below, by linear interpolation. [unit]
        p50: The median. [unit]
        p95: 95 % lie at or below. [unit]
    """

    count: int
    mean: float | None
    minimum: float | None
    maximum: float | None
    standard_deviation: float | None
    p05: float | None
    p50: float | None
    p95: float | None


def aggregates_of(kind: ReadingKind, *, additive: bool) -> list[Aggregate]:
    """Return what makes sense of the readings of a channel, the usual one first.

    Args:
        kind: How its values are to be read.
        additive: Whether amounts of what it measures add up.
    """
    fitting = [Aggregate(name) for name in _OF_KIND[kind]]
    return [each for each in fitting if additive or each is not Aggregate.SUM]


def aggregate_for(subject: Subject, wanted: Aggregate | None) -> Aggregate:
    """Choose what becomes of the readings of a bucket.

    Raises:
        InvalidInputError: What is wanted makes no sense for the channel; the message names what does.
    """
    fitting = aggregates_of(subject.kind, additive=subject.quantity.additive)
    if wanted is None:
        return fitting[0]
    if wanted not in fitting:
        names = ", ".join(each.value for each in fitting)
        message = (
            f"{wanted.value} makes no sense for {subject.kind.value} readings of {subject.quantity.value}; use {names}."
        )
        raise InvalidInputError(message, path=("aggregate",))
    return wanted


def check_wish(wish: Wish) -> None:
    """Check what can be checked without knowing the channel.

    Raises:
        InvalidInputError: The number of points is out of bounds, an aggregate is named without a bucket, or the bucket
            is one that only meters have.
    """
    check_most(wish.most)
    if wish.bucket is Bucket.BILLING_MONTH:
        message = "Only a meter has billing months; ask for its consumption, or for the bucket MONTH."
        raise InvalidInputError(message, path=("bucket",))
    if wish.bucket is None and wish.aggregate is not None:
        raise InvalidInputError("An aggregate needs a bucket; name one, or leave both out.", path=("aggregate",))


def check_most(points: int) -> None:
    """Check how many points are wanted at most.

    Raises:
        InvalidInputError: It is out of bounds.
    """
    if not LEAST_POINTS <= points <= MOST_POINTS:
        raise InvalidInputError(f"maxPoints is a number from {LEAST_POINTS} to {MOST_POINTS:,}.", path=("maxPoints",))


def expected_readings(subject: Subject, first: datetime, last: datetime, now: datetime) -> int | None:
    """Count the readings that a period should hold; None without a resolution.

    What lies in the future is not expected yet, but on a schedule, and nothing is of what ceased to count. A day less
    an hour is a day: what is read once a day is read once on each, whatever clocks do.
    """
    if subject.resolution_s is None:
        return None
    end = last if subject.schedule else min(last, now)
    end = end if subject.until is None else min(end, subject.until)
    slack = CHANGE_OF_CLOCKS if subject.resolution_s >= DAY_S else timedelta(0)
    # Two times of one zone would be subtracted as its clocks show them.
    elapsed = end.astimezone(UTC) - first.astimezone(UTC)
    step = timedelta(seconds=subject.resolution_s)
    if subject.by_end or slack:
        return max(0, (elapsed + slack) // step)
    # An instant is due where the period begins, and so once more than there are whole steps unless it ends on one.
    return max(0, -(-elapsed // step))
