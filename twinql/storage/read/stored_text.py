"""SQL that makes rows of the objects which a column holds as JSON, and writes what it holds as a text of its own."""

from collections.abc import Mapping

from twinql.storage.read import json_text

_KEY = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def jsonb_rows(function: str, columns: Mapping[str, str]) -> str:
    """Write the rows that a function makes of JSON, with a hole for their name.

    Args:
        function: Calls it, such as `jsonb_to_record({0})`.
        columns: The Postgres types of the wanted parts, by their keys.
    """
    named = ", ".join(f'"{key}" {kind}' for key, kind in columns.items())
    return f"{function} as {{alias}} ({named})"


def of_one(value: str, text: str, rows: str) -> str:
    """Write the JSON of the one row that is made of a value; NULL where that is NULL."""
    return f"case when {value} is not null then (select {text} from {rows}) end"


def of_all(text: str, rows: str) -> str:
    """Write the list of the JSON of all rows, in their order."""
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
