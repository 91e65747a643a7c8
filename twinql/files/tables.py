"""A file as columns of text, whatever its format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from twinql.domain.readings import RejectionCode
from twinql.files.series import SeriesName

CHUNK_ROWS = 50_000
"""How many rows are held as text at a time."""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row, or one cell of a wide row, that cannot be taken.

    Attributes:
        line: Where it stands in the file, from 1.
        reference: The channel as the file names it.
        time: The time as the file writes it.
        value: The value as the file writes it.
        code: Why, for programs.
        message: Why, for people, and what to do.
        name: The words of the file that tell its series, where the row could be divided.
    """

    line: int
    reference: str
    time: str
    value: str
    code: RejectionCode
    message: str
    name: SeriesName = SeriesName()  # noqa: RUF009 - it never changes


@dataclass(frozen=True, slots=True)
class Table:
    """A stretch of rows, column by column.

    Attributes:
        lines: The line of each row in the file, from 1.
        columns: The cells, as many columns as the header has, each as long as `lines`; an empty cell is "".
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]


@dataclass(slots=True)
class Source:
    """An open file.

    Attributes:
        header: The names of its columns.
        tables: Its rows, to be read once.
        notes: What was assumed about the format, in sentences.
        separator: What stands between two cells.
        rejected: Rows that could not be divided into columns; grows while `tables` is read.
    """

    header: tuple[str, ...]
    tables: Iterator[Table]
    notes: list[str] = field(default_factory=list)
    separator: str = ","
    rejected: list[RejectedRow] = field(default_factory=list)


def numbered(names: Sequence[str], width: int) -> tuple[str, ...]:
    """Name the columns that have no name by their place, from 1."""
    return tuple(
        (names[place].strip() if place < len(names) else "") or f"column {place + 1}" for place in range(width)
    )
