"""Rows by key, and pages by keyset: one statement for any number of parents that ask the same question."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson

from twinql.errors import InvalidInputError
from twinql.storage.database import Connection
from twinql.storage.read.by_months import in_order_of_time
from twinql.storage.read.conditions import Condition
from twinql.storage.read.entity import READINGS, READINGS_ALONE, Entity, Order
from twinql.storage.read.text import Text

_OF_CHANNEL = re.compile(r"\bc\.")
"""A column of the channel of a reading."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which stretch of a list is wanted, as Relay says it.

    Attributes:
        size: How many rows at most.
        cursor: Where to go on from; None is the beginning, or the end where `backward`.
        backward: Whether the last rows before the cursor are wanted instead of the first ones after it.
    """

    size: int
    cursor: str | None = None
    backward: bool = False

    @classmethod
    def of(
        cls, first: int | None, after: str | None, last: int | None, before: str | None, *, usual: int, most: int
    ) -> "PageRequest":
        """Read Relay's four arguments.

        Raises:
            InvalidInputError: They contradict each other, or ask for more than `most` rows.
        """
        if last is not None or before is not None:
            if first is not None or after is not None:
                raise InvalidInputError(
                    "Page forwards with first and after, or backwards with last and before: not both."
                )
            first, after, backward = last, before, True
        else:
            backward = False
        size = usual if first is None else first
        if not 0 <= size <= most:
            raise InvalidInputError(
                f"A page holds 0 to {most} items, and {size} were asked for; page on with a cursor."
            )
        return cls(size, after, backward)


@dataclass(frozen=True, slots=True)
class Question:
    """A list that is asked for, whoever its parent is.

    Attributes:
        entity: What is listed.
        order: In which order.
        page: Which stretch of it.
        where: What rows must meet.
        parent: The column that points to the parent; None for a list without one.
        parent_type: The Postgres type of that column.
    """

    entity: Entity
    order: Order
    page: PageRequest
    where: tuple[Condition, ...] = ()
    parent: str | None = None
    parent_type: str = "uuid"

    def __hash__(self) -> int:
        """Hash by what tells questions apart; the entity by its name and what its table is given."""
        return hash((self.entity.name, self.entity.table.values, self.order, self.page, self.where, self.parent))


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a list, in the order of the list.

    Attributes:
        rows: The rows, with the entity's columns.
        cursors: Where each row stands.
        has_next: Whether there are rows after the last one.
        has_previous: Whether there are rows before the first one.
    """

    rows: Sequence[asyncpg.Record] = ()
    cursors: Sequence[str] = ()
    has_next: bool = False
    has_previous: bool = False


def page_query(text: Text, question: Question, selected: str, parent: str, *, size: int) -> str:
    """Write the query for the rows of a list under one parent, from where its page begins.

    Args:
        text: The statement.
        question: What is asked.
        selected: What stands after `select`.
        parent: The parent's key, in SQL; of no effect on a list without parents.
        size: How many rows at most.

    Raises:
        InvalidInputError: The cursor was not made for this order.
    """
    source = text.source(question.entity.table)
    order, request = question.order, question.page
    forwards = order.descending == request.backward
    direction, beyond = ("asc", ">") if forwards else ("desc", "<")
    conditions = _conditions(text, question, parent)
    if request.cursor is not None:
        place = read_cursor(request.cursor, order)
        bound = ", ".join(
            f"{text.parameter(value)}::text::{kind}" for value, kind in zip(place, order.types, strict=True)
        )
        conditions += f" and ({', '.join(order.columns)}) {beyond} ({bound})"
    rest = f"from {source} where {conditions}"
    if source == READINGS.source and question.parent == READINGS.key:
        if not _OF_CHANNEL.search(selected + conditions):
            rest = f"from {READINGS_ALONE} where {conditions}"
        return in_order_of_time(selected, rest, by=order.columns[0], direction=direction, size=size)
    ordered = ", ".join(f"{column} {direction}" for column in order.columns)
    return f"select {selected} {rest} order by {ordered} limit {size}"


def place_of(order: Order) -> str:
    """Return what tells where a row stands, as an array of texts in SQL."""
    return f"array[{', '.join(f'({column})::text' for column in order.columns)}]"


def count_query(text: Text, question: Question, parent: str) -> str:
    """Write the query for the number of rows of a list under one parent, all of its pages together."""
    source = text.source(question.entity.table)
    return f"select count(*) as rows from {source} where {_conditions(text, question, parent)}"


def _conditions(text: Text, question: Question, parent: str) -> str:
    conditions = text.where(question.where)
    return conditions if question.parent is None else f"{conditions} and {question.parent} = {parent}"


def page_statement(question: Question, parents: Sequence[Any]) -> tuple[str, list[Any]]:
    """Write the statement that answers a question for all of its parents, with its parameters.

    Raises:
        InvalidInputError: The cursor was not made for this order.
    """
    text = Text()
    selected = f"{question.entity.selected}, {place_of(question.order)} as cursor_place"
    rows = page_query(text, question, selected, "parent.key", size=question.page.size + 1)
    if question.parent is None:
        return f"select 1::int8 as parent_place, page.* from ({rows}) as page", text.values
    return (
        f"select parent.place as parent_place, page.* from {_parents(text, question, parents)} "
        f"cross join lateral ({rows}) as page"
    ), text.values


def _parents(text: Text, question: Question, parents: Sequence[Any]) -> str:
    given = f"{text.parameter(list(parents))}::{question.parent_type}[]"
    return f"unnest({given}) with ordinality as parent (key, place)"


async def pages(connection: Connection, question: Question, parents: Sequence[Any] = (None,)) -> list[Page]:
    """Answer a question for each of its parents, in one statement.

    Returns:
        A page for every parent, in their order.

    Raises:
        InvalidInputError: The cursor was made up.
    """
    statement, values = page_statement(question, parents)
    found: list[list[asyncpg.Record]] = [[] for _ in parents]
    try:
        rows = await connection.fetch(statement, *values)
    except asyncpg.DataError as error:
        if question.page.cursor is None:
            raise
        raise InvalidInputError(BAD_CURSOR) from error
    for row in rows:
        found[row["parent_place"] - 1].append(row)
    if question.parent is None:
        # However often a list without parents is asked for, it is the same one.
        return [_page(found[0], question.page)] * len(parents)
    return [_page(rows, question.page) for rows in found]


def _page(rows: list[asyncpg.Record], request: PageRequest) -> Page:
    more = len(rows) > request.size
    rows = rows[: request.size]
    if request.backward:
        rows.reverse()
    before = request.cursor is not None  # whoever holds a cursor has seen a row on its other side
    return Page(
        rows,
        [write_cursor(row["cursor_place"]) for row in rows],
        has_next=before if request.backward else more,
        has_previous=more if request.backward else before,
    )


def count_statement(question: Question, parents: Sequence[Any]) -> tuple[str, list[Any]]:
    """Write the statement that counts the rows of a list for all of its parents, with its parameters."""
    text = Text()
    rows = count_query(text, question, "parent.key")
    if question.parent is None:
        return f"select 1::int8 as parent_place, counted.rows from ({rows}) as counted", text.values
    return (
        f"select parent.place as parent_place, counted.rows from {_parents(text, question, parents)} "
        f"cross join lateral ({rows}) as counted"
    ), text.values


async def counts(connection: Connection, question: Question, parents: Sequence[Any] = (None,)) -> list[int]:
    """Count the rows of a list for each of its parents, all of its pages together, in one statement."""
    statement, values = count_statement(question, parents)
    found = {row["parent_place"]: int(row["rows"]) for row in await connection.fetch(statement, *values)}
    return [found[1 if question.parent is None else place] for place in range(1, len(parents) + 1)]


async def rows_by_key(connection: Connection, entity: Entity, keys: Sequence[Any]) -> dict[Any, asyncpg.Record]:
    """Return the rows with these keys that the actor may see; the others are missing."""
    table = entity.table
    statement = (
        f"select {entity.selected}, {table.key} as row_key from {table.source} "
        f"where {table.key} = any($1::{table.key_type}[])"
    )
    return {row["row_key"]: row for row in await connection.fetch(statement, list(keys))}


def write_cursor(place: Sequence[str]) -> str:
    """Write where a row stands in its order, opaquely."""
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


def read_cursor(cursor: str, order: Order) -> list[str]:
    """Read what `write_cursor` wrote.

    Raises:
        InvalidInputError: It was not written for this order.
    """
    try:
        place = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError(BAD_CURSOR) from error
    fits = isinstance(place, list) and len(place) == len(order.columns) and all(isinstance(each, str) for each in place)
    if not fits:
        raise InvalidInputError(BAD_CURSOR)
    return [str(each) for each in place]


BAD_CURSOR = "This cursor does not belong to this list; use one of its own, unchanged, or none to start anew."
