"""SQL that writes objects which a column holds as JSON."""

from collections.abc import Mapping

from twinql.storage.read import json_text


def part_of(key: str) -> str:
    """Return what an object has under a key, in SQL."""
    return f'part."{key}"'


def stored_object(stored: str, text: str, kinds: Mapping[str, str]) -> str:
    """Write one object; NULL where there is none.

    Args:
        stored: What holds it.
        text: Its JSON, over the parts of it.
        kinds: The Postgres types of these parts, by their keys.
    """
    found = f"(select {text} from jsonb_to_record({stored}) as part ({_columns(kinds)}))"
    return f"case when {stored} is not null then {found} end"


def stored_objects(stored: str, text: str, kinds: Mapping[str, str]) -> str:
    """Write a list of objects in its order; an empty one where there is none."""
    rows = f"jsonb_to_recordset(coalesce({stored}, '[]')) as part ({_columns(kinds)})"
    return f"(select {json_text.listed(text)} from {rows})"


def _columns(kinds: Mapping[str, str]) -> str:
    return ", ".join(f'"{key}" {kind}' for key, kind in kinds.items())
