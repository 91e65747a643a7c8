"""How alarms are raised: what people lay down, for a channel, an asset, a site or the whole organisation."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema import alarm_vocabulary  # noqa: F401 - publishes the enums
from schema.declared import Asked, column, entity_of, hidden, key_of, to_one
from schema.node import Node
from schema.orders import NameOrder
from schema.viewer_can import viewer_can
from twinql.domain.alarms.vocabulary import Severity
from twinql.domain.detection.finding import Cause
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table, contains, equals, is_set, json_text, one_of
from twinql.storage.read.entity import ALARM_RULES

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.channel import Channel
    from schema.site import Site


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None else timedelta(seconds=value)


@strawberry.type(
    description="How alarms of one cause are raised, for a channel, an asset, a site or the whole organisation. Where "
    "several fit a channel, the one of the narrowest place holds, alone."
)
class AlarmRule(Node):
    """A rule."""

    table: ClassVar[Table] = ALARM_RULES
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID | None] = hidden()
    asset_id: strawberry.Private[UUID | None] = hidden()
    channel_id: strawberry.Private[UUID | None] = hidden()
    name: str = column(description="What people call it.")
    cause: Cause = column("cause::text", description="For alarms of which cause it holds.")
    site: Annotated["Site", strawberry.lazy("schema.site")] | None = to_one(
        "schema.site:Site", "site_id", description="The site for whose channels it holds; null unless it is for a site."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset",
        "asset_id",
        description="The asset for whose channels it holds; null unless it is for an asset.",
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel",
        "channel_id",
        description="The channel for which it holds; null unless it is for one.",
    )
    enabled: bool = column(description="Whether such alarms are raised at all.")
    severity: Severity = column("severity::text", description="How much such an alarm matters.")
    limit_value: float | None = column(
        description="For limits: the limit, in the unit of the channel; null for the channel's own."
    )
    deadband: float | None = column(
        description="For limits: how far back inside a value must come before the alarm returns, in the unit of the "
        "channel; null for the channel's own."
    )
    sensitivity: float = column(
        description="How readily detectors find something, without unit: 1 as usual, 2 finds deviations half as large."
    )
    on_delay: timedelta = column(
        "on_delay_seconds",
        read=_seconds,
        written=json_text.duration,
        description="So long must the condition hold before the alarm is raised.",
    )
    off_delay: timedelta = column(
        "off_delay_seconds",
        read=_seconds,
        written=json_text.duration,
        description="So long must it be gone before the alarm returns.",
    )
    escalate_after: timedelta | None = column(
        "escalate_after_seconds",
        read=_seconds,
        written=json_text.duration,
        description="After so long without acknowledgement it is escalated; null for never.",
    )
    escalate_to: Severity | None = column(
        "escalate_to::text", description="The severity to which it is escalated; null where it never is."
    )
    created_at: datetime = column(description="When it was made.")
    archived_at: datetime | None = column(description="When it was taken out of use; null while in use.")
    viewer_can_update: bool = viewer_can(
        Role.OWNER, description="Whether you may change it, and take it out of use and back."
    )


@strawberry.input(description="Which rules are wanted; what is left out does not matter.")
class AlarmRuleFilter:
    """Conditions that all hold."""

    search: str | None = strawberry.field(default=None, description="Only where the name contains this text.")
    causes: list[Cause] | None = strawberry.field(default=None, description="Only for one of these causes.")
    enabled: bool | None = strawberry.field(default=None, description="Only those that raise alarms, or that do not.")
    site_id: strawberry.ID | None = strawberry.field(default=None, description="Only those for this site.")
    asset_id: strawberry.ID | None = strawberry.field(default=None, description="Only those for this meter or machine.")
    channel_id: strawberry.ID | None = strawberry.field(default=None, description="Only those for this channel.")
    archived: bool | None = strawberry.field(
        default=False, description="False: those in use. True: those that are archived. Null: both."
    )


def alarm_rules_asked(chosen: AlarmRuleFilter | None, order_by: NameOrder, page: PageRequest) -> Asked:
    """Return the question for rules."""
    chosen = chosen or AlarmRuleFilter()
    where = (
        *contains(("name",), chosen.search),
        *one_of("cause", None if chosen.causes is None else [each.value for each in chosen.causes], "alarm_cause"),
        *equals("enabled", chosen.enabled, "bool"),
        *equals("site_id", chosen.site_id and key_of(chosen.site_id, "Site"), "uuid"),
        *equals("asset_id", chosen.asset_id and key_of(chosen.asset_id, "Meter", "Machine"), "uuid"),
        *equals("channel_id", chosen.channel_id and key_of(chosen.channel_id, "Channel"), "uuid"),
        *is_set("archived_at", wanted=chosen.archived),
    )
    return Asked(AlarmRule, Question(entity_of(AlarmRule), order_by.columns, page, where))
