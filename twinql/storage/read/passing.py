"""SQL that brings what is wanted of a list, or of one row of it, as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from twinql.storage.read import json_text
from twinql.storage.read.entity import Entity
from twinql.storage.read.pages import Question, count_query, page_query, place_of
from twinql.storage.read.text import Text


@dataclass(slots=True)
class Told:
    """What is told of a page beside its rows.

    Attributes:
        cursors: Whether the cursor of some row is.
        more: Whether it is told that there are rows before or after.
        ends: Whether the first row and the last one are told from the others.
    """

    cursors: bool = False
    more: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class PageSql:
    """A page in SQL, whose rows have an alias.

    Attributes:
        alias: The name of its rows: they have the wanted columns, and `row_place` and `row_cursor` as needed.
        question: What is asked.
        told: What is told beside the rows.
    """

    alias: str
    question: Question
    told: Told

    @property
    def among(self) -> str:
        """Leave out the row that only shows that there are more."""
        return f" filter (where {self.alias}.row_place <= {self.question.page.size})" if self._one_more else ""

    @property
    def order(self) -> str:
        """Turn a page that was read from its end."""
        return f" order by {self.alias}.row_place desc" if self.question.page.backward else ""

    @property
    def has_next(self) -> str:
        """Whether there are rows after the last one, as JSON."""
        return self._beyond() if self.question.page.backward else self._more()

    @property
    def has_previous(self) -> str:
        """Whether there are rows before the first one, as JSON."""
        return self._more() if self.question.page.backward else self._beyond()

    @property
    def start_cursor(self) -> str:
        """The cursor of the first row, as JSON; NULL on an empty page."""
        return self._of_last() if self.question.page.backward else self._of_first()

    @property
    def end_cursor(self) -> str:
        """The cursor of the last row, as JSON; NULL on an empty page."""
        return self._of_first() if self.question.page.backward else self._of_last()

    def rows(self, text: Text, columns: Mapping[str, str], parent: str) -> str:
        """Write the query for its rows; the last of them may only show that there are more."""
        selected = _selected(columns, {"row_cursor": place_of(self.question.order)} if self.told.cursors else {})
        size = self.question.page.size + self._one_more
        page = page_query(text, self.question, selected, parent, size=size)
        if not (self._one_more or self.told.ends or self.question.page.backward):
            return page
        numbered = "row_number() over () as row_place"
        if self.told.ends:
            numbered += ", count(*) over () as row_count"
        return f"select page.*, {numbered} from ({page}) as page"

    @property
    def _one_more(self) -> bool:
        # With no row at all nobody would notice a cursor of another list.
        return self.told.more or self.question.page.size == 0

    def _more(self) -> str:
        return f"(count(*) > {self.question.page.size})::text"

    def _beyond(self) -> str:
        # Whoever holds a cursor has seen a row on its other side.
        return "'false'" if self.question.page.cursor is None else "'true'"

    def _of_first(self) -> str:
        first = min(1, self.question.page.size)
        return f"max({self._cursor()}) filter (where {self.alias}.row_place = {first})"

    def _of_last(self) -> str:
        last = f"least({self.alias}.row_count, {self.question.page.size})"
        return f"max({self._cursor()}) filter (where {self.alias}.row_place = {last})"

    def _cursor(self) -> str:
        return json_text.cursor(f"{self.alias}.row_cursor")


def first_row(text: Text, question: Question, columns: Mapping[str, str], parent: str) -> str:
    """Write the query for the first row of a list."""
    return page_query(text, question, _selected(columns), parent, size=min(1, question.page.size))


def row_by_key(text: Text, entity: Entity, columns: Mapping[str, str], key: str) -> str:
    """Write the query for the row with a key, in SQL."""
    source = text.source(entity.table)
    return f"select {_selected(columns)} from {source} where {entity.table.key} = {key}"


def no_row(text: Text, entity: Entity, columns: Mapping[str, str]) -> str:
    """Write a query for no row, with the columns of one."""
    return f"select {_selected(columns)} from {text.source(entity.table)} where false"


def number_of_rows(text: Text, question: Question, parent: str) -> str:
    """Write how many rows a list has, as JSON."""
    return f"(select {json_text.integer('counted.rows')} from ({count_query(text, question, parent)}) as counted)"


def _selected(*columns: Mapping[str, str]) -> str:
    named = chain.from_iterable(each.items() for each in columns)
    return ", ".join(name if name == expression else f"{expression} as {name}" for name, expression in named)


def told(text: str, rows: str, alias: str) -> str:
    """Write what is told of the rows of a query, which have an alias."""
    return f"(select {text} from ({rows}) as {alias})"


def told_together(text: str, rows: str, alias: str) -> str:
    """Write what is told of all rows of a query together, which have an alias; they are read whatever is told."""
    return f"(select {text} from ({rows}) as {alias} having count(*) >= 0)"


def statement(text: str) -> str:
    """Write the statement that brings one JSON text, in bytes as it is sent."""
    return f"select convert_to({text}, 'UTF8')"


def statement_for_parents(text: str, keys: str) -> str:
    """Write the statement that brings a JSON text for each of some parents, in their order.

    Args:
        text: The JSON of one, whose key is `parent.key`.
        keys: All keys, an array in SQL.
    """
    return f"{statement(text)} from unnest({keys}) with ordinality as parent (key, place) order by parent.place"
