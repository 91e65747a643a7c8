"""Relay's connections in SQL."""

from typing import TYPE_CHECKING, cast

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetailsList

from schema.connection import Connection
from schema.passed import NotPassedError
from twinql.api.passing.calls import Call
from twinql.api.passing.leaves import DEFINITION
from twinql.api.passing.plan import Fill, Filling
from twinql.storage.read import json_text
from twinql.storage.read.passing import PageSql, Told, number_of_rows, told_together

if TYPE_CHECKING:
    from twinql.api.passing.planner import Planner


class ConnectionSql:
    """Writes one connection."""

    def __init__(self, planner: "Planner", type_: GraphQLObjectType, call: Call, parent: str) -> None:
        """Prepare for a connection type.

        Args:
            planner: Writes what is wanted of the rows.
            type_: The connection's type.
            call: Says what is asked.
            parent: The parent's key, in SQL.

        Raises:
            NotPassedError: It is no connection as all are.
        """
        if not issubclass(type_.extensions[DEFINITION].origin, Connection):
            raise NotPassedError
        self._planner = planner
        self._type = type_
        self._call = call
        self._parent = parent
        self._cls: type = get_named_type(type_.fields["nodes"].type).extensions[DEFINITION].origin
        self._place = planner.place(self._cls)
        self._told = Told()

    def sql(self, details: FieldDetailsList) -> str:
        """Write what is wanted of it."""
        fields = [(key, self._field(below)) for key, below in self._planner.below(self._type, details).items()]
        rows = self._hole(lambda filling: self._page(filling).rows(filling.text, self._place.columns, self._parent))
        return told_together(json_text.fields(fields), rows, self._place.alias)

    def _field(self, details: FieldDetailsList) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return json_text.constant(self._type.name)
        inner = cast("GraphQLObjectType", get_named_type(self._type.fields[name].type))
        if name == "nodes":
            return self._list(self._row(details))
        if name == "edges":
            fields = [(key, self._of_edge(inner, each)) for key, each in self._planner.below(inner, details).items()]
            return self._list(json_text.fields(fields))
        if name == "pageInfo":
            fields = [(key, self._of_info(inner, each)) for key, each in self._planner.below(inner, details).items()]
            return json_text.fields(fields)
        if name == "totalCount":
            return self._hole(
                lambda filling: number_of_rows(filling.text, self._call.question(filling, self._cls), self._parent)
            )
        raise NotPassedError

    def _of_edge(self, type_: GraphQLObjectType, details: FieldDetailsList) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return json_text.constant(type_.name)
        if name == "node":
            return self._row(details)
        self._told.cursors = True
        return json_text.cursor(f"{self._place.alias}.row_cursor")

    def _of_info(self, type_: GraphQLObjectType, details: FieldDetailsList) -> str:
        name = details[0].node.name.value
        hole = self._hole
        if name == "__typename":
            return json_text.constant(type_.name)
        if name == "hasNextPage":
            self._told.more = True
            return hole(lambda filling: self._page(filling).has_next)
        if name == "hasPreviousPage":
            self._told.more = True
            return hole(lambda filling: self._page(filling).has_previous)
        self._told.cursors = self._told.ends = True
        if name == "startCursor":
            return json_text.nullable(hole(lambda filling: self._page(filling).start_cursor))
        return json_text.nullable(hole(lambda filling: self._page(filling).end_cursor))

    def _row(self, details: FieldDetailsList) -> str:
        return self._planner.row(self._cls, details, self._place)

    def _list(self, row: str) -> str:
        hole = self._hole
        order = hole(lambda filling: self._page(filling).order)
        among = hole(lambda filling: self._page(filling).among)
        return json_text.listed(row, order, among)

    def _hole(self, fill: Fill) -> str:
        return self._planner.sketch.hole(fill, fixed=self._call.fixed)

    def _page(self, filling: Filling) -> PageSql:
        return PageSql(self._place.alias, self._call.question(filling, self._cls), self._told)
