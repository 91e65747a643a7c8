"""Recommendations, with the numbers that led to them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

import strawberry

from schema.command import Command, commands_of_decision
from schema.decision_autonomy import AUTONOMY, RECORD, DecisionAutonomy, autonomy_of
from schema.decision_parts import (
    IMPACT,
    PROPOSAL,
    REALISED,
    DecisionProposal,
    Impact,
    RealisedImpact,
    impact_of,
    proposal_of,
    realised_of,
)
from schema.declared import Asked, column, entity_of, hidden, key_of, listed, to_one
from schema.described import publish
from schema.interlock_verdict import InterlockVerdict
from schema.node import Node
from schema.payload import Payload
from schema.stored_parts import number_part, object_of, objects_of, text_part
from schema.viewer_can import is_one_of, viewer_can
from twinql.domain.decisions.vocabulary import DecisionAction, DecisionStatus, Urgency
from twinql.domain.membership import Role
from twinql.domain.units import Unit
from twinql.storage.read import PageRequest, Question, Table, one_of
from twinql.storage.read.entity import DECISIONS, NEWEST_DECISION

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.automation_rule import AutomationRule
    from schema.channel import Channel
    from schema.forecast import Forecast

publish(
    DecisionAction,
    "What a decision recommends.",
    CONTINUE_MONITORING="Nothing needs to be done now.",
    INSPECT="Somebody should look for the cause.",
    RESTORE_COOLING="Switch on what cools.",
    REDUCE_LOAD="Let it do less: lower a speed, a power or a load.",
    RAISE_COOLING="Let what cools do more: it is on, and can be set higher.",
    SHED_LOAD="Switch off what can wait, so that a site keeps to its limit.",
    SHIFT_LOAD="Let what can wait run at another time: of cheaper, cleaner or own electricity.",
    SET_VALUE="Set what a rule of people asks for.",
    RECALIBRATE="Have the sensor calibrated: its calibration has ended, or its readings drift away from the truth.",
    REPLACE_SENSOR="Replace the sensor: it repeats a value, or says nothing.",
    SUBSTITUTE_SENSOR="Look at another channel instead, which moves as this one did, until the sensor is replaced.",
    INSUFFICIENT_HISTORY="Too little was read to recommend anything: record more.",
)
publish(
    DecisionStatus,
    "Where a decision stands.",
    OPEN="It waits for somebody.",
    ACCEPTED="Somebody agreed.",
    REJECTED="Somebody disagreed.",
    SUPERSEDED="A newer one took its place.",
    EXPIRED="Its ground is gone, or nobody acted while it was worth it.",
)
publish(
    Urgency,
    "How soon somebody should act.",
    LOW="In more than an hour.",
    MEDIUM="Within the hour.",
    HIGH="Within a quarter of an hour.",
    IMMEDIATE="Within two minutes, or at once.",
)


@strawberry.type(description="Two numbers that were compared, and what came of it.")
class DecisionReason:
    """A reason."""

    code: str = strawberry.field(description="For programs, such as FORECAST_CROSSES_LIMIT or COOLING_IS_OFF.")
    message: str = strawberry.field(description="For people.")
    value: float | None = strawberry.field(description="What was found, in `unit`; null where there is no number.")
    threshold: float | None = strawberry.field(description="What it was compared with, in `unit`; null where noted.")
    unit: Unit | None = strawberry.field(description="The unit of both; null for a share of 1 or the code of a state.")
    channel_key: str | None = strawberry.field(description="The other channel on which it was found; null for the own.")


@strawberry.type(description="What else was considered.")
class DecisionAlternative:
    """An alternative."""

    action: DecisionAction = strawberry.field(description="What could be done instead.")
    message: str = strawberry.field(description="What speaks for or against it.")


_REASON = {
    "code": text_part("code"),
    "message": text_part("message"),
    "value": number_part("value"),
    "threshold": number_part("threshold"),
    "unit": text_part("unit"),
    "channel_key": text_part("channel_key"),
}
_ALTERNATIVE = {"action": text_part("action"), "message": text_part("message")}


def _reasons(stored: list[dict[str, Any]]) -> list[DecisionReason]:
    return [DecisionReason(**(each | {"unit": each["unit"] and Unit(each["unit"])})) for each in stored]


def _alternatives(stored: list[dict[str, Any]]) -> list[DecisionAlternative]:
    return [DecisionAlternative(action=DecisionAction(each["action"]), message=each["message"]) for each in stored]


@strawberry.type(description="A recommendation, with the numbers that led to it.")
class Decision(Node):
    """A decision."""

    table: ClassVar[Table] = DECISIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    asset_id: strawberry.Private[UUID] = hidden()
    channel_id: strawberry.Private[UUID | None] = hidden()
    forecast_id: strawberry.Private[UUID | None] = hidden()
    automation_rule_id: strawberry.Private[UUID | None] = hidden()
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] = to_one(
        "schema.asset:Asset", "asset_id", description="The meter or machine of which it speaks."
    )
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel that gave rise to it; null where none did."
    )
    forecast: Annotated["Forecast", strawberry.lazy("schema.forecast")] | None = to_one(
        "schema.forecast:Forecast", "forecast_id", description="The forecast on which it rests; null where none does."
    )
    automation_rule: Annotated["AutomationRule", strawberry.lazy("schema.automation_rule")] | None = to_one(
        "schema.automation_rule:AutomationRule",
        "automation_rule_id",
        description="The rule of people that made it; null where TwinQL's own did.",
    )
    autonomy: DecisionAutonomy | None = column(
        AUTONOMY,
        read=autonomy_of,
        stored=object_of("autonomy", RECORD),
        description="What TwinQL did by itself with it, or would have done; null where it proposes no command, and "
        "until TwinQL has looked at it.",
    )
    rule: str = column(
        "case when automation_rule_id is null then rule else 'AUTOMATION_RULE' end",
        description="The rule that made it, such as LIMIT_WILL_BE_CROSSED; AUTOMATION_RULE for one of people.",
    )
    action: DecisionAction = column("action::text", description="What it recommends.")
    status: DecisionStatus = column("status::text", description="Where it stands.")
    urgency: Urgency = column("urgency::text", description="How soon somebody should act.")
    confidence: float | None = column(description="How sure it is, 0 to 1; null where nothing was measured.")
    reasons: list[DecisionReason] = column(
        read=_reasons,
        stored=objects_of("reasons", _REASON),
        description="The numbers that were compared.",
    )
    alternatives: list[DecisionAlternative] = column(
        read=_alternatives,
        stored=objects_of("alternatives", _ALTERNATIVE),
        description="What else was considered.",
    )
    expected_impact: Impact = column(
        read=impact_of,
        stored=object_of("expected_impact", IMPACT),
        description="What is expected to follow.",
    )
    proposal: DecisionProposal | None = column(
        read=proposal_of,
        stored=object_of("proposal", PROPOSAL),
        description="The command that would carry it out; null where nothing that commands may set would.",
    )
    realised_impact: RealisedImpact | None = column(
        read=realised_of,
        stored=object_of("realised_impact", REALISED),
        description="What followed, measured afterwards; null until then, and where nobody acted on it.",
    )
    made_at: datetime = column(description="When it was made.")
    valid_until: datetime | None = column(description="When it stops being worth acting on; null where it does not.")
    settled_at: datetime | None = column(description="When it was settled; null while it is open.")
    settled_by: str | None = column(
        description="Who settled it: the subject of the token, or `autopilot`; null where nobody did."
    )
    settled_reason: str | None = column(description="Why, in the words of whoever settled it.")
    viewer_can_decide: bool = viewer_can(
        Role.OPERATOR,
        when=is_one_of("status", DecisionStatus.OPEN),
        description="Whether you may accept or reject it: it is open, and your role allows it.",
    )

    @listed(
        "row_id", graphql_type=Command | None, single=True, description="The newest command that came of it; or null."
    )
    def command() -> Asked:
        """Ask for the newest command."""
        return commands_of_decision()


@strawberry.input(description="Which decisions are wanted; what is left out does not matter.")
class DecisionFilter:
    """Conditions that all hold."""

    status: list[DecisionStatus] | None = strawberry.field(default=None, description="Only those that stand so.")
    action: list[DecisionAction] | None = strawberry.field(default=None, description="Only those that recommend this.")
    channel_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only those to which these channels gave rise."
    )
    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only of these meters and machines; those of their parts are their parts'."
    )


def decisions_asked(chosen: DecisionFilter | None, page: PageRequest, *, parent: str | None = None) -> Asked:
    """Return the question for decisions, newest first, under a parent column or for all."""
    chosen = chosen or DecisionFilter()
    channels = None if chosen.channel_ids is None else [key_of(each, "Channel") for each in chosen.channel_ids]
    assets = None if chosen.asset_ids is None else [key_of(each, "Meter", "Machine") for each in chosen.asset_ids]
    where = (
        *one_of("status", None if chosen.status is None else [each.value for each in chosen.status], "decision_status"),
        *one_of("action", None if chosen.action is None else [each.value for each in chosen.action], "decision_action"),
        *one_of("channel_id", channels, "uuid"),
        *one_of("asset_id", assets, "uuid"),
    )
    return Asked(Decision, Question(entity_of(Decision), NEWEST_DECISION, page, where, parent=parent))


@strawberry.input(description="An open decision that somebody agrees with.")
class AcceptDecisionInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The decision.")
    reason: str | None = strawberry.field(default=None, description="Why, in your words; at most 1,000 characters.")
    issue_command: bool = strawberry.field(
        default=False, description="Whether to issue the command that it proposes as well, in your name."
    )


@strawberry.input(description="An open decision that somebody disagrees with.")
class RejectDecisionInput:
    """Which one, and why."""

    id: strawberry.ID = strawberry.field(description="The decision.")
    reason: str = strawberry.field(description="Why, in your words; at most 1,000 characters.")


@strawberry.type(description="The accepted decision.")
class AcceptDecisionPayload(Payload):
    """The decision as it is now."""

    decision: Decision | None = strawberry.field(default=None, description="The decision as it is now.")
    command: Command | None = strawberry.field(
        default=None, description="The command that it proposed; null where none was to be issued, or could be."
    )
    interlocks: list[InterlockVerdict] = strawberry.field(
        default_factory=list, description="What every interlock of that command says; empty where none was issued."
    )
    replayed: bool = strawberry.field(
        default=False, description="Whether you had accepted it before, and the command is the one of then."
    )


@strawberry.type(description="The rejected decision.")
class RejectDecisionPayload(Payload):
    """The decision as it is now."""

    decision: Decision | None = strawberry.field(default=None, description="The decision as it is now.")
