"""The live feed of what meters cost."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import strawberry

from schema.cost import Spread
from schema.feed import CostFilter, CostUpdated, FeedGap
from schema.scalars import Cursor as CursorText
from schema.site_cost import meter_costs
from subscriptions.filters import costs_wanted
from subscriptions.following import After, place_of, subscription
from subscriptions.watching import CostWatch
from twinql.context import Info
from twinql.domain.calendar import billing_month
from twinql.domain.cursor import Cursor
from twinql.domain.membership import Role
from twinql.domain.metering.intervals import Fill
from twinql.domain.tariffs.wish import CostWish
from twinql.live import Batch
from twinql.storage.following import CostFollowed

MOST_TAKEN = 20_000
"""So much of what waits is told at once: all of it, however long the costs took to work out."""

Wanted = Annotated[CostFilter, strawberry.argument(name="filter", description="Whose costs.")]


@strawberry.type
class CostSubscription:
    """Root fields about costs."""

    @subscription(
        needs=Role.VIEWER,
        description="What meters cost in their billing months to date: at once as it stands, and again whenever "
        "readings, prices, register events, tariffs or agreements may have changed it. What happens while costs are "
        "worked out is told in one event after them.",
    )
    async def cost_updated(
        self, info: Info, filter_: Wanted, after: After = None, fill: Spread = Fill.NONE
    ) -> AsyncGenerator[CostUpdated, None]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        if place is None:
            # Nothing is missed between this place and the first event, and the first event comes at once.
            place = await info.context.feed.now()
        return _follow(info, await costs_wanted(info, filter_), place, fill)


async def _follow(info: Info, watch: CostWatch, place: Cursor, fill: Fill) -> AsyncGenerator[CostUpdated, None]:
    begun, clock = False, asyncio.get_running_loop().time
    while True:
        following = watch.following
        with info.context.feed.follow(following, after=place, most=MOST_TAKEN) as batches:
            async for batch in batches:
                place = batch.cursor
                await watch.take(batch)
                if batch.gap or (batch.caught_up and (watch.due or not begun)):
                    begun = True
                    started = clock()
                    told = await _told(info, watch, batch, fill)
                    took_s = clock() - started
                    yield told
                    # What takes long to work out is worked out less often: at least half of the time is left to others.
                    await asyncio.sleep(took_s)
                if watch.following != following:
                    break  # A meter or a price has come or gone: what of it happened since is read back.
            else:
                return


async def _told(info: Info, watch: CostWatch, batch: Batch, fill: Fill) -> CostUpdated:
    context = info.context
    context.renew()
    due = [meter for key, meter in watch.meters.items() if key in watch.due]
    watch.due.clear()
    return CostUpdated(
        cursor=CursorText(context.feed.write_cursor(batch.cursor)),
        costs=await meter_costs(info, [(each.id, _to_date(each, context.now, fill)) for each in due]),
        caught_up=batch.caught_up,
        gap=FeedGap.of(batch.gap, context.feed),
    )


def _to_date(meter: CostFollowed, now: datetime, fill: Fill) -> CostWish:
    first, _ = billing_month(now, ZoneInfo(meter.time_zone), meter.billing_day)
    return CostWish(first, max(now, first + timedelta(microseconds=1)), now, fill)
