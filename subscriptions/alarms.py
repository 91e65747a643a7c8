"""The live feed of alarms."""

from collections.abc import AsyncGenerator

import strawberry

from schema.alarm_list import AlarmFilter, AlarmOrder, WhichAlarms, alarms_asked
from schema.declared import Asked
from schema.feed import AlarmUpdated, FeedGap
from schema.scalars import Cursor as CursorText
from subscriptions.filters import rows_wanted
from subscriptions.following import After, place_of, rows_of, subscription
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.events import EventKind, Following
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest


@strawberry.type
class AlarmSubscription:
    """Root fields about alarms."""

    @subscription(needs=Role.VIEWER, description="Alarms as they are raised and as they go on, whoever moves them.")
    async def alarm_updated(
        self, info: Info, filter_: WhichAlarms = None, after: After = None
    ) -> AsyncGenerator[AlarmUpdated, None]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        wanted = filter_ or AlarmFilter()
        following = await rows_wanted(
            info, EventKind.ALARMS, wanted.channel_ids, asset_ids=wanted.asset_ids, site_ids=wanted.site_ids
        )
        asked = alarms_asked(wanted, AlarmOrder.NEWEST_FIRST, PageRequest(1), parent="id")
        return _follow(info.context, following, asked, place)


async def _follow(
    context: Context, following: Following, asked: Asked, after: Cursor | None
) -> AsyncGenerator[AlarmUpdated, None]:
    with context.feed.follow(following, after=after) as batches:
        async for batch in batches:
            alarms = await rows_of(context, asked, batch.ids)
            if alarms or batch.gap or not batch.ids:
                yield AlarmUpdated(
                    cursor=CursorText(context.feed.write_cursor(batch.cursor)),
                    alarms=alarms,
                    caught_up=batch.caught_up,
                    gap=FeedGap.of(batch.gap, context.feed),
                )
