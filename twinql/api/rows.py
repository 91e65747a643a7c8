"""Thousands of rows in variables, coerced column by column where nothing is wrong with any, and left as columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    is_leaf_type,
    is_required_input_field,
    type_from_ast,
)
from graphql.pyutils import UndefinedType
from graphql.utilities.coerce_input_value import coerce_default_value

from twinql.domain.columns import Columns

FEW = 100
"""Lists that are no longer than this are left to graphql-core."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lifted:
    """Variables whose long lists of flat rows are coerced already.

    Attributes:
        variables: What is left to be coerced, with an empty list in the place of each of those.
        rows: The rows, by the names of the variable and of the field that holds them; None where it is the variable.
    """

    variables: dict[str, Any]
    rows: dict[tuple[str, str | None], Columns[Row]]

    @classmethod
    def of(
        cls, schema: GraphQLSchema, definitions: Iterable[VariableDefinitionNode], variables: Mapping[str, Any]
    ) -> "Lifted":
        """Coerce what can be, and leave everything else, and whatever is wrong, to graphql-core and its messages."""
        left, lifted = dict(variables), cls({}, {})
        for each in definitions:
            value = left.get(name := each.variable.name.value)
            if not isinstance(value, (list, dict)):
                continue
            kind = _bare(type_from_ast(schema, each.type))
            if (rows := _rows(value, kind)) is not None:
                lifted.rows[name, None] = rows
                left[name] = []
            elif isinstance(value, dict) and isinstance(kind, GraphQLInputObjectType):
                left[name] = dict(value)
                for inner, field in kind.fields.items():
                    if (rows := _rows(value.get(inner), _bare(field.type))) is not None:
                        lifted.rows[name, field.out_name or inner] = rows
                        left[name][inner] = []
        return cls(left, lifted.rows)

    def put(self, coerced: dict[str, Any]) -> None:
        """Put the rows where they belong among the other coerced values."""
        for (name, inner), rows in self.rows.items():
            if inner is None:
                coerced[name] = rows
            else:
                coerced[name][inner] = rows


def _rows(value: Any, kind: GraphQLInputType | None) -> Columns[Row] | None:
    if not isinstance(value, list) or len(value) <= FEW or not isinstance(kind, GraphQLList):
        return None
    row = _bare(kind.of_type)
    flat = isinstance(row, GraphQLInputObjectType) and not row.is_one_of
    return (
        coerced_rows(value, row)
        if flat and all(is_leaf_type(_bare(each.type)) for each in row.fields.values())
        else None
    )


def coerced_rows(rows: list[Any], kind: GraphQLInputObjectType) -> Columns[Row] | None:
    """Coerce rows of a type whose fields are all leaves.

    Returns:
        What graphql-core makes of them; None where they have not all the same fields, or one of them is wrong.
    """
    if set(map(type, rows)) != {dict} or len(set(map(len, rows))) > 1 or not rows[0].keys() <= kind.fields.keys():
        return None
    columns: dict[str, Sequence[Any]] = {}
    for name, field in kind.fields.items():
        column: Sequence[Any] | None
        if name in rows[0]:
            try:
                column = _coerced([row[name] for row in rows], field.type)
            except KeyError:
                return None
        elif is_required_input_field(field):
            return None
        elif (default := coerce_default_value(field)) is not Undefined:
            column = [default] * len(rows)
        else:
            continue
        if column is None:
            return None
        columns[field.out_name or name] = column
    return Columns(columns, dict) if columns else None


def _coerced(column: list[Any], kind: GraphQLInputType) -> list[Any] | None:
    """Coerce the values of one field; None where one of them is wrong."""
    coerce = cast("GraphQLLeafType", _bare(kind)).coerce_input_value
    try:
        if set(map(type, column)) == {str}:  # each text once: 1 and true are equal, texts are not
            known = {text: coerce(text) for text in set(column)}
            found, kinds = [known[text] for text in column], set(map(type, known.values()))
        else:
            found = [None if value is None else coerce(value) for value in column]
            kinds = set(map(type, found))
    except Exception:  # noqa: BLE001 - graphql-core meets it again, and tells it
        return None
    if UndefinedType in kinds or (isinstance(kind, GraphQLNonNull) and None in column):
        return None
    return found


def _bare(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind
