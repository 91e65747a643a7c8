"""SQL that writes values of columns as JSON, exactly as the graph's scalars write them in Python.

Each function takes an SQL expression and returns one of type text: NULL where the value is NULL. What cannot be written
exactly ends the statement by `twinql.not_passed()`, and Python answers. Transactions have the time zone UTC and write
dates as ISO 8601 does: `twinql.storage.acting` sees to both.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

NOT_PASSED = "twinql.not_passed()"
NOT_PASSED_STATE = "TW001"
"""The SQLSTATE with which it ends a statement."""
_FIRST, _LAST = "'0001-01-01T00:00:00Z'", "'9999-12-31T23:59:59.999999Z'"
_MOST_INT = 2**31 - 1
_CONSTANT = re.compile("'((?:[^']|'')*)'")
_BEGIN = re.compile(_CONSTANT.pattern + r" \|\| ")
_END = re.compile(r" \|\| " + _CONSTANT.pattern + r"\Z")
_ISO = "replace({}, ' ', 'T')"
"""Quicker than `to_json`, which looks a time up in its zone and writes the offset that must go."""


def string(sql: str) -> str:
    """Write a text, or what GraphQL shows as one."""
    return f"to_json({sql}::text)::text"


def boolean(sql: str) -> str:
    """Write a truth value."""
    return f"{sql}::text"


def integer(sql: str) -> str:
    """Write a whole number of at most 32 bits, which is what GraphQL's `Int` holds."""
    return _where(f"{sql} between {-_MOST_INT - 1} and {_MOST_INT}", sql, f"{sql}::text")


def floating(sql: str) -> str:
    """Write a finite number."""
    # Infinity less infinity is not a number, and equals no zero.
    return _where(f"{sql}::float8 - {sql}::float8 = 0", sql, f"{sql}::float8::text")


def decimal(sql: str) -> str:
    """Write an exact number as a string, with the digits that the column has."""
    return f"'\"' || {sql}::numeric::text || '\"'"


def plain_decimal(sql: str) -> str:
    """Write an exact number as a string, without zeros at its end."""
    return f"'\"' || trim_scale({sql}::numeric)::text || '\"'"


def enum(sql: str, names: Mapping[str, str]) -> str:
    """Write a member of an enum.

    Args:
        sql: What is stored.
        names: The name that GraphQL shows, by what is stored.
    """
    if all(stored == name for stored, name in names.items()):
        return f"'\"' || {sql}::text || '\"'"
    cases = " ".join(f"when {literal(stored)} then '\"{name}\"'" for stored, name in names.items())
    return f"case when {sql} is not null then case {sql}::text {cases} else {NOT_PASSED} end end"


def instant(sql: str) -> str:
    """Write a time in UTC, with a Z and no more digits than it has."""
    return _where(f"{sql} between {_FIRST} and {_LAST}", sql, f"'\"' || {_ISO.format(f'{in_utc(sql)}::text')} || 'Z\"'")


def instants(sql: str) -> str:
    """Write the list of all times of a query, given without a time zone as `in_utc` writes them; NULL of no row."""
    listed = f"array_to_string(array_agg({sql}), 'Z\",\"')"
    return f"'[\"' || {_ISO.format(listed)} || 'Z\"]'"


def in_utc(sql: str, ahead: str = "interval '0'") -> str:
    """Write the clock of UTC at a time, or of what is so much ahead of it, of whole seconds.

    Postgres writes it without looking up a time zone for each row.
    """
    return f"timezone({ahead}, {sql})"


def date(sql: str) -> str:
    """Write a day."""
    return _where(f"{sql} between '0001-01-01' and '9999-12-31'", sql, f"to_json({sql})::text")


def duration(sql: str) -> str:
    """Write a length of time, of whole seconds that are not negative, as ISO 8601 does: P1DT2H, PT15M, PT0S.

    Args:
        sql: An integer. [s]
    """
    days = f"case when {sql} >= 86400 then {sql} / 86400 || 'D' else '' end"
    hours = f"case when {sql} % 86400 >= 3600 then {sql} % 86400 / 3600 || 'H' else '' end"
    minutes = f"case when {sql} % 3600 >= 60 then {sql} % 3600 / 60 || 'M' else '' end"
    seconds = f"case when {sql} % 60 > 0 then {sql} % 60 || 'S' else '' end"
    time = f"case when {sql} % 86400 > 0 then 'T' || {hours} || {minutes} || {seconds} else '' end"
    return _where(f"{sql} >= 0", sql, f"case when {sql} = 0 then '\"PT0S\"' else '\"P' || {days} || {time} || '\"' end")


def clock_time(sql: str) -> str:
    """Write a minute of the day as HH:MM; the end of the day is 24:00."""
    return f"'\"' || to_char({sql} / 60, 'FM00') || ':' || to_char({sql} % 60, 'FM00') || '\"'"


def json(sql: str) -> str:
    """Write what is JSON already."""
    return f"{sql}::text"


def strings(sql: str) -> str:
    """Write a list of texts, or of members of an enum that are stored by their names; none of them is NULL."""
    return _where(f"array_position({sql}, null) is null", sql, f"to_json({sql}::text[])::text")


def global_id(type_name: str, key: str, instant_at: str | None = None) -> str:
    """Write a global id.

    Args:
        type_name: The GraphQL type.
        key: The key of the row.
        instant_at: For a reading: its time.
    """
    parts = f"'{type_name}:' || {key}::text"
    if instant_at is not None:
        parts += f" || ':' || (extract(epoch from {instant_at}) * 1000000)::int8::text"
    return f"'\"' || {_opaque(parts)} || '\"'"


def cursor(place: str) -> str:
    """Write a place in an order.

    Args:
        place: An array of texts: the columns of the order.
    """
    return f"'\"' || {_opaque(f'to_json({place})::text')} || '\"'"


def nullable(text: str) -> str:
    """Write `null` where there is no value."""
    return f"coalesce({text}, 'null')"


def needed(text: str) -> str:
    """End the statement where there is no value, which must not be."""
    return f"coalesce({text}, {NOT_PASSED})"


def fields(written: Iterable[tuple[str, str]]) -> str:
    """Write an object of keys and of values that are JSON already; NULL where one of them is NULL."""
    sql = "'{"
    for place, (key, text) in enumerate(written):
        sql += f',"{key}":' if place else f'"{key}":'
        # Constants beside each other become one: each `||` is worked out for every row.
        if (constant := _CONSTANT.fullmatch(text)) is not None:
            sql += constant[1]
            continue
        if (begin := _BEGIN.match(text)) is not None:
            sql, text = sql + begin[1], text[begin.end() :]  # noqa: PLW2901 - what is left of it
        end = _END.search(text)
        sql += f"' || {text[: end.start()]} || '{end[1]}" if end else f"' || {text} || '"
    return sql + "}'"


def listed(text: str, order: str = "", among: str = "") -> str:
    """Write the list of all rows of a query.

    Args:
        text: The JSON of one row.
        order: Another order than that of the query, such as ` order by …`.
        among: A condition on the rows that are listed, such as ` filter (where …)`.
    """
    return f"'[' || coalesce(string_agg({text}, ','{order}){among}, '') || ']'"


def literal(text: str) -> str:
    """Write a text as a constant of SQL."""
    return "'" + text.replace("'", "''") + "'"


def constant(text: str) -> str:
    """Write a name, such as that of a type, as a string of JSON."""
    return literal(f'"{text}"')


def items(texts: Sequence[str]) -> str:
    """Write a list of values that are JSON already."""
    return "'[' || " + " || ',' || ".join(texts) + " || ']'" if texts else "'[]'"


def _where(holds: str, sql: str, text: str) -> str:
    # Asked first is what holds of nearly every row.
    return f"case when {holds} then {text} when {sql} is not null then {NOT_PASSED} end"


def _opaque(text: str) -> str:
    """Write base64 as it stands in addresses, without padding and without breaks."""
    return f"translate(encode(convert_to({text}, 'UTF8'), 'base64'), E'+/=\\n', '-_')"
