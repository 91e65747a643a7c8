"""What a file calls the channel of a row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SeriesName:
    """The words of a file that tell one series from another; empty where it has none.

    Attributes:
        channel_id: The channel's id, as an export writes it.
        site: The site's name.
        meter: The meter's serial number.
        machine: The machine's name.
        channel: The channel's key.
        quantity: What it measures.
        unit: The unit of the values.
        kind: How the values are to be read.
        column: The column in which the values stand.
    """

    channel_id: str = ""
    site: str = ""
    meter: str = ""
    machine: str = ""
    channel: str = ""
    quantity: str = ""
    unit: str = ""
    kind: str = ""
    column: str = ""

    @property
    def reference(self) -> str:
        """How a person recognises it: the thing and what it measures."""
        named = (self.meter or self.machine or self.site, self.channel or self.column)
        return " ".join(filter(None, named)) or self.channel_id


class SeriesIndex:
    """Numbers the series of a file in the order in which they appear."""

    def __init__(self) -> None:
        self._places: dict[SeriesName, int] = {}

    @property
    def names(self) -> tuple[SeriesName, ...]:
        """The series so far, by their numbers."""
        return tuple(self._places)

    def number(self, columns: Sequence[Sequence[str]], roles: Sequence[str], rest: dict[str, str]) -> NDArray[np.int32]:
        """Return the number of each row's series.

        Args:
            columns: The columns that hold names, each with n cells.
            roles: What each of these columns is, by the attributes of `SeriesName`.
            rest: The attributes that hold for all rows.
        """
        if not columns:
            return np.array([self._place(SeriesName(**rest))], dtype=np.int32)
        if len(columns) == 1:  # a tuple for every row takes four times as long
            places = {cell: self._named((cell,), roles, rest) for cell in dict.fromkeys(columns[0])}
            return np.array([places[cell] for cell in columns[0]], dtype=np.int32)
        keys = list(zip(*columns, strict=True))
        numbers = {key: self._named(key, roles, rest) for key in dict.fromkeys(keys)}
        return np.array([numbers[key] for key in keys], dtype=np.int32)

    def _named(self, cells: Sequence[str], roles: Sequence[str], rest: dict[str, str]) -> int:
        return self._place(SeriesName(**rest, **dict(zip(roles, map(str.strip, cells), strict=True))))

    def _place(self, name: SeriesName) -> int:
        return self._places.setdefault(name, len(self._places))
