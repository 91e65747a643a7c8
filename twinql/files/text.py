"""Tells text from anything else, and finds its encoding."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from twinql.errors import InvalidInputError

_BLOCK = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_KNOWN = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls)",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"PAR1": "a Parquet file",
    b"SQLite": "a SQLite database",
}
# What text may hold below the space: tab, line ends, form feed, escape and the mark of a DOS file's end.
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26, 27})
_MUCH = 0.02


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the characters of a file are written, with a sentence when that was assumed."""

    name: str
    note: str | None = None


def encoding_of(path: Path) -> Encoding:
    """Read through a file and find its encoding: what its first bytes say, else UTF-8, else Windows' Western one.

    Raises:
        InvalidInputError: It is empty or no text.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = True
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        if not block.strip():
            raise InvalidInputError(f"{path.name} is empty: there is nothing to import.")
        for mark, name in _MARKS:
            if block.startswith(mark):
                return Encoding(name)
        _refuse_binary(path, block)
        while block and utf8:
            following = file.read(_BLOCK)
            try:
                decoder.decode(block, final=not following)
            except UnicodeDecodeError:
                utf8 = False
            block = following
    if utf8:
        return Encoding("utf-8")
    return Encoding("cp1252", "The file is no UTF-8, so it was read as Windows-1252 (Latin-1).")


def _refuse_binary(path: Path, block: bytes) -> None:
    for mark, kind in _KNOWN.items():
        if block.startswith(mark):
            raise InvalidInputError(
                f"{path.name} is {kind}, not text: give a CSV, .xlsx or JSON Lines file with the ending that it has."
            )
    controls = len(block) - len(block.translate(None, _CONTROL))
    if controls > _MUCH * len(block):
        raise InvalidInputError(f"{path.name} is a binary file: give a CSV, .xlsx or JSON Lines file.")
