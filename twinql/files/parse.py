"""Reads a whole file of readings into columns, every row accounted for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinql.domain.local_time import offset_text, resolve, wall_text
from twinql.domain.readings import Codes, Floats, Instants, RejectionCode
from twinql.errors import InvalidInputError
from twinql.files.cells import Cells, Columns
from twinql.files.comma_separated import open_csv
from twinql.files.excel import open_excel
from twinql.files.json_lines import open_json_lines
from twinql.files.layout import Stamp, Told, find_layout
from twinql.files.series import SeriesName
from twinql.files.tables import RejectedRow, Source

_EXCEL = {".xlsx", ".xlsm"}
_JSON = {".jsonl", ".ndjson", ".json"}


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file's readings in columns of shape (n,), in the order of the file.

    Attributes:
        series: What the file calls its series.
        line: The line of each reading, from 1.
        series_of: Place of its series in `series`.
        time_us: The instant that its time names, before any shift from the start of an interval to its end. [µs]
        value: In the unit of the file; NaN where a BAD reading has none.
        quality: Index into `QUALITIES`.
        rejected: Rows and cells that cannot be taken, in the order of the file.
        empty_cells: Cells without a value in a file with several columns of values.
        repeated: How many times lie in an hour that happened twice.
        second: How many of these were taken as its second pass.
        stamp: Which end of an interval the times name, as told or as the column's name says; None where neither does.
        notes: What was assumed, in sentences.
    """

    series: tuple[SeriesName, ...]
    line: NDArray[np.int64]
    series_of: NDArray[np.int32]
    time_us: Instants
    value: Floats
    quality: Codes
    rejected: tuple[RejectedRow, ...]
    empty_cells: int
    repeated: int
    second: int
    stamp: Stamp | None
    notes: tuple[str, ...]


def open_source(path: Path, told: Told) -> Source:
    """Open a file by its ending; whatever has another ending is read as CSV.

    Raises:
        InvalidInputError: It cannot be read as what it says it is.
    """
    ending = path.suffix.casefold()
    if ending in _EXCEL:
        return open_excel(path, sheet=told.sheet, header=told.header)
    if ending in _JSON:
        return open_json_lines(path)
    return open_csv(path, header=told.header)


def parse_file(path: Path, told: Told, *, progress: Callable[[int], None] | None = None) -> ParsedFile:
    """Read a file of readings.

    Args:
        path: The file.
        told: What the person says about it; the rest is found out and noted.
        progress: Called with the number of rows read so far.

    Raises:
        InvalidInputError: Nothing in it can be read as it is; the message says what to do.
    """
    source = open_source(path, told)
    layout = find_layout(source.header, told, name=path.name)
    cells = Cells(path.name, source, layout, told)
    rows = 0
    for table in source.tables:
        cells.read(table)
        rows += len(table.lines)
        if progress is not None:
            progress(rows)
    if not rows and not source.rejected:
        raise InvalidInputError(f"{path.name} has a header and no rows: there is nothing to import.")
    return finish(cells)


def finish(cells: Cells) -> ParsedFile:
    """Put together what was read, with instants in the place of wall times."""
    read, told = cells.gathered(), cells.told
    instant_us = read.shown_us - read.offset_s * 1_000_000
    kept = np.ones(len(instant_us), dtype=bool)
    rejected = list(cells.rejected)
    repeated = second = 0
    walls = np.flatnonzero(~read.has_offset)
    if len(walls) and told.time_zone is not None:
        resolved = resolve(read.shown_us[walls], zone=told.time_zone, series=read.series_of[walls])
        instant_us[walls] = resolved.instant_us
        skipped = walls[resolved.nonexistent]
        kept[skipped] = False
        repeated, second = int(resolved.repeated.sum()), int(resolved.second.sum())
        before = resolved.offset_s[resolved.nonexistent].tolist()
        for row, offset_s in zip(skipped.tolist(), before, strict=True):
            rejected.append(_never_happened(read, row, offset_s, cells.names[read.series_of[row]], told))
    rejected.sort(key=lambda each: each.line)
    return ParsedFile(
        series=cells.names,
        line=read.line[kept],
        series_of=read.series_of[kept],
        time_us=instant_us[kept],
        value=read.value[kept],
        quality=read.quality[kept],
        rejected=tuple(rejected),
        empty_cells=cells.empty,
        repeated=repeated,
        second=second,
        stamp=told.stamp or cells.layout.stamp,
        notes=tuple(cells.notes),
    )


def _never_happened(read: Columns, row: int, offset_s: int, series: SeriesName, told: Told) -> RejectedRow:
    time = wall_text(int(read.shown_us[row]))
    message = (
        f"{time} never happened in {told.time_zone}: clocks skipped that hour. The file looks like standard time: "
        f"try --time-zone {offset_text(offset_s)}."
    )
    line, value = int(read.line[row]), repr(float(read.value[row]))
    return RejectedRow(line, series.reference, time, value, RejectionCode.NONEXISTENT_TIME, message, series)
