"""What all subscriptions share: the role they need, the place from which to go on, and the rows that events name."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.extensions import FieldExtension

from schema.declared import Asked, build
from schema.payload import NEEDS
from schema.scalars import Cursor as CursorText
from twinql.context import Context, Info
from twinql.domain.cursor import Cursor
from twinql.domain.membership import Role

After = Annotated[
    CursorText | None,
    strawberry.argument(
        description="The cursor of an event: everything since is told first, once. What is no longer kept is told as a "
        "`gap`. Without it, the subscription begins now."
    ),
]


class _Guarded(FieldExtension):
    """Holds a subscription to a role, when it begins."""

    def __init__(self, needs: Role) -> None:
        self.needs = needs

    async def resolve_async(self, next_: Any, source: Any, info: Info, **arguments: Any) -> Any:
        await info.context.require(self.needs)
        return await next_(source, info, **arguments)


def subscription(*, needs: Role, description: str) -> Any:
    """Declare a subscription with the role that it needs."""
    return strawberry.subscription(description=description, extensions=[_Guarded(needs)], metadata={NEEDS: needs})


def place_of(after: str | None) -> Cursor | None:
    """Read a cursor, where one is given.

    Raises:
        InvalidInputError: It is none.
    """
    return None if after is None else Cursor.decode(after)


async def rows_of(context: Context, asked: Asked, ids: Iterable[UUID]) -> list[Any]:
    """Load those of these rows that a question by id wants, as whoever follows, anew."""
    context.renew()
    pages = await asyncio.gather(*(context.page(asked.question, each) for each in ids))
    return [build(asked.type, row) for page in pages for row in page.rows]
