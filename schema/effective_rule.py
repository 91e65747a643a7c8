"""What holds for a channel: for each cause the narrowest rule, else what is built in."""

from datetime import timedelta
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from schema.alarm_rule import AlarmRule
from schema.declared import to_one
from schema.standing import standing_of
from twinql.context import Info
from twinql.domain.alarms.policy import LIMITS, Policy, Rule
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Bounds, Cause
from twinql.storage.alarm_policies import LaidDown


@strawberry.enum(description="Where it is laid down how an alarm is raised, from the widest place to the narrowest.")
class AlarmRuleOrigin(Enum):
    """Where a rule comes from."""

    BUILT_IN = strawberry.enum_value("BUILT_IN", description="Nowhere: TwinQL holds it so.")
    ORGANISATION = strawberry.enum_value("ORGANISATION", description="A rule for the whole organisation.")
    SITE = strawberry.enum_value("SITE", description="A rule for its site.")
    ASSET = strawberry.enum_value("ASSET", description="A rule for its asset.")
    CHANNEL = strawberry.enum_value("CHANNEL", description="A rule for the channel itself.")

    @classmethod
    def of(cls, rule: Rule | None) -> "AlarmRuleOrigin":
        """Say where a rule comes from."""
        if rule is None:
            return cls.BUILT_IN
        if rule.channel_id is not None:
            return cls.CHANNEL
        if rule.asset_id is not None:
            return cls.ASSET
        return cls.ORGANISATION if rule.site_id is None else cls.SITE


@strawberry.type(description="How alarms of one cause are raised on a channel, by the narrowest rule that fits it.")
class EffectiveAlarmRule:
    """What holds for a channel and a cause."""

    rule_id: strawberry.Private[UUID | None]
    cause: Cause = strawberry.field(description="The cause.")
    origin: AlarmRuleOrigin = strawberry.field(description="Where that is laid down.")
    rule: AlarmRule | None = to_one(
        "schema.alarm_rule:AlarmRule", "rule_id", description="The rule; null for what is built in."
    )
    enabled: bool = strawberry.field(
        description="Whether such alarms are raised at all; for a limit that the channel does not have, false."
    )
    severity: Severity = strawberry.field(description="How much such an alarm matters.")
    limit_value: float | None = strawberry.field(
        description="For limits: the limit, in the unit of the channel; null where it has none, and nothing is raised."
    )
    deadband: float | None = strawberry.field(
        description="For limits: how far back inside a value must come before the alarm returns, in the unit of the "
        "channel; else null."
    )
    sensitivity: float = strawberry.field(
        description="How readily detectors find it, without unit: 1 as usual, 2 finds deviations half as large."
    )
    on_delay: timedelta = strawberry.field(description="So long must the condition hold before the alarm is raised.")
    off_delay: timedelta = strawberry.field(description="So long must it be gone before the alarm returns.")
    escalate_after: timedelta | None = strawberry.field(
        description="After so long without acknowledgement it is escalated; null for never."
    )
    escalate_to: Severity | None = strawberry.field(
        description="The severity to which it is escalated; null where it never is."
    )

    @classmethod
    def of(cls, cause: Cause, policy: Policy, bounds: Bounds, found: LaidDown | None) -> Self:
        """Show what holds for a cause, of the limits as they are under all rules."""
        rule, limit = policy.rule, cause in LIMITS
        value = getattr(bounds, LIMITS[cause]) if limit else None
        return cls(
            rule_id=None if rule is None else rule.id,
            cause=cause,
            origin=AlarmRuleOrigin.of(rule),
            enabled=policy.enabled and not (limit and value is None),
            severity=policy.severity,
            limit_value=value,
            deadband=bounds.deadbands.get(cause, bounds.deadband) if limit else None,
            sensitivity=1.0 if rule is None else rule.sensitivity,
            on_delay=timedelta(seconds=policy.on_delay_s),
            off_delay=timedelta(seconds=policy.off_delay_s),
            escalate_after=None if found is None else found.escalate_after,
            escalate_to=None if found is None else found.escalate_to,
        )


async def _resolve(root: Any, info: Info) -> list[EffectiveAlarmRule]:
    """Load the rules of all channels that ask at once."""
    if root.schedule or root.archived_at is not None:
        return []
    standing = await standing_of(root, info)
    return [
        EffectiveAlarmRule.of(cause, policy, standing.bounds, standing.rules[policy.rule.id] if policy.rule else None)
        for cause, policy in standing.policies.items()
    ]


def effective_rules() -> Any:
    """Declare what holds for a channel."""
    return strawberry.field(
        resolver=_resolve,
        description="How its alarms are raised: for each cause the rule of the channel, else of its asset, its site, "
        "the organisation, else what is built in. Empty for schedules and while it is archived: nobody watches those.",
    )
