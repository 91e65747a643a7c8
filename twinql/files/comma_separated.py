"""Reads CSV and its cousins: semicolons, tabs, marks at the start, missing headers."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from twinql.domain.readings import RejectionCode
from twinql.errors import InvalidInputError
from twinql.files.tables import CHUNK_ROWS, RejectedRow, Source, Table, numbered
from twinql.files.text import encoding_of
from twinql.files.times import is_time

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ",": "commas"}
_SAMPLE_LINES = 50
_SAMPLE_CHARACTERS = 65_536


def open_csv(path: Path, *, header: bool | None = None) -> Source:
    """Open a CSV file: its encoding, its separator and whether it has a header are found out.

    Args:
        path: The file.
        header: Whether the first row names the columns; None finds out.

    Raises:
        InvalidInputError: It is empty or no text.
    """
    encoding = encoding_of(path)
    with path.open(encoding=encoding.name, newline="") as file:
        sample = _sample(file)
    separator = _separator(sample)
    first = next((row for row in csv.reader(sample, delimiter=separator) if row), [])
    has_header = not any(map(is_time, first)) if header is None else header
    notes = [] if encoding.note is None else [encoding.note]
    if separator != ",":
        notes.append(f"Columns are separated by {_SEPARATORS[separator]}.")
    if not has_header:
        notes.append("The file has no header: columns are called `column 1` and so on.")
    source = Source(numbered(first if has_header else (), len(first)), iter(()), notes, separator)
    source.tables = _tables(path, encoding.name, source, has_header=has_header)
    return source


def _sample(file: TextIO) -> list[str]:
    text = file.read(_SAMPLE_CHARACTERS)
    lines = text.splitlines(keepends=True)
    if len(text) == _SAMPLE_CHARACTERS:
        lines.pop()  # it may be cut off
    return [line for line in lines if line.strip()][:_SAMPLE_LINES]


def _separator(sample: Sequence[str]) -> str:
    """Choose what divides most lines into the same number of columns as the first."""

    def score(separator: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample, delimiter=separator) if row]
        width, alike = Counter(widths).most_common(1)[0] if widths else (1, 0)
        return (alike if width > 1 and widths[0] == width else 0, width)

    best = max(_SEPARATORS, key=score)
    return best if score(best)[0] else ","


def _tables(path: Path, encoding: str, source: Source, *, has_header: bool) -> Iterator[Table]:
    width = len(source.header)
    rows: list[list[str]] = []
    lines: list[int] = []
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=source.separator, strict=True)
        skip = has_header
        try:
            for row in reader:
                if len(row) == width and not skip:
                    rows.append(row)
                    lines.append(reader.line_num)
                    if len(rows) == CHUNK_ROWS:
                        yield Table(lines, tuple(zip(*rows, strict=True)))
                        rows, lines = [], []
                elif row and skip:
                    skip = False
                elif any(cell.strip() for cell in row):
                    source.rejected.append(_misshapen(row, reader.line_num, width, source.separator))
        except csv.Error as error:
            message = (
                f"{path.name} cannot be read at line {reader.line_num}: {error}; look for a quote that is not closed."
            )
            raise InvalidInputError(message) from error
    if rows:
        yield Table(lines, tuple(zip(*rows, strict=True)))


def _misshapen(row: Sequence[str], line: int, width: int, separator: str) -> RejectedRow:
    if len(row) < width:
        why = "is the file cut off?"
    elif separator == ",":
        why = "put values with decimal commas in quotes, or separate columns by semicolons."
    else:
        why = "put cells that hold the separator in quotes."
    message = f"The row has {len(row)} columns where the file has {width}: {why}"
    return RejectedRow(line, "", separator.join(row), "", RejectionCode.INVALID_VALUE, message)
