"""Relay's connections, with keyset cursors."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, Self, TypeVar

import strawberry

from twinql.context import Info
from twinql.storage.read import Page, PageRequest, Question

NodeType = TypeVar("NodeType")

First = Annotated[
    int | None, strawberry.argument(description="How many at most, from the beginning or after a cursor.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many at most, from the end or before a cursor.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


def page_of(
    first: int | None, after: str | None, last: int | None, before: str | None, *, usual: int = 50, most: int = 500
) -> PageRequest:
    """Read Relay's arguments with the bounds of this graph."""
    return PageRequest.of(first, after, last, before, usual=usual, most=most)


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether there is more after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before `startCursor`.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last item; null on an empty page.")


@strawberry.type(description="An item of a list, with its place in it.")
class Edge(Generic[NodeType]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="The place of the item, to page on from.")
    node: NodeType = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeType]):
    """Relay's connection, with the nodes themselves beside the edges."""

    edges: list[Edge[NodeType]] = strawberry.field(description="The items of this page, each with its cursor.")
    nodes: list[NodeType] = strawberry.field(description="The items of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")
    question: strawberry.Private[Question]
    parent: strawberry.Private[Any]

    @strawberry.field(description="How many items the whole list has. Counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        """Count the list."""
        return await info.context.count(self.question, self.parent)

    @classmethod
    def of(cls, nodes: Sequence[Any], page: Page, question: Question, parent: object) -> Self:
        """Wrap the objects of a page."""
        edges = [Edge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)]
        info = PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        )
        return cls(edges=edges, nodes=list(nodes), page_info=info, question=question, parent=parent)
