"""How well a channel and an asset are: a score of 100 points, less what each issue takes off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from twinql.domain.diagnosis.bands import (
    ALARM_SHARE,
    CALIBRATION,
    DEDUCTIONS,
    FRESHNESS,
    HEALTH,
    CalibrationValidity,
    Freshness,
    HealthStatus,
    IssueCode,
)
from twinql.domain.diagnosis.present import DAY_S, Age, InTarget
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.diagnosis.stretch import percent
from twinql.domain.spoken import span
from twinql.domain.units import Unit

SILENT = frozenset({"SHELVED", "OUT_OF_SERVICE"})
_FULL = 100.0


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that is open.

    Attributes:
        id: Its identity.
        cause: What is wrong, as the graph names it.
        severity: How much it matters, as the graph names it.
        state: Where it stands, as the graph names it.
        holds: Whether its condition holds now.
        message: What is wrong, in a sentence.
        score: How far beyond its threshold: 1 is just at it.
    """

    id: UUID
    cause: str
    severity: str
    state: str
    holds: bool
    message: str
    score: float


def stuck(alarms: Iterable[OpenAlarm]) -> bool:
    """Say whether one of these alarms is that a sensor is stuck, and holds: also where it is silenced."""
    return any(each.cause == "STUCK" and each.holds for each in alarms)


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that takes points off.

    Attributes:
        code: For programs.
        message: For people: a sentence.
        points: How many of 100 points it takes off.
        value: The number behind; None where there is none. [unit]
        threshold: What it is compared with. [unit]
        unit: What both are counted in; None for shares and plain numbers.
        alarm_id: The alarm, where it is one.
        cause: What is wrong, as the graph names it, where it is an alarm.
    """

    code: IssueCode
    message: str
    points: float
    value: float | None = None
    threshold: float | None = None
    unit: Unit | None = None
    alarm_id: UUID | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a channel that tells how well it is.

    Attributes:
        age: How old its newest reading is, or why nobody knows.
        expected: How many readings the window should hold; None without a resolution.
        actual: How many of those are there and usable.
        readings: How many readings the window holds.
        bad: How many of those are BAD.
        alarms: What is open.
        calibration: Whether its calibration holds.
        calibration_left_s: Time until it ends, negative after; None where nobody knows. [s]
        target: Where its values lie, or why nobody knows.
    """

    age: Age | Reason
    expected: int | None = None
    actual: int = 0
    readings: int = 0
    bad: int = 0
    alarms: Sequence[OpenAlarm] = ()
    calibration: CalibrationValidity = CalibrationValidity.UNKNOWN
    calibration_left_s: float | None = None
    target: InTarget | Reason | None = None


I = TypeVar("I")  # noqa: E741 - an issue, with or without its channel


@dataclass(frozen=True, slots=True)
class Health(Generic[I]):
    """How well something is.

    Attributes:
        score: 100 where nothing is wrong, 0 at the least; None where nothing was ever read.
        status: How that is called, by the published table.
        issues: What takes points off, the most first.
    """

    score: float | None
    status: HealthStatus
    issues: Sequence[I] = field(default_factory=tuple)


def channel_health(signs: Signs) -> Health[Issue]:
    """Say how well a channel is: 100 points less those of its issues, and never below 0.

    A channel that was never read is UNKNOWN. Alarms that are shelved or out of service, and those whose condition has
    ended, take nothing off; STALE ones neither, since its freshness does.
    """
    if isinstance(signs.age, Reason) and not signs.readings:
        return Health(None, HealthStatus.UNKNOWN)
    issues = sorted(_issues(signs), key=lambda issue: -issue.points)
    score = max(0.0, _FULL - sum(issue.points for issue in issues))
    return Health(score, HEALTH.label(score), tuple(issues))


C = TypeVar("C")


def asset_health(channels: Mapping[C, Health[Issue]]) -> Health[tuple[C, Issue]]:
    """Say how well an asset is: as well as the worst of its channels, with the issues of all.

    A mean would hide one sensor that is dead among many that are well. Channels that were never read do not count;
    where all are so, or none is there, it is UNKNOWN.
    """
    scores = [health.score for health in channels.values() if health.score is not None]
    if not scores:
        return Health(None, HealthStatus.UNKNOWN)
    issues = [(key, issue) for key, health in channels.items() for issue in health.issues]
    return Health(min(scores), HEALTH.label(min(scores)), sorted(issues, key=lambda each: -each[1].points))


def _issues(signs: Signs) -> Iterator[Issue]:
    if isinstance(signs.age, Age) and signs.age.freshness is not Freshness.FRESH:
        yield _old(signs.age)
    if signs.expected and signs.actual < signs.expected:
        missing = signs.expected - signs.actual
        message = f"{missing:,} of {signs.expected:,} readings are missing."
        yield _share(IssueCode.INCOMPLETE, message, missing / signs.expected)
    if signs.bad:
        message = f"{signs.bad:,} of {signs.readings:,} readings are BAD."
        yield _share(IssueCode.BAD_READINGS, message, signs.bad / signs.readings)
    for alarm in signs.alarms:
        if alarm.holds and alarm.state not in SILENT and alarm.cause != "STALE":
            yield _alarm(alarm)
    if signs.calibration in {CalibrationValidity.DUE_SOON, CalibrationValidity.EXPIRED}:
        yield _calibration(signs)
    if isinstance(signs.target, InTarget) and signs.target.share < 1:
        outside = signs.target.below + signs.target.above
        yield _share(IssueCode.OUT_OF_TARGET, f"Outside of its target for {percent(outside)} of the time.", outside)


def _old(age: Age) -> Issue:
    code = IssueCode(age.freshness.value)
    begins = FRESHNESS.begins(age.freshness) * age.expected_s
    message = f"The newest reading is {span(age.age_s)} old, and one comes every {span(age.expected_s)}."
    return Issue(code, message, DEDUCTIONS[code], age.age_s, begins, Unit.SECOND)


def _share(code: IssueCode, message: str, share: float) -> Issue:
    return Issue(code, message, DEDUCTIONS[code] * share, share, 0.0)


def _alarm(alarm: OpenAlarm) -> Issue:
    if alarm.cause == "STUCK":
        points = DEDUCTIONS[IssueCode.STUCK]
        return Issue(IssueCode.STUCK, alarm.message, points, alarm.score, 1.0, alarm_id=alarm.id, cause=alarm.cause)
    points = DEDUCTIONS[IssueCode.ALARM] * ALARM_SHARE[alarm.severity]
    return Issue(IssueCode.ALARM, alarm.message, points, alarm.score, 1.0, alarm_id=alarm.id, cause=alarm.cause)


def _calibration(signs: Signs) -> Issue:
    code, begins, message = IssueCode.CALIBRATION_EXPIRED, 0.0, "Its calibration has ended; have it calibrated."
    if signs.calibration is CalibrationValidity.DUE_SOON:
        code, begins = IssueCode.CALIBRATION_DUE, DAY_S * CALIBRATION.begins(CalibrationValidity.VALID)
        message = "Its calibration ends soon; have it calibrated."
    return Issue(code, message, DEDUCTIONS[code], signs.calibration_left_s, begins, Unit.SECOND)
