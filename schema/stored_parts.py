"""Objects that are made of what one row says: stored in it as JSON, or found by its key in one way.

The planner writes them as it writes rows: their relations too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twinql.storage.read import json_text
from twinql.storage.read.stored_text import actor_kind, actor_name, jsonb_rows

STORED = "twinql.stored"


@dataclass(frozen=True, slots=True)
class Part:
    """An attribute of such an object.

    Attributes:
        key: Its column in the rows of which objects are made.
        kind: The Postgres type of that.
        written: Writes it as JSON, where the type in the graph does not say how.
    """

    key: str
    kind: str = ""
    written: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """How the database writes such an object, or a list of them.

    Attributes:
        rows: What stands after `from`, with the name `{alias}`, with `{0}`, `{1}` … for what it `needs`, and `{now}`.
        needs: Attributes of the row that says it. There is no object where the first is NULL.
        parts: What such an object has, by the names of the attributes in Python.
        many: Whether it is a list, in the order of its rows.
    """

    rows: str
    needs: tuple[str, ...]
    parts: Mapping[str, Part]
    many: bool = False


def stored(how: Stored) -> dict[str, Any]:
    """Return the metadata of a field whose objects are written so."""
    return {STORED: how}


def text_part(key: str) -> Part:
    """Show a text, or a member of an enum."""
    return Part(key, "text")


def number_part(key: str) -> Part:
    """Show a finite number."""
    return Part(key, "float8")


def instant_part(key: str) -> Part:
    """Show a time that is stored as ISO 8601 writes it."""
    return Part(key, "timestamptz")


def truth_part(key: str) -> Part:
    """Show whether something is so."""
    return Part(key, "bool")


def length_part(key: str) -> Part:
    """Show a length of time that is stored in seconds, if they are whole ones."""
    return Part(key, "numeric", _whole_seconds)


def money_part(key: str) -> Part:
    """Show an exact number that is stored as text."""
    return Part(key, "numeric")


def key_part(key: str) -> Part:
    """Point at a row of another table."""
    return Part(key, "uuid")


def object_part(key: str) -> Part:
    """Hold an object, or a list of them, whose field says how it is written."""
    return Part(key, "jsonb")


def object_of(attribute: str, parts: Mapping[str, Part]) -> Stored:
    """Write the object that an attribute holds as JSON; NULL where it holds none."""
    return Stored(jsonb_rows("jsonb_to_record({0})", _columns(parts)), (attribute,), parts)


def objects_of(attribute: str, parts: Mapping[str, Part]) -> Stored:
    """Write the list of objects that an attribute holds as JSON; an empty one where it holds none."""
    rows = jsonb_rows("jsonb_to_recordset(coalesce({0}, '[]'))", _columns(parts))
    return Stored(rows, (attribute,), parts, many=True)


def actor_in(attribute: str) -> Stored:
    """Write the `Actor` that an attribute tells of; NULL where it tells of none."""
    parts = {"kind": Part("told", written=actor_kind), "name": Part("told", written=actor_name)}
    return Stored("(select {0} as told) as {alias}", (attribute,), parts)


def _columns(parts: Mapping[str, Part]) -> Mapping[str, str]:
    return {each.key: each.kind for each in parts.values()}


def _whole_seconds(sql: str) -> str:
    whole = f"trunc({sql})::int8"
    return f"case when {sql} <> trunc({sql}) then {json_text.NOT_PASSED} else {json_text.duration(whole)} end"
