"""Fields that are declared once, by a column or a relation, and read in one place.

A column is a plain field with its SQL name; a relation is a function from arguments to a `Question`. Both can be
looked at without running a resolver, so that a selection can become one statement.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types.base import StrawberryContainer, get_object_definition
from strawberry.types.enum import StrawberryEnumDefinition

from schema.connection import Connection
from schema.stored_parts import STORED, Stored
from twinql.context import Info
from twinql.domain import global_id
from twinql.domain.membership import Role
from twinql.domain.readings import to_us
from twinql.storage.read import Entity, Question, Table

T = TypeVar("T")
MARK = "twinql.declared"
RELATION = "twinql.relation"
LISTED = "twinql.listed"


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """A field that is a column.

    Attributes:
        expression: The SQL of it; None for the column of the field's own name.
        read: Makes the Python value of what the driver gives, where that takes more than a type.
        written: Turns SQL that gives the column into SQL that gives its JSON, where `read` says more than a type.
    """

    expression: str | None
    read: Callable[[Any], Any] | None = None
    written: Callable[[str], str] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Identity:
    """The field that is the global id, made of the row's key and, for a reading, of its time."""

    instant: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Embedded:
    """A field whose type is read from columns of the same row."""

    type: type


@dataclasses.dataclass(frozen=True, slots=True)
class ToOne:
    """A field that is one object of another type, by a column of this row."""

    target: str
    local: str


def column(
    expression: str | None = None,
    *,
    description: str,
    read: Callable[[Any], Any] | None = None,
    written: Callable[[str], str] | None = None,
    stored: Stored | None = None,
) -> Any:
    """Declare a field that is a column, by default the one of the field's own name.

    Args:
        expression: The SQL of it, over the columns of the table.
        description: For the schema, with the unit.
        read: Makes the Python value of what the driver gives; enums need none.
        written: Writes the same as JSON in SQL, of the name of a column; NULL where the answer is null.
        stored: Writes the same where the field is an object, or a list of them.
    """
    metadata = {MARK: Column(expression, read, written)} | ({} if stored is None else {STORED: stored})
    return strawberry.field(description=description, metadata=metadata)


def hidden(expression: str | None = None) -> Any:
    """Declare a column that a resolver needs and callers never see; the attribute is `strawberry.Private`."""
    return dataclasses.field(metadata={MARK: Column(expression)})


def identity(*, description: str, instant: str | None = None) -> Any:
    """Declare the global id, of the attribute `row_id` and, where one is named, of a time."""
    return strawberry.field(description=description, metadata={MARK: Identity(instant)})


def embedded(kind: type, *, description: str) -> Any:
    """Declare a field that groups columns of the same row under a type of its own."""
    return strawberry.field(description=description, metadata={MARK: Embedded(kind)})


@cache
def declarations(cls: type) -> Mapping[str, Column | Identity | Embedded]:
    """Return the declared fields of a type by attribute."""
    return {each.name: each.metadata[MARK] for each in dataclasses.fields(cls) if MARK in each.metadata}


@cache
def entity_of(cls: type) -> Entity:
    """Return what the read path needs of a type; of an interface, what it needs of all of its types."""
    columns = _columns(cls)
    for kind in kinds_of(cls).values():
        columns |= _columns(kind)
    return Entity(_name(cls), cast("Table", cls.table), columns)  # type: ignore[attr-defined]


def kinds_of(cls: type) -> Mapping[str, type]:
    """Return the types of an interface, by what its column `kind_column` says of a row; of a type, none."""
    return {kind: named(target) for kind, target in cls.__dict__.get("kinds", {}).items()}


def _columns(cls: type, prefix: str = "") -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, declared in declarations(cls).items():
        if isinstance(declared, Column):
            columns[prefix + name] = declared.expression or name
        elif isinstance(declared, Embedded):
            columns |= _columns(declared.type, f"{prefix}{name}_")
    return columns


@cache
def _readers(cls: type) -> Mapping[str, Callable[[asyncpg.Record, str], Any]]:
    """Return, for each declared attribute, what makes its value of a row and a prefix."""
    definition = get_object_definition(cls, strict=True)
    types = {each.python_name: each.type for each in definition.fields}
    return {name: _reader(cls, name, declared, types.get(name)) for name, declared in declarations(cls).items()}


def _reader(cls: type, name: str, declared: object, kind: object) -> Callable[[asyncpg.Record, str], Any]:
    if isinstance(declared, Identity):
        type_name, instant = _name(cls), declared.instant
        if instant is not None:
            return lambda row, prefix: global_id.encode(type_name, row[f"{prefix}row_id"], to_us(row[prefix + instant]))
        return lambda row, prefix: global_id.encode(type_name, row[f"{prefix}row_id"])
    if isinstance(declared, Embedded):
        return lambda row, prefix: build(declared.type, row, f"{prefix}{name}_")
    while isinstance(kind, StrawberryContainer):
        kind = kind.of_type
    assert isinstance(declared, Column)
    convert = declared.read or (_enum(kind.wrapped_cls) if isinstance(kind, StrawberryEnumDefinition) else None)
    if convert is None:
        return lambda row, prefix: row[prefix + name]
    return lambda row, prefix: convert(row[prefix + name])


def _enum(members: Callable[[Any], Enum]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else members(value)


def build(cls: type[T], row: asyncpg.Record, prefix: str = "") -> T:
    """Make an object of the graph from a row that has the columns of its entity.

    An interface names its types in `kinds`, and the attribute that says which of them a row is in `kind_column`.
    """
    kinds = kinds_of(cls)
    actual: type[Any] = kinds[row[cls.kind_column]] if kinds else cls  # type: ignore[attr-defined]
    return cast("T", actual(**{name: read(row, prefix) for name, read in _readers(cast("Any", actual)).items()}))


async def one(info: Info, cls: type[T], key: object) -> T | None:
    """Load one object by its key; None where there is none that whoever asks may see."""
    row = None if key is None else await info.context.row(entity_of(cast("Any", cls)), key)
    return None if row is None else build(cls, row)


async def several(info: Info, target: str, keys: Iterable[object]) -> list[Any]:
    """Load objects of the type that a module and a name stand for, without those that whoever asks may not see."""
    found = await asyncio.gather(*(one(info, named(target), key) for key in keys))
    return [each for each in found if each is not None]


def to_one(target: str, local: str, *, description: str) -> Any:
    """Declare a field that is the object to which a column of this row points.

    Args:
        target: Module and name of its type, such as `schema.site:Site`: nouns point at each other.
        local: The attribute that holds the key, a `hidden` one.
        description: For the schema.
    """

    async def resolve(root: Any, info: Info) -> Any:
        return await one(info, named(target), getattr(root, local))

    return strawberry.field(resolver=resolve, description=description, metadata={RELATION: ToOne(target, local)})


@cache
def named(target: str) -> type:
    """Return the type that a module and a name stand for."""
    module, name = target.split(":")
    return cast("type", getattr(import_module(module), name))


class Answered(FieldExtension):
    """Turns the `Question` that a declared list gives into its connection, or into its first object."""

    def __init__(self, local: str | None, *, single: bool = False, needs: Role | None = None) -> None:
        """Keep the attribute that holds the parent's key, and the role without which nothing is read."""
        self.local = local
        self.single = single
        self.needs = needs

    async def resolve_async(self, next_: Any, source: Any, info: Info, **arguments: Any) -> Any:
        """Answer the question for this parent."""
        if self.needs is not None:
            await info.context.require(self.needs)
        asked: Asked | Sought | None = await next_(source, info, **arguments)
        parent = None if self.local is None else getattr(source, self.local)
        if self.single:
            return await first_of(info, asked, parent)
        assert isinstance(asked, Asked)
        page = await info.context.page(asked.question, parent)
        return Connection.of([asked.object(row) for row in page.rows], page, asked.question, parent)


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What a declared list gives.

    Attributes:
        type: The type of which its rows become objects.
        question: What is asked.
        make: Makes an object of a row, where that takes more than its columns.
    """

    type: type
    question: Question
    make: Callable[[asyncpg.Record], Any] | None = None

    def object(self, row: asyncpg.Record) -> Any:
        """Make the object of a row."""
        return build(self.type, row) if self.make is None else self.make(row)


@dataclasses.dataclass(frozen=True, slots=True)
class Sought:
    """What a declared field gives that is one object: of which type, by the key of its row."""

    type: type
    key: Any


async def first_of(info: Info, asked: Asked | Sought | None, parent: object = None) -> Any:
    """Load the one object that is asked for under a parent; None where there is none."""
    if asked is None:
        return None
    if isinstance(asked, Sought):
        return await one(info, asked.type, asked.key)
    page = await info.context.page(asked.question, parent)
    return asked.object(page.rows[0]) if page.rows else None


def listed(
    local: str | None = None, *, graphql_type: Any, description: str, single: bool = False, needs: Role | None = None
) -> Any:
    """Declare a list: the decorated function turns arguments into what is `Asked`, and looks at nothing else.

    Of a single object it may say what is `Sought` instead, or None; of an interface, an object of any of its types.

    Args:
        local: The attribute that holds the parent's key; None for a root field.
        graphql_type: The connection.
        description: For the schema.
        single: Whether only the first object is wanted, which is then the field's type.
        needs: The role that is needed; None where row-level security says it all.
    """
    answered = Answered(local, single=single, needs=needs)
    return strawberry.field(
        graphql_type=graphql_type, description=description, extensions=[answered], metadata={LISTED: answered}
    )


def _name(cls: type) -> str:
    return get_object_definition(cls, strict=True).name


def key_of(text: strawberry.ID | str, *types: str) -> UUID:
    """Read a global id of one of these types into the key of its row."""
    return global_id.decode_as(str(text), *types).key
