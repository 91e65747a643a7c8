"""What people lay down about alarms of one cause, and what cannot be meant."""

from dataclasses import dataclass, replace
from datetime import timedelta
from math import isfinite
from typing import Final, Self

from twinql.domain.alarms.policy import BUILT_IN, LIMITS
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import DETECTED, Bounds, Cause
from twinql.domain.wording import cleaned
from twinql.errors import InvalidInputError

LONGEST_DELAY: Final = timedelta(days=7)
LONGEST_PATIENCE: Final = timedelta(days=30)
LEAST_SENSITIVE: Final = 0.2
MOST_SENSITIVE: Final = 5.0
_INSENSITIVE: Final = frozenset({*LIMITS, Cause.STALE, Cause.CLOCK_OFF}) | (frozenset(Cause) - DETECTED)
_LARGEST: Final = 1e100
_WEIGHT: Final = {severity: weight for weight, severity in enumerate(Severity)}
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRuleDefinition:
    """What people lay down about alarms of one cause.

    Attributes:
        name: What they call it.
        cause: The cause.
        severity: How much such an alarm matters.
        enabled: Whether such alarms are raised at all.
        limit_value: For limits: the limit; None for the channel's own. [unit of the channel]
        deadband: For limits: how far back inside a value must come; None for the channel's own. [unit of the channel]
        sensitivity: How readily detectors find something: 1 as usual, more finds more.
        on_delay: So long must the condition hold before the alarm is raised.
        off_delay: So long must it be gone before the alarm returns.
        escalate_after: After so long without acknowledgement it is escalated; None for never.
        escalate_to: The severity to which it is escalated.
    """

    name: str
    cause: Cause
    severity: Severity
    enabled: bool = True
    limit_value: float | None = None
    deadband: float | None = None
    sensitivity: float = 1.0
    on_delay: timedelta = timedelta()
    off_delay: timedelta = timedelta()
    escalate_after: timedelta | None = None
    escalate_to: Severity | None = None

    @classmethod
    def usual(cls, name: str, cause: Cause) -> Self:
        """Return what holds for a cause where nobody lays anything down, under a name."""
        built_in = BUILT_IN[cause]
        return cls(
            name=name,
            cause=cause,
            severity=built_in.severity,
            on_delay=timedelta(seconds=built_in.on_delay_s),
            off_delay=timedelta(seconds=built_in.off_delay_s),
        )

    def checked(self, *, of_channel: bool) -> Self:
        """Return the same with its name trimmed.

        Args:
            of_channel: Whether it is for one channel, whose unit a limit can be in.

        Raises:
            InvalidInputError: Something cannot be meant; its path says what.
        """
        _check_limit(self, of_channel=of_channel)
        _check_sensitivity(self)
        _check_delays(self)
        _check_escalation(self)
        return replace(self, name=cleaned(self.name, "name", "name"))


def check_order(cause: Cause, bounds: Bounds) -> None:
    """Check that the limits of a channel rise, as they would be under a rule for one of them.

    Args:
        cause: The limit for which the rule is.
        bounds: All of its limits as they would be. [unit of the channel]

    Raises:
        InvalidInputError: That limit lies beyond another one.
    """
    ranks = list(LIMITS)
    limit = getattr(bounds, LIMITS[cause])
    for other in ranks:
        beside = getattr(bounds, LIMITS[other])
        if limit is None or beside is None or other is cause:
            continue
        lower = ranks.index(other) < ranks.index(cause)
        if beside > limit if lower else beside < limit:
            raise InvalidInputError(
                f"{cause.name} would lie at {limit:g}, {'below' if lower else 'above'} {other.name} at {beside:g}: "
                "limits rise from LIMIT_LOW_LOW to LIMIT_HIGH_HIGH.",
                path=("limitValue",),
            )


def _check_limit(rule: AlarmRuleDefinition, *, of_channel: bool) -> None:
    for path, number in (("limitValue", rule.limit_value), ("deadband", rule.deadband)):
        if number is None:
            continue
        if rule.cause not in LIMITS:
            raise InvalidInputError(f"{rule.cause.name} is no limit: leave this out.", path=(path,))
        if not of_channel:
            raise InvalidInputError(
                "This is a number in the unit of one channel: name channelId, or leave it out for each channel's own.",
                path=(path,),
            )
        if not (isfinite(number) and abs(number) <= _LARGEST):
            raise InvalidInputError("No channel reads such a number.", path=(path,))
    if rule.deadband is not None and rule.deadband < 0:
        raise InvalidInputError("The deadband is zero or above.", path=("deadband",))


def _check_sensitivity(rule: AlarmRuleDefinition) -> None:
    if not LEAST_SENSITIVE <= rule.sensitivity <= MOST_SENSITIVE:
        raise InvalidInputError(
            f"The sensitivity lies between {LEAST_SENSITIVE:g} and {MOST_SENSITIVE:g}; 1 is as usual.",
            path=("sensitivity",),
        )
    if rule.sensitivity != 1 and rule.cause in _INSENSITIVE:
        raise InvalidInputError(
            f"{rule.cause.name} is found by a fixed bound and not by statistics: leave the sensitivity at 1.",
            path=("sensitivity",),
        )


def _check_delays(rule: AlarmRuleDefinition) -> None:
    for path, delay in (("onDelay", rule.on_delay), ("offDelay", rule.off_delay)):
        if not timedelta() <= delay <= LONGEST_DELAY or delay % _SECOND:
            raise InvalidInputError(f"A delay has whole seconds, from none to {LONGEST_DELAY.days} days.", path=(path,))


def _check_escalation(rule: AlarmRuleDefinition) -> None:
    after, to = rule.escalate_after, rule.escalate_to
    if (after is None) != (to is None):
        raise InvalidInputError(
            "An alarm is escalated after a time and to a severity: write both, or neither.",
            path=("escalateTo" if to is None else "escalateAfter",),
        )
    if after is not None and (not _SECOND <= after <= LONGEST_PATIENCE or after % _SECOND):
        raise InvalidInputError(
            f"An alarm is escalated after whole seconds, from one to {LONGEST_PATIENCE.days} days.",
            path=("escalateAfter",),
        )
    if to is not None and rule.severity is Severity.CRITICAL:
        raise InvalidInputError(
            "Nothing is graver than CRITICAL, so this is never escalated: leave both out, or write a lower severity.",
            path=("escalateTo",),
        )
    if to is not None and _WEIGHT[to] <= _WEIGHT[rule.severity]:
        raise InvalidInputError(
            f"Escalation raises the severity: write one above {rule.severity.name}.", path=("escalateTo",)
        )
