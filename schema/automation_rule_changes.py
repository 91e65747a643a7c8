"""Changes of rules of people."""

from datetime import timedelta
from typing import Any

import strawberry

from schema.automation_rule import AutomationRule
from schema.changes import written
from schema.expected_effect import ExpectedEffectInput
from schema.payload import Payload
from schema.weekly_hours import WeeklyHoursInput
from twinql.domain.automation.autonomy import AutonomyLevel
from twinql.domain.automation.condition import ConditionComparison, ConditionMeasure
from twinql.domain.automation.definition import LONGEST_BETWEEN, LONGEST_HOLD, MOST_CONDITIONS
from twinql.domain.commands import USUAL_LIFE
from twinql.domain.decisions.vocabulary import Urgency

_LEVEL = "How far TwinQL may act on it by itself; the site's level holds where it is lower"
_URGENCY = "How soon somebody should act on what it decides"
_CONDITIONS = f"All that has to hold at once: 1 to {MOST_CONDITIONS}, on channels of the rule's site"
_HOLDS = f"So long must all conditions hold without a break: whole seconds, up to {LONGEST_HOLD.days} days"
_BETWEEN = f"So long must lie between two times that it fires: whole seconds, up to {LONGEST_BETWEEN.days} days"
_HOURS = "When it may fire, by the clock of the site"
_SET = "What to ask of an actuator"


@strawberry.input(description="Something that has to hold of a channel: a number and a `threshold`, or a `state`.")
class AutomationConditionInput:
    """A condition."""

    channel_id: strawberry.ID = strawberry.field(description="The channel.")
    measure: ConditionMeasure = strawberry.field(
        default=ConditionMeasure.VALUE, description="Which number of it is looked at."
    )
    comparison: ConditionComparison = strawberry.field(description="How it is compared.")
    threshold: float | None = strawberry.field(
        default=None,
        description="With what: in the unit of the channel; for AGE in seconds, for HEALTH in points, for DRIFT in the "
        "unit per minute.",
    )
    state: str | None = strawberry.field(
        default=None, description="For IS and IS_NOT: the label of a state of the channel, such as RUNNING."
    )
    hysteresis: float = strawberry.field(
        default=0.0,
        description="So far back the number must come before the condition, once it holds, no longer does; in the same "
        "unit as `threshold`.",
    )
    within: timedelta | None = strawberry.field(
        default=None, description="For FORECAST: how far ahead, one second to 24 hours."
    )
    max_age: timedelta | None = strawberry.field(
        default=None,
        description="For VALUE: how old a reading may be, one second to 30 days; left out, three resolutions of the "
        "channel, five minutes at least.",
    )


@strawberry.input(description="What to ask of an actuator: `desired` or `action`.")
class AutomationSetpointInput:
    """A value to be set."""

    channel_id: strawberry.ID = strawberry.field(
        description="The channel to be set, a writable one of the rule's site."
    )
    desired: float | None = strawberry.field(
        default=None, description="The value it shall have, in the unit of the channel."
    )
    action: str | None = strawberry.field(
        default=None, description="For a STATE channel: the label of the state it shall have, such as OFF."
    )
    expires_in: timedelta = strawberry.field(
        default=USUAL_LIFE, description="How long such a command stays worth sending, from one second to 24 hours."
    )
    expect: ExpectedEffectInput | None = strawberry.field(
        default=None,
        description="The effect by which it is verified, on a channel of the rule's site; left out, the channel itself "
        "has to show the value.",
    )


@strawberry.input(description="A new rule.")
class CreateAutomationRuleInput:
    """What somebody lays down."""

    site_id: strawberry.ID = strawberry.field(
        description="The site whose clock and channels it goes by; never changes."
    )
    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")
    conditions: list[AutomationConditionInput] = strawberry.field(description=f"{_CONDITIONS}.")
    level: AutonomyLevel = strawberry.field(default=AutonomyLevel.ADVISE, description=f"{_LEVEL}.")
    urgency: Urgency = strawberry.field(default=Urgency.MEDIUM, description=f"{_URGENCY}.")
    holds_for: timedelta = strawberry.field(default=timedelta(), description=f"{_HOLDS}.")
    minimum_between: timedelta = strawberry.field(default=timedelta(), description=f"{_BETWEEN}.")
    hours: WeeklyHoursInput = strawberry.field(default_factory=WeeklyHoursInput, description=f"{_HOURS}.")
    set: AutomationSetpointInput | None = strawberry.field(
        default=None, description=f"{_SET}; left out, somebody is asked to look."
    )


@strawberry.input(
    description="Changes of a rule; what is left out stays as it is. What it had come to is forgotten, but for when it "
    "fired last."
)
class UpdateAutomationRuleInput:
    """What somebody lays down differently."""

    id: strawberry.ID = strawberry.field(description="The rule.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="What people call it; cannot be null.")
    conditions: list[AutomationConditionInput] | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_CONDITIONS}; cannot be null."
    )
    level: AutonomyLevel | None = strawberry.field(default=strawberry.UNSET, description=f"{_LEVEL}; cannot be null.")
    urgency: Urgency | None = strawberry.field(default=strawberry.UNSET, description=f"{_URGENCY}; cannot be null.")
    holds_for: timedelta | None = strawberry.field(default=strawberry.UNSET, description=f"{_HOLDS}; cannot be null.")
    minimum_between: timedelta | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_BETWEEN}; cannot be null."
    )
    hours: WeeklyHoursInput | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_HOURS}; cannot be null."
    )
    set: AutomationSetpointInput | None = strawberry.field(
        default=strawberry.UNSET, description=f"{_SET}; null asks somebody to look."
    )

    def changes(self) -> dict[str, Any]:
        """Return what was written, by attribute, but for conditions and setpoint."""
        never_null = ("name", "conditions", "level", "urgency", "holds_for", "minimum_between", "hours")
        changes = written(self, leave=("id",), never_null=never_null)
        if "hours" in changes:
            changes["hours"] = changes["hours"].to_domain()
        return changes


@strawberry.input(description="A rule to take out of use.")
class ArchiveAutomationRuleInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.input(description="A rule to take back into use.")
class UnarchiveAutomationRuleInput:
    """Names it."""

    id: strawberry.ID = strawberry.field(description="The rule.")


@strawberry.type(description="What became of a rule to be made.")
class CreateAutomationRulePayload(Payload):
    """The outcome of `createAutomationRule`."""

    automation_rule: AutomationRule | None = strawberry.field(
        default=None, description="The new rule; null where the input was not taken."
    )


@strawberry.type(description="What became of a rule to be changed.")
class UpdateAutomationRulePayload(Payload):
    """The outcome of `updateAutomationRule`."""

    automation_rule: AutomationRule | None = strawberry.field(
        default=None, description="The rule as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of a rule to be taken out of use.")
class ArchiveAutomationRulePayload(Payload):
    """The outcome of `archiveAutomationRule`."""

    automation_rule: AutomationRule | None = strawberry.field(
        default=None, description="The rule; null where the input was not taken."
    )


@strawberry.type(description="What became of a rule to be taken back into use.")
class UnarchiveAutomationRulePayload(Payload):
    """The outcome of `unarchiveAutomationRule`."""

    automation_rule: AutomationRule | None = strawberry.field(
        default=None, description="The rule; null where the input was not taken."
    )
