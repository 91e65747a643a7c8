"""The live feed of decisions."""

from collections.abc import AsyncIterable
from typing import Annotated

import strawberry

from schema.decision import DecisionFilter, decisions_asked
from schema.feed import DecisionMade
from subscriptions.filters import rows_wanted
from subscriptions.following import After, place_of, rows_told, subscription
from twinql.context import Info
from twinql.domain.events import EventKind
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest

Wanted = Annotated[DecisionFilter | None, strawberry.argument(name="filter", description="Which decisions.")]


@strawberry.type
class DecisionSubscription:
    """Root fields about decisions."""

    @subscription(needs=Role.VIEWER, description="Decisions as they are made and as they are settled.")
    async def decision_made(
        self, info: Info, filter_: Wanted = None, after: After = None
    ) -> AsyncIterable[DecisionMade]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        channels, assets = (filter_.channel_ids, filter_.asset_ids) if filter_ else (None, None)
        following = await rows_wanted(info, EventKind.DECISIONS, channels, asset_ids=assets)
        asked = decisions_asked(filter_, PageRequest(1), parent="id")
        return rows_told(info.context, following, asked, place, event=DecisionMade, rows="decisions")
