"""Reads the cells of a file, table by table, into columns of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import QUALITY_CODE, Codes, Floats, Instants, RejectionCode, StoredQuality
from twinql.files.layout import IDENTITY, Layout, Told
from twinql.files.numbers import Mask, read_numbers
from twinql.files.qualities import UNKNOWN, read_qualities
from twinql.files.series import SeriesIndex, SeriesName
from twinql.files.style import Style, find_style, time_texts
from twinql.files.tables import RejectedRow, Source, Table
from twinql.files.times import Times, read_times

BAD = QUALITY_CODE[StoredQuality.BAD]
GOOD = QUALITY_CODE[StoredQuality.GOOD]
_NAMED = 8

_NO_TIME = "{text!r} is no time; write it like 2013-06-01 00:30:00 or 2013-06-01T00:30:00+10:00."
_NO_OFFSET = "The time has no offset, as others in this file have; add one, or say --time-zone."
_NO_QUALITY = (
    "{text!r} is no quality; use GOOD, UNCERTAIN or BAD, with ACTUAL, ESTIMATED, SUBSTITUTED or EDITED beside it."
)
_NO_NUMBER = "{text!r} is no number; correct it, or say --decimal if the decimals are written otherwise."
_NO_VALUE = "There is no value; give one, or the quality BAD where there was no measurement."
_INFINITE = "An infinite value cannot be kept; give the quality BAD where the sensor gave none."


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings as far as they were read, columns of shape (n,)."""

    line: NDArray[np.int64]
    series_of: NDArray[np.int32]
    shown_us: Instants
    offset_s: NDArray[np.int64]
    has_offset: Mask
    value: Floats
    quality: Codes


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One table, with what its rows have in common: `usable` ones have a time and a quality."""

    table: Table
    texts: Sequence[str]
    times: Times
    quality: Codes
    usable: Mask


@dataclass(slots=True)
class Cells:
    """The reader of one file: how it writes numbers and times is found out in its first table.

    Attributes:
        name: The file's name, for messages.
        source: Where rows come from.
        layout: Which column is what.
        told: What the person says.
        empty: Cells without a value in a file with several columns of values.
    """

    name: str
    source: Source
    layout: Layout
    told: Told
    empty: int = 0
    _style: Style | None = None
    _rejected: list[RejectedRow] = field(default_factory=list)
    _index: SeriesIndex = field(default_factory=SeriesIndex)
    _pieces: list[Columns] = field(default_factory=list)

    @property
    def names(self) -> tuple[SeriesName, ...]:
        """What the file calls its series, by their numbers."""
        return self._index.names

    @property
    def notes(self) -> list[str]:
        """What was assumed, in sentences."""
        notes = [*self.source.notes, *(self._style.notes if self._style else ())]
        if left_out := self.layout.left_out:
            some = ", ".join(left_out[:_NAMED]) + (f" and {len(left_out) - _NAMED} more" if left_out[_NAMED:] else "")
            notes.append(f"Left out, since nothing says that they hold readings: {some}; --value takes a column in.")
        return notes

    @property
    def rejected(self) -> list[RejectedRow]:
        """The rows and cells that cannot be taken."""
        return [*self.source.rejected, *self._rejected]

    def gathered(self) -> Columns:
        """Return everything that was read."""

        def column(name: str, kind: str) -> Any:
            return np.concatenate([np.zeros(0, dtype=kind), *(getattr(piece, name) for piece in self._pieces)])

        return Columns(
            line=column("line", "i8"),
            series_of=column("series_of", "i4"),
            shown_us=column("shown_us", "i8"),
            offset_s=column("offset_s", "i8"),
            has_offset=column("has_offset", "?"),
            value=column("value", "f8"),
            quality=column("quality", "i1"),
        )

    def read(self, table: Table) -> None:
        """Read one table.

        Raises:
            InvalidInputError: Its columns are not what they were taken for.
        """
        if self._style is None:
            self._style = find_style(self.name, self.source, self.layout, self.told, table)
        texts = time_texts(table, self.layout)
        times = read_times(texts, order=self._style.date_order)
        quality = self._qualities(table)
        placed = times.has_offset | (self.told.time_zone is not None)
        stretch = _Stretch(table, texts, times, quality, ~times.invalid & placed & (quality != UNKNOWN))
        self._reject_rows(stretch, self._style)
        for place, decimal_commas in self._style.decimal_commas.items():
            self._read_values(stretch, place, decimal_commas=decimal_commas)

    def _qualities(self, table: Table) -> Codes:
        columns = [self.layout.roles.get(role) for role in ("quality", "status")]
        if columns == [None, None]:
            return np.full(len(table.lines), GOOD, dtype=np.int8)
        nothing = [""] * len(table.lines)
        return read_qualities(*(nothing if place is None else table.columns[place] for place in columns))

    def _reject_rows(self, stretch: _Stretch, style: Style) -> None:
        """Reject what concerns a whole row, once, whatever number of values it has."""
        table, roles = stretch.table, self.layout.roles
        for row in np.flatnonzero(~stretch.usable).tolist():
            if stretch.times.invalid[row]:
                code, message = RejectionCode.INVALID_TIME, _NO_TIME.format(text=stretch.texts[row])
            elif stretch.quality[row] == UNKNOWN:
                said = " ".join(table.columns[roles[role]][row] for role in ("quality", "status") if role in roles)
                code, message = RejectionCode.INVALID_VALUE, _NO_QUALITY.format(text=said)
            else:
                code, message = RejectionCode.INVALID_TIME, _NO_OFFSET
            values = " ".join(table.columns[place][row] for place in style.decimal_commas)
            name = self._name(table, row)
            rejected = RejectedRow(table.lines[row], name.reference, stretch.texts[row], values, code, message, name)
            self._rejected.append(rejected)

    def _name(self, table: Table, row: int, column: str = "") -> SeriesName:
        words = {role: table.columns[place][row] for role, place in self.layout.roles.items() if role in IDENTITY}
        return SeriesName(**{**self.layout.constants, **words, "column": column})

    def _read_values(self, stretch: _Stretch, place: int, *, decimal_commas: bool) -> None:
        table, usable = stretch.table, stretch.usable
        numbers = read_numbers(table.columns[place], decimal_commas=decimal_commas)
        nothing = numbers.missing & (stretch.quality != BAD)
        infinite = np.isinf(numbers.value)
        if self._wide:
            self.empty += int((nothing & usable).sum())
        else:
            self._reject_cells(stretch, place, nothing, RejectionCode.MISSING_VALUE, _NO_VALUE)
        self._reject_cells(stretch, place, numbers.invalid, RejectionCode.INVALID_VALUE, _NO_NUMBER)
        self._reject_cells(stretch, place, infinite, RejectionCode.INFINITE_VALUE, _INFINITE)
        kept = usable & ~(nothing | infinite | numbers.invalid)
        times = stretch.times
        self._pieces.append(
            Columns(
                line=np.array(table.lines, dtype=np.int64)[kept],
                series_of=self._series(table, place)[kept],
                shown_us=times.shown_us[kept],
                offset_s=times.offset_s[kept],
                has_offset=times.has_offset[kept],
                value=numbers.value[kept],
                quality=stretch.quality[kept],
            )
        )

    @property
    def _wide(self) -> bool:
        return self._style is not None and len(self._style.decimal_commas) > 1

    def _series(self, table: Table, place: int) -> NDArray[np.int32]:
        roles = [role for role in IDENTITY if role in self.layout.roles]
        named = [table.columns[self.layout.roles[role]] for role in roles]
        constants = {**self.layout.constants, "column": self.source.header[place]}
        return np.broadcast_to(self._index.number(named, roles, constants), len(table.lines))

    def _reject_cells(self, stretch: _Stretch, place: int, refused: Mask, code: RejectionCode, message: str) -> None:
        cells, lines = stretch.table.columns[place], stretch.table.lines
        for row in np.flatnonzero(refused & stretch.usable).tolist():
            name = self._name(stretch.table, row, self.source.header[place])
            said = message.format(text=cells[row])
            rejected = RejectedRow(lines[row], name.reference, stretch.texts[row], cells[row], code, said, name)
            self._rejected.append(rejected)
