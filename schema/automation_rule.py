"""Rules of people: what has to hold, and what is decided then."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import strawberry

from schema import automation_words  # noqa: F401 - publishes the enums
from schema.connection import After, Before, First, Last, page_of
from schema.decision import Decision
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.expected_effect import ExpectedEffect
from schema.lists import DecisionConnection
from schema.node import Node
from schema.orders import NameOrder
from schema.viewer_can import viewer_can
from schema.weekly_hours import WeeklyHours
from twinql.context import Info
from twinql.domain.automation.autonomy import AutonomyLevel, AutonomySetting, SiteStanding
from twinql.domain.automation.condition import ConditionComparison, ConditionMeasure
from twinql.domain.automation.hours import Hours
from twinql.domain.automation.machine import AutomationOutcome
from twinql.domain.commands import labels_of
from twinql.domain.decisions.vocabulary import DecisionAction, Urgency
from twinql.domain.membership import Role
from twinql.domain.verification import expectation_of
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set, json_text
from twinql.storage.read.entity import AUTOMATION_RULES, NEWEST_DECISION

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.channel import Channel
    from schema.site import Site

_CONDITIONS = """(
    select json_agg(json_build_object(
        'channel_id', k.channel_id, 'measure', k.measure, 'comparison', k.comparison, 'threshold', k.threshold,
        'hysteresis', k.hysteresis, 'within_seconds', k.within_seconds, 'max_age_seconds', k.max_age_seconds,
        'holds', k.holds, 'states', c.states
    ) order by k.position)
    from automation_conditions as k join channels as c on c.id = k.channel_id
    where k.rule_id = automation_rules.id
)"""
_SET = """case when set_channel_id is not null then json_build_object(
    'channel_id', set_channel_id, 'desired', desired, 'expires_in_seconds', expires_in_seconds,
    'states', (select c.states from channels as c where c.id = set_channel_id),
    'expect', case when expect_channel_id is not null then json_build_object(
        'channel_id', expect_channel_id, 'direction', expect_direction, 'by', expect_by, 'value', expect_value,
        'within_s', expect_within_seconds
    ) end
) end"""
_SITE = """(
    select json_build_object(
        'level', s.level, 'paused', s.paused_at is not null, 'fell_back', s.fell_back_at is not null,
        'weekdays', s.weekdays, 'first_minute', s.first_minute, 'last_minute', s.last_minute, 'zone', sites.time_zone
    )
    from site_autonomy as s join sites on sites.id = s.site_id where s.site_id = automation_rules.site_id
)"""


@strawberry.type(description="Something that has to hold of a channel.")
class AutomationCondition:
    """A condition."""

    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel; null where you may not see it."
    )
    measure: ConditionMeasure = strawberry.field(description="Which number of it is looked at.")
    comparison: ConditionComparison = strawberry.field(description="How it is compared.")
    threshold: float = strawberry.field(
        description="With what: in the unit of the channel; for AGE in seconds, for HEALTH in points, for DRIFT in the "
        "unit per minute; for IS and IS_NOT the code of the state."
    )
    state: str | None = strawberry.field(description="The label of that state; null for a quantity.")
    hysteresis: float = strawberry.field(
        description="So far back the number must come before the condition, once it holds, no longer does; in the same "
        "unit as `threshold`."
    )
    within: timedelta | None = strawberry.field(description="For FORECAST: how far ahead is looked; else null.")
    max_age: timedelta | None = strawberry.field(
        description="For VALUE: how old a reading may be; null for three resolutions of the channel, five minutes at "
        "least."
    )
    holds: bool = strawberry.field(description="Whether it held at the last look that could tell.")


@strawberry.type(description="What a rule asks of an actuator.")
class AutomationSetpoint:
    """A value to be set."""

    channel_id: strawberry.Private[UUID]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel to be set; null where you may not see it."
    )
    desired: float = strawberry.field(description="The value it shall have, in the unit of the channel.")
    action: str | None = strawberry.field(description="The label of the state, for a STATE channel; else null.")
    expires_in: timedelta = strawberry.field(description="How long such a command stays worth sending.")
    expect: ExpectedEffect | None = strawberry.field(
        description="The effect by which it is verified; null where its channel alone has to show the value."
    )


def _conditions(stored: list[dict[str, Any]] | None) -> list[AutomationCondition]:
    return [
        AutomationCondition(
            channel_id=UUID(each["channel_id"]),
            measure=ConditionMeasure(each["measure"]),
            comparison=ConditionComparison(each["comparison"]),
            threshold=float(each["threshold"]),
            state=labels_of(each["states"]).get(float(each["threshold"])) if each["measure"] == "VALUE" else None,
            hysteresis=float(each["hysteresis"]),
            within=_seconds(each["within_seconds"]),
            max_age=_seconds(each["max_age_seconds"]),
            holds=each["holds"],
        )
        for each in stored or ()
    ]


def _setpoint(stored: dict[str, Any] | None) -> AutomationSetpoint | None:
    if stored is None:
        return None
    expect = stored["expect"]
    return AutomationSetpoint(
        channel_id=UUID(stored["channel_id"]),
        desired=float(stored["desired"]),
        action=labels_of(stored["states"]).get(float(stored["desired"])),
        expires_in=timedelta(seconds=stored["expires_in_seconds"]),
        expect=None if expect is None else ExpectedEffect.of(expectation_of(expect)),
    )


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


def _span(value: int) -> timedelta:
    return timedelta(seconds=value)


def _hours(stored: Mapping[str, Any]) -> Hours:
    return Hours(
        weekdays=frozenset(stored["weekdays"]),
        first_minute=stored["first_minute"],
        last_minute=stored["last_minute"],
    )


def _action(set_channel_id: UUID | None) -> DecisionAction:
    return DecisionAction.INSPECT if set_channel_id is None else DecisionAction.SET_VALUE


@strawberry.type(
    description="A rule of people: when all of its conditions have held for long enough, it makes a decision, once; "
    "again only after one of them has ended."
)
class AutomationRule(Node):
    """A rule."""

    table: ClassVar[Table] = AUTOMATION_RULES
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    asset_id: strawberry.Private[UUID] = hidden()
    fell_back_channel_id: strawberry.Private[UUID | None] = hidden()
    site_standing: strawberry.Private[dict[str, Any]] = hidden(_SITE)
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site whose clock, channels and autonomy it goes by."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] = to_one(
        "schema.asset:Asset", "asset_id", description="The meter or machine of which its decisions speak."
    )
    name: str = column(description="What people call it.")
    level: AutonomyLevel = column(
        "level::text", description="How far TwinQL may act on it by itself; the site's level holds where it is lower."
    )
    urgency: Urgency = column("urgency::text", description="How soon somebody should act on what it decides.")
    conditions: list[AutomationCondition] = column(
        _CONDITIONS, read=_conditions, description="All that has to hold at once."
    )
    holds_for: timedelta = column(
        "holds_for_seconds",
        read=_span,
        written=json_text.duration,
        description="So long must all conditions hold without a break.",
    )
    minimum_between: timedelta = column(
        "minimum_between_seconds",
        read=_span,
        written=json_text.duration,
        description="So long must lie between two times that it fires.",
    )
    hours: WeeklyHours = column(
        "json_build_object('weekdays', weekdays, 'first_minute', first_minute, 'last_minute', last_minute)",
        read=lambda stored: WeeklyHours.of(_hours(stored)),
        description="When it may fire; what stands when they end is closed.",
    )
    action: DecisionAction = column(
        "set_channel_id",
        read=_action,
        written=lambda sql: f"case when {sql} is null then '\"INSPECT\"' else '\"SET_VALUE\"' end",
        description="What its decisions recommend: SET_VALUE, or INSPECT.",
    )
    set: AutomationSetpoint | None = column(
        _SET, read=_setpoint, description="What it asks of an actuator; null where it asks somebody to look."
    )
    outcome: AutomationOutcome | None = column(
        "outcome::text", description="What the last look at it came to; null before the first."
    )
    message: str | None = column(
        description="The same for people, with the numbers as they were when it first came to that; null before."
    )
    outcome_at: datetime | None = column(description="When a look first came to that; null before.")
    holding_since: datetime | None = column(description="Since when all conditions hold; null where they do not.")
    fired_at: datetime | None = column(description="When it fired last; null where it never did.")
    fell_back_at: datetime | None = column(
        description="Since when TwinQL no longer acts on it by itself, because an input is stale; null where it does."
    )
    fell_back_because: str | None = column(description="Why, for people; null where it has not fallen back.")
    fell_back_channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "fell_back_channel_id", description="The channel that is stale; null as above."
    )
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, and take it out of use and back."
    )

    @strawberry.field(description="How far TwinQL acts on it now: the lower of its level and its site's.")
    def effective_level(self, info: Info) -> AutonomyLevel:
        """Work it out."""
        stored = self.site_standing
        site = SiteStanding(
            setting=AutonomySetting(level=AutonomyLevel(stored["level"]), hours=_hours(stored)),
            paused=stored["paused"],
            fell_back=stored["fell_back"],
        )
        zone, fell_back = ZoneInfo(stored["zone"]), self.fell_back_at is not None
        return site.level_at(info.context.now, zone, self.level, rule_fell_back=fell_back)

    @listed("row_id", graphql_type=DecisionConnection, description="The decisions that it made, newest first.")
    def decisions(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for them."""
        page = page_of(first, after, last, before)
        return Asked(Decision, Question(entity_of(Decision), NEWEST_DECISION, page, (), parent="automation_rule_id"))


@strawberry.input(description="Which rules are wanted; what is left out does not matter.")
class AutomationRuleFilter:
    """Conditions that all hold."""

    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")
    site_id: strawberry.ID | None = strawberry.field(default=None, description="Only those of this site.")
    asset_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only those whose decisions speak of this meter or machine."
    )
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def automation_rules_asked(
    chosen: AutomationRuleFilter | None, order_by: NameOrder, page: PageRequest, *, parent: str | None = None
) -> Asked:
    """Return the question for rules, under a parent column or for all."""
    chosen = chosen or AutomationRuleFilter()
    where = (
        *contains(("name",), chosen.search),
        *equals("site_id", chosen.site_id and key_of(chosen.site_id, "Site"), "uuid"),
        *equals("asset_id", chosen.asset_id and key_of(chosen.asset_id, "Meter", "Machine"), "uuid"),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(AutomationRule, Question(entity_of(AutomationRule), order_by.columns, page, where, parent=parent))
