"""Rows that all have the same fields, kept as columns: thousands of them come and go without an object for each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, overload

Row = TypeVar("Row")
Value = TypeVar("Value")
Done = TypeVar("Done")


class Columns(Sequence[Row], Generic[Row]):
    """A sequence of rows, each of which is made when it is looked at.

    Attributes:
        columns: The values of each field, by its name; all columns have the same length, and there is at least one.
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], make: Callable[..., Row]) -> None:
        """Keep columns; a row is what `make` returns for the values of its fields, by their names."""
        self.columns = columns
        self._make = make

    def __len__(self) -> int:
        """Count the rows."""
        return len(next(iter(self.columns.values())))

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        """Make a row, or take some of them."""
        if isinstance(place, slice):
            return Columns({name: column[place] for name, column in self.columns.items()}, self._make)
        return self._make(**{name: column[place] for name, column in self.columns.items()})

    def __iter__(self) -> Iterator[Row]:
        """Make one row after another."""
        for values in zip(*self.columns.values(), strict=True):
            yield self._make(**dict(zip(self.columns, values, strict=True)))


def column(rows: Sequence[Any], name: str) -> Sequence[Any]:
    """Return the values of one field of all rows, whether they are kept as columns or each by itself."""
    kept = rows.columns.get(name) if isinstance(rows, Columns) else None
    return [getattr(row, name) for row in rows] if kept is None else kept


def each_once(values: Sequence[Value], work: Callable[[Value], Done]) -> list[Done]:
    """Work on values of which mostly all are the same one, on each of them once."""
    if values and values.count(values[0]) == len(values):
        return [work(values[0])] * len(values)
    done = {value: work(value) for value in set(values)}
    return [done[value] for value in values]
