"""Rows of which something is written, wherever they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schema.declared import Column, Embedded, Identity, declarations
from schema.passed import NotPassedError
from schema.stored_parts import Part


@dataclass(frozen=True, slots=True)
class Place:
    """A row of which something is written.

    Attributes:
        cls: The type that declares its columns.
        alias: Its name in SQL.
        columns: The SQL of the columns that are needed of it, by their names; gathered on the way.
        prefix: What stands before the names of the attributes of an embedded type.
        parts: What the row has, where it is made of what another row says.
    """

    cls: type
    alias: str
    columns: dict[str, str] = field(default_factory=dict)
    prefix: str = ""
    parts: Mapping[str, Part] | None = None

    def declared(self, attribute: str) -> Column | Identity | Embedded | None:
        """Return how an attribute is declared; None where it is none of the row's."""
        if self.parts is None:
            return declarations(self.cls).get(attribute)
        return Column(None, written=self.parts[attribute].written) if attribute in self.parts else None

    def column(self, attribute: str) -> str:
        """Return a column in SQL, which is needed then.

        Raises:
            NotPassedError: There is none.
        """
        declared = self.declared(attribute)
        if not isinstance(declared, Column):
            raise NotPassedError
        if self.parts is not None:
            return f'{self.alias}."{self.parts[attribute].key}"'
        self.columns[self.prefix + attribute] = declared.expression or attribute
        return f"{self.alias}.{self.prefix}{attribute}"
