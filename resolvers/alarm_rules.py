"""Questions about how alarms are raised, and changes of it."""

from typing import Annotated

import strawberry

from schema.alarm_rule import AlarmRule, AlarmRuleFilter, alarm_rules_asked
from schema.alarm_rule_changes import (
    ArchiveAlarmRuleInput,
    ArchiveAlarmRulePayload,
    CreateAlarmRuleInput,
    CreateAlarmRulePayload,
    UnarchiveAlarmRuleInput,
    UnarchiveAlarmRulePayload,
    UpdateAlarmRuleInput,
    UpdateAlarmRulePayload,
)
from schema.changes import key_at, needed_key_at
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, key_of, listed, one
from schema.lists import AlarmRuleConnection
from schema.orders import NameOrder
from schema.payload import mutation
from schema.site import OrderBy
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import alarm_rules as storage

Which = Annotated[AlarmRuleFilter | None, strawberry.argument(name="filter", description="Which rules.")]
RuleId = Annotated[strawberry.ID, strawberry.argument(description="The rule's id.")]
ToCreate = Annotated[CreateAlarmRuleInput, strawberry.argument(description="The new rule.")]
ToUpdate = Annotated[UpdateAlarmRuleInput, strawberry.argument(description="The rule, and what changes.")]
ToArchive = Annotated[ArchiveAlarmRuleInput, strawberry.argument(description="The rule.")]
ToUnarchive = Annotated[UnarchiveAlarmRuleInput, strawberry.argument(description="The rule.")]


@strawberry.type
class AlarmRuleQuery:
    """Root fields about rules."""

    @listed(
        graphql_type=AlarmRule | None,
        single=True,
        description="One rule; null where there is none with this id that you may see.",
    )
    def alarm_rule(id: RuleId) -> Sought:
        """Ask for it."""
        return Sought(AlarmRule, key_of(id, "AlarmRule"))

    @listed(graphql_type=AlarmRuleConnection, description="How alarms are raised in your organisation.")
    def alarm_rules(
        filter_: Which = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return alarm_rules_asked(filter_, order_by, page_of(first, after, last, before))


@strawberry.type
class AlarmRuleMutation:
    """Root fields that change rules."""

    @mutation(
        needs=Role.OWNER,
        description="Lay down how alarms of one cause are raised, for a channel, an asset, a site or the whole "
        "organisation. For each channel the rule of the narrowest place holds, alone.",
    )
    async def create_alarm_rule(self, info: Info, input: ToCreate) -> CreateAlarmRulePayload:
        """Make it."""
        scope = storage.Scope(
            key_at(input.site_id, "siteId", "Site"),
            key_at(input.asset_id, "assetId", "Meter", "Machine"),
            key_at(input.channel_id, "channelId", "Channel"),
        )
        key = await storage.create_alarm_rule(await info.context.management(), input.to_domain(), scope)
        return CreateAlarmRulePayload(alarm_rule=await one(info, AlarmRule, key))

    @mutation(
        needs=Role.OWNER,
        description="Change how alarms are raised from now on; open alarms stay. For which cause and place a rule is "
        "never changes: make another one for that.",
    )
    async def update_alarm_rule(self, info: Info, input: ToUpdate) -> UpdateAlarmRulePayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "AlarmRule")
        await storage.update_alarm_rule(await info.context.management(), key, input.changes())
        return UpdateAlarmRulePayload(alarm_rule=await one(info, AlarmRule, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a rule out of use: from then on the rule of the next wider place holds, or what is built in. "
        "Nothing changes where it is archived already. `unarchiveAlarmRule` undoes it.",
    )
    async def archive_alarm_rule(self, info: Info, input: ToArchive) -> ArchiveAlarmRulePayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "AlarmRule")
        await storage.archive_alarm_rule(await info.context.management(), key)
        return ArchiveAlarmRulePayload(alarm_rule=await one(info, AlarmRule, key))

    @mutation(needs=Role.OWNER, description="Take a rule back into use. Nothing changes where it is in use.")
    async def unarchive_alarm_rule(self, info: Info, input: ToUnarchive) -> UnarchiveAlarmRulePayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "AlarmRule")
        await storage.unarchive_alarm_rule(await info.context.management(), key)
        return UnarchiveAlarmRulePayload(alarm_rule=await one(info, AlarmRule, key))
