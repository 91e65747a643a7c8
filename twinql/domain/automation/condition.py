"""Conditions of people's rules: a number of a channel, what it is compared with, and when nobody can tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from math import isfinite
from typing import Final
from uuid import UUID

from twinql.domain.decisions.recommendation import Reason
from twinql.domain.freshness import oldest_allowed
from twinql.domain.spoken import amount, span
from twinql.domain.units import Unit


class ConditionMeasure(Enum):
    """Which number of a channel a condition looks at."""

    VALUE = "VALUE"
    FORECAST = "FORECAST"
    AGE = "AGE"
    HEALTH = "HEALTH"
    DRIFT = "DRIFT"
    NOISE = "NOISE"


class ConditionComparison(Enum):
    """How the number is compared."""

    ABOVE = "ABOVE"
    BELOW = "BELOW"
    IS = "IS"
    IS_NOT = "IS_NOT"


BEYOND: Final = frozenset({ConditionComparison.ABOVE, ConditionComparison.BELOW})


class Unknown(Enum):
    """Why nobody can tell whether a condition holds."""

    ARCHIVED = "INPUT_ARCHIVED"
    NEVER_READ = "INPUT_NEVER_READ"
    STALE = "INPUT_STALE"
    BAD = "INPUT_BAD"
    NOT_KNOWN = "INPUT_NOT_KNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that has to hold of a channel.

    Attributes:
        channel_id: The channel.
        measure: Which number of it.
        comparison: How it is compared.
        threshold: With what: the code of a state for IS and IS_NOT. [unit of the channel; AGE s, HEALTH points, DRIFT
            unit per minute]
        hysteresis: So far back the number must come before the condition, once it holds, no longer does; not below
            zero. [as the threshold]
        within: For FORECAST: how far ahead one looks.
        max_age: For VALUE: how old a reading may be; None for what is usual for the channel.
    """

    channel_id: UUID
    measure: ConditionMeasure
    comparison: ConditionComparison
    threshold: float
    hysteresis: float = 0.0
    within: timedelta | None = None
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of the channel of a condition.

    Attributes:
        key: The channel's short name.
        name: What people call it.
        unit: The unit of its values, as the graph names it.
        number: The number that is looked at; None where there is none. [as the threshold]
        observed_at: When the newest reading was observed, BAD ones too; None where it was never read.
        bad: Whether that one is BAD.
        resolution_s: Time between two readings when all is well; None where nobody said. [s]
        states: Labels by code, for STATE channels.
        refusal: Why there is no number, in a sentence; None where there is one, or none was looked for.
        archived: Whether the channel was taken out of use.
    """

    key: str
    name: str
    unit: str
    number: float | None
    observed_at: datetime | None
    bad: bool = False
    resolution_s: float | None = None
    states: Mapping[float, str] = field(default_factory=dict)
    refusal: str | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a condition.

    Attributes:
        holds: Whether it holds; None where nobody can tell.
        reason: The numbers that were compared, or why there are none.
        unknown: Why nobody can tell; None where it holds or does not.
    """

    holds: bool | None
    reason: Reason
    unknown: Unknown | None = None


def judge(condition: Condition, found: Found, *, held: bool, now: datetime) -> Judged:
    """Say whether a condition holds.

    What is archived, missing, BAD or stale holds nothing and ends nothing: nobody can tell. For AGE that a reading is
    old is what is looked for, and no obstacle.

    Args:
        condition: The condition.
        found: What is known of its channel.
        held: Whether it held when it was looked at last: then it holds until the number is back by the hysteresis.
        now: The present.
    """
    unknown = _unknown(condition, found, now)
    if unknown is not None:
        return _nobody_knows(unknown, found, condition, now)
    number = _age_s(found, now) if condition.measure is ConditionMeasure.AGE else found.number
    assert number is not None
    if condition.comparison in BEYOND:
        sign = 1.0 if condition.comparison is ConditionComparison.ABOVE else -1.0
        least = condition.threshold - sign * condition.hysteresis * held
        holds = sign * number > sign * least
    else:
        holds = (number == condition.threshold) is (condition.comparison is ConditionComparison.IS)
    code = "CONDITION_HOLDS" if holds else "CONDITION_DOES_NOT_HOLD"
    text = _said(condition, found, number)
    return Judged(holds, Reason(code, text, number, condition.threshold, _unit(condition, found), found.key))


def _unknown(condition: Condition, found: Found, now: datetime) -> Unknown | None:
    if found.archived or found.observed_at is None:
        return Unknown.ARCHIVED if found.archived else Unknown.NEVER_READ
    if condition.measure is ConditionMeasure.AGE:
        return None
    # How well a channel is, and how it drifts, rests on a window of its readings, and health sinks where it is silent.
    if condition.measure is not ConditionMeasure.HEALTH and now - found.observed_at > oldest_allowed(
        found.resolution_s, condition.max_age
    ):
        return Unknown.STALE
    if condition.measure is ConditionMeasure.VALUE and found.bad:
        return Unknown.BAD
    return None if found.number is not None and isfinite(found.number) else Unknown.NOT_KNOWN


def _nobody_knows(unknown: Unknown, found: Found, condition: Condition, now: datetime) -> Judged:
    age_s = None if found.observed_at is None else _age_s(found, now)
    allowed_s = oldest_allowed(found.resolution_s, condition.max_age).total_seconds()
    message = {
        Unknown.ARCHIVED: f"{found.name} is archived and tells nothing of now; unarchive it, or change the rule.",
        Unknown.NEVER_READ: f"{found.name} has never been read; record a reading.",
        Unknown.STALE: f"{found.name} was last read {span(age_s or 0.0)} ago (allowed: {span(allowed_s)}).",
        Unknown.BAD: f"The newest reading of {found.name} is BAD.",
        Unknown.NOT_KNOWN: found.refusal or f"Nobody knows the {condition.measure.name} of {found.name} now.",
    }[unknown]
    stale = unknown is Unknown.STALE
    reason = Reason(
        unknown.value,
        message,
        age_s if stale else None,
        allowed_s if stale else None,
        Unit.SECOND.name if stale else None,
        found.key,
    )
    return Judged(None, reason, unknown)


def _age_s(found: Found, now: datetime) -> float:
    assert found.observed_at is not None
    return (now - found.observed_at).total_seconds()


_SUBJECTS: Final[Mapping[ConditionMeasure, str]] = {
    ConditionMeasure.VALUE: "{name} is {number}",
    ConditionMeasure.FORECAST: "{name} is expected to go to {number} within {within}",
    ConditionMeasure.AGE: "{name} was last read {number} ago",
    ConditionMeasure.HEALTH: "The health of {name} is {number}",
    ConditionMeasure.DRIFT: "{name} moves by {number} a minute",
    ConditionMeasure.NOISE: "{name} jitters by {number}",
}


def _said(condition: Condition, found: Found, number: float) -> str:
    within = "" if condition.within is None else span(condition.within.total_seconds())
    unit = _unit(condition, found)
    if condition.comparison not in BEYOND:
        wanted = found.states.get(condition.threshold, f"{condition.threshold:g}")
        shown = found.states.get(number, f"{number:g}")
        asked = wanted if condition.comparison is ConditionComparison.IS else f"anything but {wanted}"
        return f"{found.name} is {shown}; asked for: {asked}."
    subject = _SUBJECTS[condition.measure].format(name=found.name, number=amount(number, unit), within=within)
    return f"{subject}; asked for: {condition.comparison.name.lower()} {amount(condition.threshold, unit)}."


def _unit(condition: Condition, found: Found) -> str | None:
    """Return in which unit the number and the threshold are; None for points and codes."""
    if condition.measure is ConditionMeasure.AGE:
        return Unit.SECOND.name
    if condition.measure is ConditionMeasure.HEALTH or condition.comparison not in BEYOND:
        return None
    return found.unit
