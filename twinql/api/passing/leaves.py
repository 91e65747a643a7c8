"""How the columns of a row are written as JSON, by the types that the graph gives them."""

from collections.abc import Callable, Mapping

from graphql import GraphQLEnumType, GraphQLList, GraphQLNamedType, GraphQLNonNull, GraphQLOutputType
from strawberry.types.enum import StrawberryEnumDefinition

from schema.declared import Column
from schema.passed import NotPassedError
from twinql.storage.read import json_text

DEFINITION = "strawberry-definition"
"""Under which Strawberry leaves its definition on what it builds."""
_SCALARS: Mapping[str, Callable[[str], str]] = {
    "String": json_text.string,
    "ID": json_text.string,
    "Int": json_text.integer,
    "Float": json_text.floating,
    "Boolean": json_text.boolean,
    "DateTime": json_text.instant,
    "Date": json_text.date,
    "Decimal": json_text.decimal,
    "JSON": json_text.json,
    "TimeZone": json_text.string,
}


def written(column: Column, type_: GraphQLOutputType, sql: str) -> str:
    """Write a column.

    Args:
        column: How it is declared.
        type_: Its type in the graph.
        sql: Its value.

    Raises:
        NotPassedError: Nothing says how.
    """
    if column.written is not None:
        return column.written(sql)
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if column.read is not None:
        raise NotPassedError
    if isinstance(inner, GraphQLList):
        return _list(inner.of_type, sql)
    if isinstance(inner, GraphQLEnumType):
        return json_text.enum(sql, _names(inner))
    assert isinstance(inner, GraphQLNamedType)
    if inner.name not in _SCALARS:
        raise NotPassedError
    return _SCALARS[inner.name](sql)


def _list(item: GraphQLOutputType, sql: str) -> str:
    inner = item.of_type if isinstance(item, GraphQLNonNull) else None
    if isinstance(inner, GraphQLEnumType):
        plain = all(stored == name for stored, name in _names(inner).items())
    else:
        plain = isinstance(inner, GraphQLNamedType) and inner.name == "String"
    if not plain:
        raise NotPassedError
    return json_text.strings(sql)


def _names(type_: GraphQLEnumType) -> Mapping[str, str]:
    definition: StrawberryEnumDefinition = type_.extensions[DEFINITION]
    return {str(each.value): each.name for each in definition.values}
