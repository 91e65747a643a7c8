"""The live feed of readings."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from functools import partial
from typing import Annotated

import strawberry

from schema.declared import build
from schema.feed import FeedGap, ReadingFilter, ReadingsRecorded
from schema.reading import Reading, readings_asked
from schema.scalars import Cursor as CursorText
from subscriptions.filters import readings_wanted
from subscriptions.following import After, place_of, subscription
from subscriptions.known import KnownChannels
from subscriptions.told import Told
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.events import Following
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError
from twinql.live import Batch
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
    ) -> AsyncIterable[ReadingsRecorded]:
        """Look up what is wanted; then follow."""
        if not 1 <= max_batch <= MOST_BATCH:
            raise InvalidInputError(f"maxBatch is a number from 1 to {MOST_BATCH:,}.", path=["maxBatch"])
        context, place = info.context, await place_of(info.context, after)
        following = await readings_wanted(info, filter_)
        # A stream that broke off after its snapshot goes on without another one; one that broke off in it has no place.
        snapshot = snapshot and context.last_event_id is None
        if snapshot:
            context.begun = None
            # Nothing is missed between the snapshot and the first event, and the first event comes at once.
            place = place or await context.feed.now()
        known = KnownChannels(context, following)
        first = _newest(context, following, place, most=max_batch) if snapshot and place is not None else None
        return Told(
            context,
            following,
            partial(_shown, known, context),
            same=None,
            after=place,
            most=max_batch,
            first=first,
            known=known,
        )


async def _newest(
    context: Context, following: Following, place: Cursor, *, most: int
) -> AsyncGenerator[ReadingsRecorded, None]:
    """Tell the newest reading of each channel as events that lie before all others."""
    question = readings_asked(PageRequest(1)).question
    async with context.reading() as connection:
        numbers = await channels_in_use(connection, following)
    for begin in range(0, len(numbers), most):
        context.renew()
        pages = await asyncio.gather(*(context.page(question, each) for each in numbers[begin : begin + most]))
        readings = [build(Reading, row) for page in pages for row in page.rows]
        if readings:
            cursor = CursorText(context.feed.write_cursor(place))
            yield ReadingsRecorded(cursor=cursor, readings=readings, ranges=[], caught_up=False, gap=None)


async def _shown(known: KnownChannels, context: Context, batch: Batch) -> ReadingsRecorded | None:
    context.renew()
    readings, ranges = await known.shown(batch)
    # What is hidden from whoever follows does not even show that it happened.
    if not (readings or ranges or batch.gap) and (batch.readings or batch.ranges):
        return None
    return ReadingsRecorded(
        cursor=CursorText(context.feed.write_cursor(batch.cursor)),
        readings=readings,
        ranges=ranges,
        caught_up=batch.caught_up,
        gap=FeedGap.of(batch.gap, context.feed),
    )
