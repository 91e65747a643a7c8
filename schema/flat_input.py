"""Inputs that come in thousands: read field by field, without asking again for every row what its fields are."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from strawberry.schema.name_converter import NameConverter
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryList, get_object_definition, has_object_definition

from twinql.domain.columns import Columns

Input = TypeVar("Input", bound=type)


def flat(cls: Input) -> Input:
    """Let an input be read quickly; its fields must be leaves, which need no conversion, or lists of flat inputs."""
    get_object_definition(cls, strict=True).from_input = _from_input
    return cls


def _from_input(cls: type, given: Mapping[str, Any], context: InputContext) -> Any:
    converter = context.config.name_converter
    values = {}
    for name, python, rows in _fields(cls, converter):
        if name in given:
            values[python] = given[name] if rows is None else _read_all(rows, given[name], converter)
    return cls(**values)


def _read_all(cls: type, rows: Sequence[Mapping[str, Any]], converter: NameConverter) -> Sequence[Any]:
    names = [(name, python) for name, python, _ in _fields(cls, converter)]
    if isinstance(rows, Columns):
        return Columns({python: rows.columns[name] for name, python in names if name in rows.columns}, cls)
    return [cls(**{python: row[name] for name, python in names if name in row}) for row in rows]


@cache
def _fields(cls: type, converter: NameConverter) -> tuple[tuple[str, str, type | None], ...]:
    fields = get_object_definition(cls, strict=True).fields
    return tuple((converter.from_field(each), each.python_name, _rows_of(each.type)) for each in fields)


def _rows_of(kind: object) -> type | None:
    inner = kind.of_type if isinstance(kind, StrawberryList) else None
    return inner if isinstance(inner, type) and has_object_definition(inner) else None
