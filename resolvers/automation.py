"""Questions about rules of people, and changes of them."""

from typing import Annotated

import strawberry

from resolvers.automation_inputs import conditions_of, setpoint_of
from schema.automation_rule import AutomationRule, AutomationRuleFilter, automation_rules_asked
from schema.automation_rule_changes import (
    ArchiveAutomationRuleInput,
    ArchiveAutomationRulePayload,
    CreateAutomationRuleInput,
    CreateAutomationRulePayload,
    UnarchiveAutomationRuleInput,
    UnarchiveAutomationRulePayload,
    UpdateAutomationRuleInput,
    UpdateAutomationRulePayload,
)
from schema.changes import needed_key_at
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, key_of, listed, one
from schema.lists import AutomationRuleConnection
from schema.orders import NameOrder
from schema.payload import mutation
from schema.site import OrderBy
from twinql.context import Info
from twinql.domain.automation.definition import RuleDefinition
from twinql.domain.automation.machine import Timing
from twinql.domain.membership import Role
from twinql.storage import automation_rules as storage

Which = Annotated[AutomationRuleFilter | None, strawberry.argument(name="filter", description="Which rules.")]
RuleId = Annotated[strawberry.ID, strawberry.argument(description="The rule's id.")]
ToCreate = Annotated[CreateAutomationRuleInput, strawberry.argument(description="The new rule.")]
ToUpdate = Annotated[UpdateAutomationRuleInput, strawberry.argument(description="The rule, and what changes.")]
ToArchive = Annotated[ArchiveAutomationRuleInput, strawberry.argument(description="The rule.")]
ToUnarchive = Annotated[UnarchiveAutomationRuleInput, strawberry.argument(description="The rule.")]


@strawberry.type
class AutomationRuleQuery:
    """Root fields about rules."""

    @listed(
        graphql_type=AutomationRule | None,
        single=True,
        description="One rule of people; null where there is none with this id that you may see.",
    )
    def automation_rule(id: RuleId) -> Sought:
        """Ask for it."""
        return Sought(AutomationRule, key_of(id, "AutomationRule"))

    @listed(graphql_type=AutomationRuleConnection, description="The rules of people in your organisation.")
    def automation_rules(
        filter_: Which = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return automation_rules_asked(filter_, order_by, page_of(first, after, last, before))


@strawberry.type
class AutomationRuleMutation:
    """Root fields that change rules."""

    @mutation(
        needs=Role.OWNER,
        description="Lay down a rule: when all of its conditions have held for long enough, it makes a decision, to "
        "set something or to look.",
    )
    async def create_automation_rule(self, info: Info, input: ToCreate) -> CreateAutomationRulePayload:
        """Make it."""
        management = await info.context.management()
        rule = RuleDefinition(
            name=input.name,
            conditions=await conditions_of(management, input.conditions),
            level=input.level,
            urgency=input.urgency,
            timing=Timing(
                holds_for=input.holds_for, minimum_between=input.minimum_between, hours=input.hours.to_domain()
            ),
            setpoint=await setpoint_of(management, input.set),
        )
        site = needed_key_at(input.site_id, "siteId", "Site")
        key = await storage.create_automation_rule(management, rule, site)
        return CreateAutomationRulePayload(automation_rule=await one(info, AutomationRule, key))

    @mutation(
        needs=Role.OWNER,
        description="Change a rule. Where it asks for something else, or of something else, it begins anew: its open "
        "decision is EXPIRED, and what TwinQL asked for on it and was not sent is CANCELLED, as where its level is "
        "lowered.",
    )
    async def update_automation_rule(self, info: Info, input: ToUpdate) -> UpdateAutomationRulePayload:
        """Change it."""
        management = await info.context.management()
        key, changes = needed_key_at(input.id, "id", "AutomationRule"), input.changes()
        if "conditions" in changes:
            changes["conditions"] = await conditions_of(management, changes["conditions"])
        if "set" in changes:
            changes["setpoint"] = await setpoint_of(management, changes.pop("set"))
        await storage.update_automation_rule(management, key, changes, now=info.context.now)
        return UpdateAutomationRulePayload(automation_rule=await one(info, AutomationRule, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a rule out of use: its open decision is EXPIRED, and what TwinQL asked for on it and was not "
        "sent is CANCELLED. Nothing changes where it is archived already. `unarchiveAutomationRule` takes it back.",
    )
    async def archive_automation_rule(self, info: Info, input: ToArchive) -> ArchiveAutomationRulePayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "AutomationRule")
        await storage.archive_automation_rule(await info.context.management(), key, now=info.context.now)
        return ArchiveAutomationRulePayload(automation_rule=await one(info, AutomationRule, key))

    @mutation(needs=Role.OWNER, description="Take a rule back into use. Nothing changes where it is in use.")
    async def unarchive_automation_rule(self, info: Info, input: ToUnarchive) -> UnarchiveAutomationRulePayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "AutomationRule")
        await storage.unarchive_automation_rule(await info.context.management(), key)
        return UnarchiveAutomationRulePayload(automation_rule=await one(info, AutomationRule, key))
