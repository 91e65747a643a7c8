"""Alarms: what is wrong with channels, since when, and who has seen it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar
from uuid import UUID

import strawberry

from schema import alarm_vocabulary  # noqa: F401 - publishes the enums
from schema.alarm_notification import notifications_of
from schema.alarm_transition import AlarmTransition, FirstSteps, StepsAfter, steps_of
from schema.declared import column, hidden, to_one
from schema.evidence import EVIDENCE, Evidence, evidence_of
from schema.node import Node
from schema.stored_parts import objects_of
from schema.viewer_can import is_empty, is_not, is_one_of, viewer_can
from twinql.context import Info
from twinql.domain.alarms.vocabulary import AlarmState, Severity
from twinql.domain.detection.finding import Cause
from twinql.domain.membership import Role
from twinql.storage.read import Table
from twinql.storage.read.entity import ALARMS

if TYPE_CHECKING:
    from schema.alarm_rule import AlarmRule
    from schema.asset import Asset
    from schema.channel import Channel
    from schema.site import Site


@strawberry.type(
    description="Something that is wrong with a channel, from its raising until it is back to normal and somebody has "
    "seen it. There is one open alarm per channel and cause."
)
class Alarm(Node):
    """An alarm."""

    table: ClassVar[Table] = ALARMS
    row_id: strawberry.Private[UUID] = hidden("id")
    site_id: strawberry.Private[UUID] = hidden()
    asset_id: strawberry.Private[UUID | None] = hidden()
    channel_id: strawberry.Private[UUID] = hidden()
    rule_id: strawberry.Private[UUID | None] = hidden()
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] = to_one(
        "schema.channel:Channel", "channel_id", description="The channel on which it was found."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset", "asset_id", description="The asset of the channel; null for a channel of the site itself."
    )
    site: Annotated["Site", strawberry.lazy("schema.site")] = to_one(
        "schema.site:Site", "site_id", description="The site of the channel."
    )
    rule: Annotated["AlarmRule", strawberry.lazy("schema.alarm_rule")] | None = to_one(
        "schema.alarm_rule:AlarmRule",
        "rule_id",
        description="The rule by which it was raised; null for what holds without one.",
    )
    cause: Cause = column("cause::text", description="What is wrong.")
    severity: Severity = column("severity::text", description="How much it matters; escalation raises it.")
    state: AlarmState = column("state::text", description="Where it stands.")
    condition_holds: bool = column(
        description="Whether the condition holds now, also while the alarm is shelved or out of service."
    )
    message: str = column(description="What is wrong, in a sentence.")
    score: float = column(description="How far beyond its threshold, without unit: 1 is just at it.")
    evidence: list[Evidence] = column(
        read=evidence_of,
        stored=objects_of("evidence", EVIDENCE),
        description="The numbers that show it, the most telling first, each with its readings.",
    )
    occurrences: int = column(description="How often the condition has come since it was raised, the first time too.")
    raised_at: datetime = column(
        description="When the condition was first seen to hold: the time of the reading that shows it."
    )
    returned_at: datetime | None = column(
        description="When the condition was last seen to have ended; null while it holds."
    )
    acknowledged_at: datetime | None = column(
        description="When somebody acknowledged it; null while nobody has since the condition last came."
    )
    acknowledged_by: str | None = column(description="Who did: the subject of the token; null where nobody has.")
    shelved_until: datetime | None = column(description="Until when it is shelved; null where it is not.")
    escalated_at: datetime | None = column(description="When it was last escalated; null where it never was.")
    closed_at: datetime | None = column(
        description="When it was back to normal and acknowledged; null while it is open."
    )
    updated_at: datetime = column(description="When it last changed.")
    viewer_can_acknowledge: bool = viewer_can(
        Role.OPERATOR,
        when=is_one_of("state", AlarmState.ACTIVE_UNACKNOWLEDGED, AlarmState.RETURNED_UNACKNOWLEDGED),
        description="Whether you may acknowledge it: nobody has yet, and your role allows it.",
    )
    viewer_can_comment: bool = viewer_can(Role.OPERATOR, description="Whether you may comment on it.")
    viewer_can_shelve: bool = viewer_can(
        Role.OPERATOR,
        when=is_empty("closed_at") & is_not("state", AlarmState.OUT_OF_SERVICE),
        description="Whether you may shelve it, or shelve it longer: it is open and in service, and your role allows "
        "it.",
    )
    viewer_can_unshelve: bool = viewer_can(
        Role.OPERATOR,
        when=is_one_of("state", AlarmState.SHELVED),
        description="Whether you may unshelve it: it is shelved, and your role allows it.",
    )
    viewer_can_take_out_of_service: bool = viewer_can(
        Role.OPERATOR,
        when=is_empty("closed_at") & is_not("state", AlarmState.OUT_OF_SERVICE),
        description="Whether you may take it out of service: it is open and in service, and your role allows it.",
    )
    viewer_can_return_to_service: bool = viewer_can(
        Role.OPERATOR,
        when=is_one_of("state", AlarmState.OUT_OF_SERVICE),
        description="Whether you may return it to service: it is out of service, and your role allows it.",
    )

    @strawberry.field(description="Its life, newest step first.")
    async def transitions(self, info: Info, first: FirstSteps = 20, after: StepsAfter = None) -> list[AlarmTransition]:
        """Load the lives of all alarms of the operation that ask alike at once."""
        return await steps_of(info, self.row_id, first, after)

    notifications = notifications_of(
        "alarm_id", description="Who was to be told of it and what became of that, the last one written first."
    )
