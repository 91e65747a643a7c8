"""Changes of how alarms are raised."""

from datetime import timedelta
from typing import Any

import strawberry

from schema.alarm_rule import AlarmRule
from schema.changes import written
from schema.payload import Payload
from twinql.domain.alarms.rule_definition import (
    LEAST_SENSITIVE,
    LONGEST_DELAY,
    LONGEST_PATIENCE,
    MOST_SENSITIVE,
    AlarmRuleDefinition,
)
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Cause
from twinql.errors import InvalidInputError

_ON = f"So long must the condition hold before the alarm is raised: whole seconds, up to {LONGEST_DELAY.days} days"
_OFF = f"So long must it be gone before the alarm returns: whole seconds, up to {LONGEST_DELAY.days} days"
_AFTER = f"After so long without acknowledgement it is escalated: whole seconds, up to {LONGEST_PATIENCE.days} days"
_SENSITIVITY = (
    f"How readily detectors find something, {LEAST_SENSITIVE:g} to {MOST_SENSITIVE:g}: 1 as usual, 2 finds deviations "
    "half as large. Limits, STALE, CLOCK_OFF and what no detector finds know none"
)
_LIMIT = "For a limit of one channel: the limit, in the unit of the channel"
_DEADBAND = (
    "For a limit of one channel: how far back inside a value must come before the alarm returns, in the unit of the "
    "channel"
)
_SCOPE = "at most one of `siteId`, `assetId` and `channelId` is written, and none means the whole organisation"
_PLACES = ("site_id", "asset_id", "channel_id")


@strawberry.input(
    description=f"A new rule: {_SCOPE}. What is left out of severity, delays and sensitivity is as built in for the "
    "cause."
)
class CreateAlarmRuleInput:
    """What is laid down."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    cause: Cause = strawberry.field(description="For alarms of which cause it holds; never changes.")
    site_id: strawberry.ID | None = strawberry.field(
        default=None, description="The site for whose channels it holds; never changes."
    )
    asset_id: strawberry.ID | None = strawberry.field(
        default=None, description="The meter or machine for whose channels it holds; never changes."
    )
    channel_id: strawberry.ID | None = strawberry.field(
        default=None, description="The channel for which it holds; never changes."
    )
    enabled: bool = strawberry.field(default=True, description="Whether such alarms are raised at all.")
    severity: Severity | None = strawberry.field(default=None, description="How much such an alarm matters.")
    limit_value: float | None = strawberry.field(default=None, description=f"{_LIMIT}; left out, the channel's own.")
    deadband: float | None = strawberry.field(default=None, description=f"{_DEADBAND}; left out, the channel's own.")
    sensitivity: float = strawberry.field(default=1.0, description=f"{_SENSITIVITY}.")
    on_delay: timedelta | None = strawberry.field(default=None, description=f"{_ON}.")
    off_delay: timedelta | None = strawberry.field(default=None, description=f"{_OFF}.")
    escalate_after: timedelta | None = strawberry.field(default=None, description=f"{_AFTER}; left out, never.")
    escalate_to: Severity | None = strawberry.field(
        default=None, description="The severity to which it is escalated, above its own; with `escalateAfter`."
    )

    def to_domain(self) -> AlarmRuleDefinition:
        """Say it in the words of the domain.

        Raises:
            InvalidInputError: More than one place is named.
        """
        if sum(getattr(self, each) is not None for each in _PLACES) > 1:
            raise InvalidInputError(f"A rule is for one place: {_SCOPE}.")
        usual = AlarmRuleDefinition.usual(self.name, self.cause)
        return AlarmRuleDefinition(
            name=self.name,
            cause=self.cause,
            enabled=self.enabled,
            severity=usual.severity if self.severity is None else self.severity,
            limit_value=self.limit_value,
            deadband=self.deadband,
            sensitivity=self.sensitivity,
            on_delay=usual.on_delay if self.on_delay is None else self.on_delay,
            off_delay=usual.off_delay if self.off_delay is None else self.off_delay,
            escalate_after=self.escalate_after,
            escalate_to=self.escalate_to,
        )


@strawberry.input(description="Changes of a rule; what is left out stays as it is.")
class UpdateAlarmRuleInput:
    """What is laid down differently."""

    id: strawberry.ID = strawberry.field(description="The rule.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    enabled: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether such alarms are raised at all; cannot be null."
    )
    severity: Severity | None = strawberry.field(
        default=strawberry.UNSET, description="How much such an alarm matters; cannot be null."
    )
    limit_value: float | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_LIMIT}; null for the channel's own."
    )
    deadband: float | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_DEADBAND}; null for the channel's own."
    )
    sensitivity: float | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_SENSITIVITY}; cannot be null."
    )
    on_delay: timedelta | None = strawberry.field(default=strawberry.UNSET, description=f"{_ON}; cannot be null.")
    off_delay: timedelta | None = strawberry.field(default=strawberry.UNSET, description=f"{_OFF}; cannot be null.")
    escalate_after: timedelta | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_AFTER}; null for never, with `escalateTo`."
    )
    escalate_to: Severity | None = strawberry.field(
        default=strawberry.UNSET,
        description="The severity to which it is escalated, above its own; null for never, with `escalateAfter`.",
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute of the definition."""
        never_null = ("name", "enabled", "severity", "sensitivity", "on_delay", "off_delay")
        return written(self, leave=("id",), never_null=never_null)


@strawberry.input(description="A rule to take out of use.")
class ArchiveAlarmRuleInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.input(description="A rule to take back into use.")
class UnarchiveAlarmRuleInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.type(description="What became of a rule to be made.")
class CreateAlarmRulePayload(Payload):
    """The outcome of `createAlarmRule`."""

    alarm_rule: AlarmRule | None = strawberry.field(
        default=None, description="The new rule; null where the input was not taken."
    )


@strawberry.type(description="What became of a rule to be changed.")
class UpdateAlarmRulePayload(Payload):
    """The outcome of `updateAlarmRule`."""

    alarm_rule: AlarmRule | None = strawberry.field(
        default=None, description="The rule as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a rule to be taken out of use.")
class ArchiveAlarmRulePayload(Payload):
    """The outcome of `archiveAlarmRule`."""

    alarm_rule: AlarmRule | None = strawberry.field(
        default=None, description="The rule; null where the input was not taken."
    )


@strawberry.type(description="What became of a rule to be taken back into use.")
class UnarchiveAlarmRulePayload(Payload):
    """The outcome of `unarchiveAlarmRule`."""

    alarm_rule: AlarmRule | None = strawberry.field(
        default=None, description="The rule; null where the input was not taken."
    )
