"""Writes what was refused into a file that can be mended and imported again."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from twinql.errors import InvalidInputError
from twinql.files.assumptions import is_vague
from twinql.files.importing import ConflictingRow
from twinql.files.layout import unit_in
from twinql.files.tables import RejectedRow

REJECTED = ("line", "code", "reason", "site", "meter", "machine", "channel", "time", "value", "unit", "channel_id")
CONFLICTS = ("line", "channel", "time", "value", "kept")


def write_rejected(path: Path, rows: Sequence[RejectedRow]) -> Path:
    """Write refused rows with line numbers and reasons; beside the file, or here where that folder is read-only.

    Returns:
        Where they were written.
    """
    return _write(path, REJECTED, map(_rejected_cells, rows))


def _rejected_cells(row: RejectedRow) -> Sequence[object]:
    name = row.name
    unit = unit_in(name.column)
    channel = name.channel or ("" if is_vague(name.column) else name.column)
    cells = (name.site, name.meter, name.machine, channel, row.time, row.value)
    units = name.unit or ("" if unit is None else unit.symbol)
    return (row.line, row.code.value, row.message, *cells, units, name.channel_id)


def write_conflicts(path: Path, rows: Sequence[ConflictingRow]) -> Path:
    """Write the rows that contradict what is kept, with both values.

    Returns:
        Where they were written.
    """
    cells = ((row.line, row.reference, row.time, repr(row.value), repr(row.kept)) for row in rows)
    return _write(path, CONFLICTS, cells)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    refusal: OSError | None = None
    for place in (path, Path(path.name)):
        if place is path and _is_read_only(path.parent):
            continue
        try:
            with place.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(header)
                writer.writerows(rows)
        except OSError as error:
            refusal = error
        else:
            return place
    reason = refusal.strerror if refusal else "read-only"
    raise InvalidInputError(f"{path.name} cannot be written ({reason}): name another place with --rejected.")


def _is_read_only(folder: Path) -> bool:
    """Say whether nobody may write into a folder; root, whom no mode holds back, shall not either."""
    return folder.exists() and not folder.stat().st_mode & 0o222
