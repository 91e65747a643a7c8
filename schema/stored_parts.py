"""Parts of a row that are stored as JSON, written by the database as the graph shows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from schema.passed import NotPassedError, Passed, Wanted
from twinql.storage.read import Text, json_text
from twinql.storage.read.stored_text import actor_kind, actor_name, part_of, stored_object, stored_objects


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an object that is stored as JSON.

    Attributes:
        key: Its key in what is stored.
        kind: The Postgres type of its value.
        written: Writes that as JSON.
        needed: Whether it may not be null.
    """

    key: str
    kind: str
    written: Callable[[str], str]
    needed: bool = False


def text_part(key: str, *, needed: bool = True) -> Part:
    """Show a text, or a member of an enum that is stored by its name."""
    return Part(key, "text", json_text.string, needed)


def number_part(key: str, *, needed: bool = False) -> Part:
    """Show a finite number."""
    return Part(key, "float8", json_text.floating, needed)


def instant_part(key: str, *, needed: bool = False) -> Part:
    """Show a time that is stored as ISO 8601 writes it."""
    return Part(key, "timestamptz", json_text.instant, needed)


def truth_part(key: str, *, needed: bool = False) -> Part:
    """Show whether something is so."""
    return Part(key, "bool", json_text.boolean, needed)


def length_part(key: str, *, needed: bool = False) -> Part:
    """Show a length of time that is stored in seconds, if they are whole ones."""
    return Part(key, "numeric", _whole_seconds, needed)


def money_part(key: str, *, needed: bool = False) -> Part:
    """Show an exact number that is stored as text."""
    return Part(key, "numeric", json_text.decimal, needed)


def object_of(attribute: str, type_name: str, parts: Mapping[str, Part]) -> Passed:
    """Write the object that a column holds; NULL where it holds none.

    Args:
        attribute: The column.
        type_name: The type that the graph shows.
        parts: Its fields that can be written, by their names in the graph.
    """

    def write(_: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
        del arguments
        return stored_object(f"{alias}.{attribute}", _fields(wanted, type_name, parts), _columns(parts))

    return Passed(write, (attribute,))


def objects_of(attribute: str, type_name: str, parts: Mapping[str, Part]) -> Passed:
    """Write the list of objects that a column holds, in its order; an empty one where it holds none."""

    def write(_: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
        del arguments
        return stored_objects(f"{alias}.{attribute}", _fields(wanted, type_name, parts), _columns(parts))

    return Passed(write, (attribute,))


def actor_in(attribute: str) -> Passed:
    """Write the `Actor` that a column tells of; NULL where it tells of none."""

    def write(_: Text, wanted: Wanted, arguments: Mapping[str, Any], alias: str) -> str:
        del arguments
        told = f"{alias}.{attribute}"
        written = {"__typename": json_text.constant("Actor"), "kind": actor_kind(told), "name": actor_name(told)}
        fields = json_text.needed(json_text.fields((each.key, written[each.name]) for each in wanted.sub))
        return f"case when {told} is not null then {fields} end"

    return Passed(write, (attribute,))


def _fields(wanted: Wanted, type_name: str, parts: Mapping[str, Part]) -> str:
    return json_text.needed(json_text.fields((each.key, _field(each, type_name, parts)) for each in wanted.sub))


def _field(each: Wanted, type_name: str, parts: Mapping[str, Part]) -> str:
    if each.name == "__typename":
        return json_text.constant(type_name)
    if each.name not in parts:
        raise NotPassedError
    part = parts[each.name]
    text = part.written(part_of(part.key))
    return text if part.needed else json_text.nullable(text)


def _columns(parts: Mapping[str, Part]) -> Mapping[str, str]:
    return {each.key: each.kind for each in parts.values()}


def _whole_seconds(sql: str) -> str:
    whole = f"trunc({sql})::int8"
    return f"case when {sql} <> trunc({sql}) then {json_text.NOT_PASSED} else {json_text.duration(whole)} end"
