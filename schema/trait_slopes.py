"""Which way a channel goes: over a window, now, and until it reaches a threshold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self

import strawberry

from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import FromReadings
from schema.looked import Looked
from twinql.domain.diagnosis import traits
from twinql.domain.diagnosis.bands import CONFIDENCE, Trend
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.slope import Slope

MINUTE_S = 60.0
_LONGEST_S = 100 * 365 * 86_400.0
"""What lies further ahead is told as never."""
_SINCE = (
    "The first reading that it was taken from: later than the window begins where that holds more than 2,000, for only "
    "the newest 2,000 are looked at. Null with a reason."
)


@strawberry.type(description="How fast values move: the Theil-Sen slope, which a few wild readings do not turn.")
class DriftTrait:
    """A slope."""

    per_minute: float | None = strawberry.field(
        description="The slope, in `unit` of the traits per minute; null with a reason."
    )
    lower: float | None = strawberry.field(description="Lower bound of the slope, in `unit` of the traits per minute.")
    upper: float | None = strawberry.field(description="Upper bound of the slope, in `unit` of the traits per minute.")
    confidence: float = strawberry.field(description="How surely the slope lies between them, 0 to 1.")
    since: datetime | None = strawberry.field(description=_SINCE)
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: Slope | Reason) -> Self:
        """Show a slope."""
        if isinstance(found, Reason):
            reason = DiagnosisReason.of(found)
            return cls(per_minute=None, lower=None, upper=None, confidence=CONFIDENCE, since=None, reason=reason)
        per_minute, lower, upper = (each * MINUTE_S for each in (found.per_second, found.lower, found.upper))
        since = datetime.fromtimestamp(found.first_s, UTC)
        return cls(per_minute=per_minute, lower=lower, upper=upper, confidence=CONFIDENCE, since=since, reason=None)


@strawberry.type(
    description="Which way values go: Mann-Kendall's test, neighbours that resemble each other considered."
)
class TrendTrait:
    """A direction."""

    direction: Trend | None = strawberry.field(description="The direction; null with a reason.")
    p_value: float | None = strawberry.field(
        description="How likely so clear a direction is where there is none, 0 to 1; it counts from 0.05 down."
    )
    autocorrelation: float | None = strawberry.field(
        description="How much a reading resembles the one before, about the slope, 0 to 0.99: 0 where each is news."
    )
    since: datetime | None = strawberry.field(description=_SINCE)
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: Slope | Reason) -> Self:
        """Show a direction."""
        if isinstance(found, Reason):
            return cls(direction=None, p_value=None, autocorrelation=None, since=None, reason=DiagnosisReason.of(found))
        direction = traits.trend_of(found)
        since, like_before = datetime.fromtimestamp(found.first_s, UTC), found.like_before
        return cls(direction=direction, p_value=found.p_value, autocorrelation=like_before, since=since, reason=None)


@strawberry.type(description="Where values go now, and since when.")
class RecentTrait(FromReadings):
    """The slope of the newest readings."""

    turned: bool | None = strawberry.field(
        description="Whether the newest readings have left the line of the window: then `trend` and `drift`, which "
        "speak of all of it, do not tell where values go now. Null with a reason."
    )
    direction: Trend | None = strawberry.field(description="The direction since `from`; null with a reason.")
    per_minute: float | None = strawberry.field(
        description="The slope since `from`, in `unit` of the traits per minute; null with a reason."
    )
    lower: float | None = strawberry.field(description="Lower bound of the slope, in `unit` of the traits per minute.")
    upper: float | None = strawberry.field(description="Upper bound of the slope, in `unit` of the traits per minute.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, looked: Looked, found: Slope | Reason) -> Self:
        """Show a slope."""
        span = looked.sample.span
        if isinstance(found, Reason):
            reason = DiagnosisReason.of(found)
            return cls(span=span, turned=None, direction=None, per_minute=None, lower=None, upper=None, reason=reason)
        per_minute, lower, upper = (each * MINUTE_S for each in (found.per_second, found.lower, found.upper))
        turned = found.count < len(looked.values)
        return cls(
            span=replace(span, first=datetime.fromtimestamp(found.first_s, UTC)) if turned else span,
            turned=turned,
            direction=traits.trend_of(found),
            per_minute=per_minute,
            lower=lower,
            upper=upper,
            reason=None,
        )


@strawberry.type(description="When values reach a threshold, if they go on as they do.")
class TimeToTrait:
    """A time to come."""

    after: timedelta | None = strawberry.field(description="How long after the newest reading; null with a reason.")
    at: datetime | None = strawberry.field(description="When that is.")
    earliest: datetime | None = strawberry.field(description="The same on the steepest slope within its bounds.")
    latest: datetime | None = strawberry.field(
        description="The same on the flattest one; null also where that lies more than a hundred years ahead."
    )
    since: datetime | None = strawberry.field(
        description="From when on values go as they do now: the first reading that the line was drawn through. Later "
        "than the window begins where they have turned since."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: traits.TimeTo | Reason) -> Self:
        """Show a time."""
        if isinstance(found, Reason):
            reason = DiagnosisReason.of(found)
            return cls(after=None, at=None, earliest=None, latest=None, since=None, reason=reason)
        since = datetime.fromtimestamp(found.first_s, UTC)
        begin, after = datetime.fromtimestamp(found.from_s, UTC), timedelta(seconds=found.expected_s)
        earliest = begin + timedelta(seconds=found.earliest_s)
        latest = begin + timedelta(seconds=found.latest_s) if found.latest_s < _LONGEST_S else None
        return cls(after=after, at=begin + after, earliest=earliest, latest=latest, since=since, reason=None)
