"""The live feed of commands."""

from collections.abc import AsyncIterable
from typing import Annotated

import strawberry

from schema.command import CommandFilter, commands_asked
from schema.feed import CommandUpdated
from subscriptions.filters import rows_wanted
from subscriptions.following import After, place_of, rows_told, subscription
from twinql.context import Info
from twinql.domain.events import EventKind
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest

Wanted = Annotated[CommandFilter | None, strawberry.argument(name="filter", description="Which commands.")]


@strawberry.type
class CommandSubscription:
    """Root fields about commands."""

    @subscription(
        needs=Role.VIEWER,
        device=True,
        description="Commands as they are issued and as they go on, whoever moves them.",
    )
    async def command_updated(
        self, info: Info, filter_: Wanted = None, after: After = None
    ) -> AsyncIterable[CommandUpdated]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        channels, assets = (filter_.channel_ids, filter_.asset_ids) if filter_ else (None, None)
        following = await rows_wanted(info, EventKind.COMMANDS, channels, asset_ids=assets)
        asked = commands_asked(filter_, PageRequest(1), parent="id")
        return rows_told(info.context, following, asked, place, event=CommandUpdated, rows="commands")
