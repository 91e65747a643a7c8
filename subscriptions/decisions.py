"""The live feed of decisions."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from schema.decision import DecisionFilter, decisions_asked
from schema.feed import DecisionMade, FeedGap
from schema.scalars import Cursor as CursorText
from subscriptions.filters import rows_wanted
from subscriptions.following import After, place_of, rows_of, subscription
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.events import EventKind, Following
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest

Wanted = Annotated[DecisionFilter | None, strawberry.argument(name="filter", description="Which decisions.")]


@strawberry.type
class DecisionSubscription:
    """Root fields about decisions."""

    @subscription(needs=Role.VIEWER, description="Decisions as they are made and as they are settled.")
    async def decision_made(
        self, info: Info, filter_: Wanted = None, after: After = None
    ) -> AsyncGenerator[DecisionMade, None]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        channels, assets = (filter_.channel_ids, filter_.asset_ids) if filter_ else (None, None)
        following = await rows_wanted(info, EventKind.DECISIONS, channels, asset_ids=assets)
        return _follow(info.context, following, filter_, place)


async def _follow(
    context: Context, following: Following, wanted: DecisionFilter | None, after: Cursor | None
) -> AsyncGenerator[DecisionMade, None]:
    asked = decisions_asked(wanted, PageRequest(1), parent="id")
    with context.feed.follow(following, after=after) as batches:
        async for batch in batches:
            decisions = await rows_of(context, asked, batch.ids)
            if decisions or batch.gap or not batch.ids:
                yield DecisionMade(
                    cursor=CursorText(context.feed.write_cursor(batch.cursor)),
                    decisions=decisions,
                    caught_up=batch.caught_up,
                    gap=FeedGap.of(batch.gap, context.feed),
                )
