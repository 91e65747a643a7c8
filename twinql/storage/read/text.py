"""A statement while it is written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twinql.storage.read.conditions import Condition
from twinql.storage.read.entity import Table

_PARAMETER = re.compile(r"\$(\d+)")


@dataclass(slots=True)
class Text:
    """Gathers the parameters of a statement, and names its rows.

    Attributes:
        values: The parameters, from `$1` on.
        now: The present of the operation; None where it does not matter.
        rows: How many names of rows it has given.
    """

    values: list[Any] = field(default_factory=list)
    now: datetime | None = None
    rows: int = 0

    def begin_with(self, other: "Text") -> None:
        """Go on from another statement, while nothing stands in this one."""
        assert not self.values
        self.values.extend(other.values)
        self.rows = other.rows

    def parameter(self, value: object) -> str:
        """Add a parameter, and return what stands for it."""
        self.values.append(value)
        return f"${len(self.values)}"

    def where(self, conditions: Sequence[Condition]) -> str:
        """Write conditions that all hold."""
        pieces = [each.text.format(*(self.parameter(value) for value in each.values)) for each in conditions]
        return " and ".join(pieces) or "true"

    def source(self, table: Table) -> str:
        """Write where rows come from, with the parameters of that."""
        if not table.values:
            return table.source
        given = [self.parameter(value) for value in table.values]
        return _PARAMETER.sub(lambda found: given[int(found[1]) - 1], table.source)

    def alias(self) -> str:
        """Return a name for rows that nothing else in the statement has."""
        self.rows += 1
        return f"n{self.rows}"
