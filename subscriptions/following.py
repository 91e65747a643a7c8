"""What all subscriptions share: the role they need, the place from which to go on, and the rows that events name."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.extensions import FieldExtension

from schema.declared import Asked, build
from schema.feed import FeedGap
from schema.payload import DEVICES, NEEDS
from schema.scalars import Cursor as CursorText
from subscriptions.told import Told
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.events import Following
from twinql.domain.membership import Role
from twinql.live import Batch

E = TypeVar("E")
After = Annotated[
    CursorText | None,
    strawberry.argument(
        description="The cursor of an event: everything since is told first, once. What is no longer kept is told as a "
        "`gap`. Without it, the subscription begins now."
    ),
]


class _Guarded(FieldExtension):
    """Holds a subscription to those who may follow, when it begins."""

    def __init__(self, needs: Role, *, device: bool) -> None:
        self.needs = needs
        self.device = device

    async def resolve_async(self, next_: Any, source: Any, info: Info, **arguments: Any) -> Any:
        await info.context.require(self.needs, device=self.device)
        return await next_(source, info, **arguments)


def subscription(*, needs: Role, device: bool = False, description: str) -> Any:
    """Declare a subscription with who may follow.

    Args:
        needs: The role that a user needs.
        device: Whether a device may follow with its API key, as far as its own channels go.
        description: For the schema; who may follow is added.
    """
    may = f"Needs the role {needs.value}{', or the API key of a device, for its own channels' if device else ''}."
    return strawberry.subscription(
        description=f"{description} {may}",
        extensions=[_Guarded(needs, device=device)],
        metadata={NEEDS: needs, DEVICES: device},
    )


async def place_of(context: Context, after: str | None) -> Cursor | None:
    """Read the cursor to go on from: that of the stream that broke off, else the one that is given.

    Raises:
        InvalidInputError: It is none.
        UnavailableError: The feed does not reach the database.
    """
    feed = context.feed
    text = context.last_event_id or after
    place = None if text is None else await feed.read_cursor(text)
    if begun := place or feed.at:
        context.begun = feed.write_cursor(begun)
    return place


def rows_told(
    context: Context, following: Following, asked: Asked, after: Cursor | None, *, event: Callable[..., E], rows: str
) -> Told[E]:
    """Tell of rows that were made or changed, each as it stands now.

    Args:
        context: Whoever follows.
        following: What they follow.
        asked: Asks for one of these rows by its id, if it is wanted.
        after: Where to go on from; None starts now.
        event: Makes an event.
        rows: Its attribute for the rows.
    """

    async def told(batch: Batch) -> E | None:
        found = await rows_of(context, asked, batch.ids)
        if batch.ids and not found and not batch.gap:
            return None
        cursor, gap = CursorText(context.feed.write_cursor(batch.cursor)), FeedGap.of(batch.gap, context.feed)
        return event(cursor=cursor, caught_up=batch.caught_up, gap=gap, **{rows: found})

    return Told(context, following, told, same=asked.question, after=after)


async def rows_of(context: Context, asked: Asked, ids: Iterable[UUID]) -> list[Any]:
    """Load those of these rows that a question by id wants, as whoever follows, anew."""
    context.renew()
    pages = await asyncio.gather(*(context.page(asked.question, each) for each in ids))
    return [build(asked.type, row) for page in pages for row in page.rows]
