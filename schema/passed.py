"""Fields that Python resolves and the database can write too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twinql.storage.read import Text

PASSED = "twinql.passed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field of a selection.

    Attributes:
        key: Its name in the answer.
        name: Its name in the graph, such as `observedAt`; `__typename` is one.
        sub: What is wanted of its value, each key once; empty of a leaf.
    """

    key: str
    name: str
    sub: tuple["Wanted", ...] = ()


class NotPassedError(Exception):
    """Something that the database does not write: Python answers."""


Write = Callable[[Text, Wanted, Mapping[str, Any], str], str]
"""Writes the JSON of a field in SQL.

It is given the statement, which gathers parameters; the field as it is wanted; its arguments as its resolver would get
them, those left out missing; and the alias of the parent's row, which has the columns that are needed under the names
of their attributes. It returns SQL of type text, NULL where the field is null. What only the database can tell to be
beyond it, SQL ends by `twinql.not_passed()`.

Raises:
    NotPassedError: This is not written.
    TwinError: The arguments are wrong; the resolver tells it.
"""


@dataclass(frozen=True, slots=True)
class Passed:
    """How the database writes a field.

    Attributes:
        write: Writes it.
        needs: Attributes of the parent that are columns, hidden ones too.
    """

    write: Write
    needs: tuple[str, ...] = ()


def passed(write: Write, *needs: str) -> dict[str, Any]:
    """Return the metadata of a field that is written by the database too."""
    return {PASSED: Passed(write, needs)}
