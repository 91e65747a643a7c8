"""The live feed of alarms."""

from collections.abc import AsyncIterable

import strawberry

from schema.alarm_list import AlarmFilter, AlarmOrder, WhichAlarms, alarms_asked
from schema.feed import AlarmUpdated
from subscriptions.filters import rows_wanted
from subscriptions.following import After, place_of, rows_told, subscription
from twinql.context import Info
from twinql.domain.events import EventKind
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest


@strawberry.type
class AlarmSubscription:
    """Root fields about alarms."""

    @subscription(needs=Role.VIEWER, description="Alarms as they are raised and as they go on, whoever moves them.")
    async def alarm_updated(
        self, info: Info, filter_: WhichAlarms = None, after: After = None
    ) -> AsyncIterable[AlarmUpdated]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        wanted = filter_ or AlarmFilter()
        following = await rows_wanted(
            info, EventKind.ALARMS, wanted.channel_ids, asset_ids=wanted.asset_ids, site_ids=wanted.site_ids
        )
        asked = alarms_asked(wanted, AlarmOrder.NEWEST_FIRST, PageRequest(1), parent="id")
        return rows_told(info.context, following, asked, place, event=AlarmUpdated, rows="alarms")
