"""The live feed of commands."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from schema.command import CommandFilter, commands_asked
from schema.feed import CommandUpdated, FeedGap
from schema.scalars import Cursor as CursorText
from subscriptions.filters import rows_wanted
from subscriptions.following import After, place_of, rows_of, subscription
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.events import EventKind, Following
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
    ) -> AsyncGenerator[CommandUpdated, None]:
        """Look up what is wanted; then follow."""
        place = await place_of(info.context, after)
        channels, assets = (filter_.channel_ids, filter_.asset_ids) if filter_ else (None, None)
        following = await rows_wanted(info, EventKind.COMMANDS, channels, asset_ids=assets)
        return _follow(info.context, following, filter_, place)


async def _follow(
    context: Context, following: Following, wanted: CommandFilter | None, after: Cursor | None
) -> AsyncGenerator[CommandUpdated, None]:
    asked = commands_asked(wanted, PageRequest(1), parent="id")
    with context.feed.follow(following, after=after) as batches:
        async for batch in batches:
            commands = await rows_of(context, asked, batch.ids)
            if commands or batch.gap or not batch.ids:
                yield CommandUpdated(
                    cursor=CursorText(context.feed.write_cursor(batch.cursor)),
                    commands=commands,
                    caught_up=batch.caught_up,
                    gap=FeedGap.of(batch.gap, context.feed),
                )
