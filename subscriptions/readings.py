"""The live feed of readings."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry

from schema.declared import build
from schema.feed import FeedGap, ReadingFilter, ReadingsRecorded
from schema.reading import Reading, readings_asked
from schema.scalars import Cursor as CursorText
from subscriptions.filters import readings_wanted
from subscriptions.following import After, place_of, subscription
from subscriptions.known import KnownChannels
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.events import Following
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError
from twinql.live import Batch, Feed
from twinql.storage.following import channels_in_use
from twinql.storage.read import PageRequest

MOST_BATCH = 1_000

Wanted = Annotated[ReadingFilter, strawberry.argument(name="filter", description="Whose readings.")]
Snapshot = Annotated[
    bool, strawberry.argument(description="Tell the newest reading of every channel in use first, with a cursor.")
]
MaxBatch = Annotated[int, strawberry.argument(description=f"The most readings in one event, from 1 to {MOST_BATCH:,}.")]


@strawberry.type
class ReadingSubscription:
    """Root fields about readings."""

    @subscription(
        needs=Role.VIEWER,
        device=True,
        description="Readings as they are recorded or corrected, whoever writes them: this API, an import, a device, "
        "or another program in the database itself. Nothing is lost in silence: what cannot be told is a `gap`.",
    )
    async def readings_recorded(
        self, info: Info, filter_: Wanted, after: After = None, *, snapshot: Snapshot = False, max_batch: MaxBatch = 200
    ) -> AsyncGenerator[ReadingsRecorded, None]:
        """Look up what is wanted; then follow."""
        if not 1 <= max_batch <= MOST_BATCH:
            raise InvalidInputError(f"maxBatch is a number from 1 to {MOST_BATCH:,}.", path=["maxBatch"])
        place = await place_of(info.context, after)
        following = await readings_wanted(info, filter_)
        if snapshot and place is None:
            # Nothing is missed between the snapshot and the first event, and the first event comes at once.
            place = await info.context.feed.now()
        return _follow(info.context, following, place, snapshot=snapshot, most=max_batch)


async def _follow(
    context: Context, following: Following, after: Cursor | None, *, snapshot: bool, most: int
) -> AsyncGenerator[ReadingsRecorded, None]:
    known = KnownChannels(context, following)
    with context.feed.follow(following, after=after, most=most) as batches:
        if snapshot and after is not None:
            async with context.reading() as connection:
                numbers = await channels_in_use(connection, following)
            for first in range(0, len(numbers), most):
                context.renew()
                readings = await _newest(context, numbers[first : first + most])
                if readings:
                    cursor = CursorText(context.feed.write_cursor(after))
                    yield ReadingsRecorded(cursor=cursor, readings=readings, ranges=[], caught_up=False, gap=None)
        async for batch in batches:
            context.renew()
            shown = await _shown(batch, known, context.feed)
            # What is hidden from whoever follows does not even show that it happened.
            if shown.readings or shown.ranges or shown.gap or not (batch.readings or batch.ranges):
                yield shown


async def _newest(context: Context, numbers: list[int]) -> list[Reading]:
    question = readings_asked(PageRequest(1)).question
    pages = await asyncio.gather(*(context.page(question, number) for number in numbers))
    return [build(Reading, row) for page in pages for row in page.rows]


async def _shown(batch: Batch, known: KnownChannels, feed: Feed) -> ReadingsRecorded:
    readings, ranges = await known.shown(batch)
    return ReadingsRecorded(
        cursor=CursorText(feed.write_cursor(batch.cursor)),
        readings=readings,
        ranges=ranges,
        caught_up=batch.caught_up,
        gap=FeedGap.of(batch.gap, feed),
    )
