"""Conditions on declared columns. Values are always parameters, never part of the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of a where clause.

    Attributes:
        text: SQL with `{}` in the place of each parameter.
        values: The parameters.
    """

    text: str
    values: tuple[Any, ...] = ()


def equals(column: str, value: object, kind: str = "text") -> tuple[Condition, ...]:
    """Hold a column to one value of a Postgres type; nothing where the value is None."""
    if value is None:
        return ()
    return (Condition(f"{column} = {{}}{_cast(kind)}", (value,)),)


def one_of(column: str, values: Sequence[object] | None, kind: str = "text") -> tuple[Condition, ...]:
    """Hold a column to some values of a Postgres type; nothing where there are None."""
    if values is None:
        return ()
    return (Condition(f"{column} = any({{}}{_cast(kind, '[]')})", (tuple(values),)),)


def _cast(kind: str, suffix: str = "") -> str:
    """Say a parameter's type; an enum is sent as its name, so that the driver need not look the enum up."""
    return f"::{kind}{suffix}" if kind in {"uuid", "bool", "int4", "timestamptz"} else f"::text{suffix}::{kind}{suffix}"


def is_set(column: str, *, wanted: bool | None) -> tuple[Condition, ...]:
    """Ask that a column is filled, or empty; nothing where None is wanted."""
    if wanted is None:
        return ()
    return (Condition(f"{column} is {'not ' if wanted else ''}null"),)


def contains(columns: Sequence[str], text: str | None) -> tuple[Condition, ...]:
    """Ask that one of the columns contains a text, whatever the case of its letters; nothing where it is None."""
    if text is None or not text.strip():
        return ()
    pattern = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    either = " or ".join(f"{column} ilike {{}}::text" for column in columns)
    return (Condition(f"({either})", (f"%{pattern}%",) * len(columns)),)


def period(first: datetime, last: datetime, *, at: str, kind: str) -> tuple[Condition, ...]:
    """Ask that readings belong to a period: instants by `first ≤ t < last`, intervals by their end, `first < t ≤ last`.

    Args:
        first: Where the period begins.
        last: Where it ends.
        at: The column of the time.
        kind: The column of the reading kind.
    """
    # The closed range lets partitions and the index be chosen whatever the kind is.
    text = (
        f"{at} between {{}}::timestamptz and {{}}::timestamptz"
        f" and {at} <> case when {kind} = 'INTERVAL' then {{}}::timestamptz else {{}}::timestamptz end"
    )
    return (Condition(text, (first, last, first, last)),)
