"""Reads Excel workbooks (.xlsx)."""

import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from twinql.errors import InvalidInputError
from twinql.files.tables import CHUNK_ROWS, Source, Table, numbered
from twinql.files.times import is_time

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# What zipfile and openpyxl raise over a workbook that is cut off or damaged.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ParseError, ValueError, OSError)

Row = tuple[object, ...]


def open_excel(path: Path, *, sheet: str | None = None, header: bool | None = None) -> Source:
    """Open a workbook at one of its sheets.

    Args:
        path: The file.
        sheet: The sheet's name; None takes the first one.
        header: Whether the first row names the columns; None finds out.

    Raises:
        InvalidInputError: It cannot be opened, has no such sheet, or the sheet is empty.
    """
    workbook = _load(path)
    name = sheet or workbook.sheetnames[0]
    if name not in workbook.sheetnames:
        names = ", ".join(workbook.sheetnames)
        raise InvalidInputError(f"{path.name} has no sheet {name!r}; it has {names}.", path=("sheet",))
    rows = _rows(path, workbook, name)
    first = next(rows, None)
    if first is None:
        raise InvalidInputError(f"The sheet {name!r} of {path.name} is empty: there is nothing to import.")
    cells = [_text(cell) for cell in first[1]]
    while cells and not cells[-1]:
        cells.pop()
    has_header = not any(map(is_time, cells)) if header is None else header
    notes = [f"The sheet {name!r} was read."] if len(workbook.sheetnames) > 1 else []
    if not has_header:
        rows = itertools.chain([first], rows)
        notes.append("The sheet has no header: columns are called `column 1` and so on.")
    names_of_columns = numbered(cells if has_header else (), len(cells))
    return Source(names_of_columns, _tables(rows, len(cells)), notes)


def _load(path: Path) -> "Workbook":
    from openpyxl import load_workbook  # noqa: PLC0415 - it takes a fifth of a second, and most files are no workbooks
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    if not path.stat().st_size:
        raise InvalidInputError(f"{path.name} is empty: there is nothing to import.")
    try:
        with warnings.catch_warnings(action="ignore"):
            return load_workbook(path, read_only=True, data_only=True)
    except (*_DAMAGED, InvalidFileException) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> InvalidInputError:
    return InvalidInputError(
        f"{path.name} is no whole Excel workbook: it may be cut off; fetch it again, or save it anew as .xlsx."
    )


def _rows(path: Path, workbook: "Workbook", sheet: str) -> Iterator[tuple[int, Row]]:
    """Yield the rows that hold anything, with their numbers."""
    try:
        with warnings.catch_warnings(action="ignore"):
            for line, row in enumerate(workbook[sheet].iter_rows(values_only=True), start=1):
                if any(cell is not None for cell in row):
                    yield line, row
    except _DAMAGED as error:
        raise _damaged(path) from error
    finally:
        workbook.close()


def _tables(rows: Iterable[tuple[int, Row]], width: int) -> Iterator[Table]:
    remaining = iter(rows)
    while chunk := list(itertools.islice(remaining, CHUNK_ROWS)):
        lines = [line for line, _ in chunk]
        texts = [[_text(row[place]) if place < len(row) else "" for place in range(width)] for _, row in chunk]
        yield Table(lines, tuple(zip(*texts, strict=True)))


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a meter number that Excel keeps as 10006414.0
    return str(cell)
