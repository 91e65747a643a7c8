"""Questions about how alarms are raised, and changes of it."""

from typing import Annotated

import strawberry

from schema.alarm_rule import AlarmRule, AlarmRuleFilter, alarm_rules_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, key_of, listed, one
from schema.lists import AlarmRuleConnection
from schema.orders import NameOrder
from schema.site import OrderBy
from twinql.context import Info

Which = Annotated[AlarmRuleFilter | None, strawberry.argument(name="filter", description="Which rules.")]
RuleId = Annotated[strawberry.ID, strawberry.argument(description="The rule's id.")]


@strawberry.type
class AlarmRuleQuery:
    """Root fields about rules."""

    @strawberry.field(description="One rule; null where there is none with this id that you may see.")
    async def alarm_rule(self, info: Info, id: RuleId) -> AlarmRule | None:
        """Load it."""
        return await one(info, AlarmRule, key_of(id, "AlarmRule"))

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
