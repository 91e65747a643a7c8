"""Questions about alarms."""

from typing import Annotated

import strawberry

from schema.alarm import Alarm
from schema.alarm_list import AlarmOrder, AlarmsInOrder, WhichAlarms, alarms_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, key_of, listed
from schema.lists import AlarmConnection

AlarmId = Annotated[strawberry.ID, strawberry.argument(description="The alarm's id.")]


@strawberry.type
class AlarmQuery:
    """Root fields about alarms."""

    @listed(
        graphql_type=Alarm | None,
        single=True,
        description="One alarm; null where there is none with this id that you may see.",
    )
    def alarm(id: AlarmId) -> Sought:
        """Ask for it."""
        return Sought(Alarm, key_of(id, "Alarm"))

    @listed(graphql_type=AlarmConnection, description="What is or was wrong with the channels of your organisation.")
    def alarms(
        filter_: WhichAlarms = None,
        order_by: AlarmsInOrder = AlarmOrder.NEWEST_FIRST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return alarms_asked(filter_, order_by, page_of(first, after, last, before))
