"""SQL that writes objects which a column holds as JSON, or as a text of their own."""

from collections.abc import Mapping

from twinql.storage.read import json_text

_KEY = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


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


def actor_kind(sql: str) -> str:
    """Write what kind of actor a text such as `user:somebody` tells of."""
    return json_text.enum(f"split_part({sql}, ':', 1)", {"user": "USER", "worker": "WORKER", "device": "DEVICE"})


def actor_name(sql: str) -> str:
    """Write the name of the actor that such a text tells of; of a device's key, its id."""
    kind = f"split_part({sql}, ':', 1)"
    name = f"substr({sql}, length({kind}) + 2)"
    return (
        f"case when {kind} <> 'device' then {json_text.string(name)} "
        f"when {name} ~ '{_KEY}' then {json_text.global_id('ApiKey', name)} "
        f"when length(regexp_replace({name}, '[^0-9a-fA-F]', '', 'g')) < 32 then {json_text.string(name)} "
        f"else {json_text.NOT_PASSED} end"
    )


def _columns(kinds: Mapping[str, str]) -> str:
    return ", ".join(f'"{key}" {kind}' for key, kind in kinds.items())
