"""Reads JSON Lines, one object a line, and a JSON array of objects."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from twinql.domain.readings import RejectionCode
from twinql.errors import InvalidInputError
from twinql.files.tables import CHUNK_ROWS, RejectedRow, Source, Table
from twinql.files.text import encoding_of

_SAMPLE_ROWS = 1_000
_NO_OBJECT = 'The line is no JSON object: write one reading a line, such as {{"time": "…", "value": 1.5}} ({reason}).'


def open_json_lines(path: Path) -> Source:
    """Open a file of JSON objects; the columns are the members that its first thousand objects have.

    Raises:
        InvalidInputError: It is empty, no text, or holds no objects at all.
    """
    encoding = encoding_of(path)
    source = Source((), iter(()), [] if encoding.note is None else [encoding.note])
    objects = _objects(path, encoding.name, source)
    sample = list(itertools.islice(objects, _SAMPLE_ROWS))
    if not sample:
        raise InvalidInputError(f"{path.name} holds no JSON objects: write one reading a line.")
    source.header = tuple(dict.fromkeys(name for _, members in sample for name in members))
    source.tables = _tables(itertools.chain(sample, objects), source.header)
    return source


def _objects(path: Path, encoding: str, source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding=encoding) as file:
        start = file.read(1)
        while start.isspace():
            start = file.read(1)
        file.seek(0)
        if start == "[":
            yield from _array(path, file.read(), source)
            return
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            try:
                found = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                found = str(error)
            if isinstance(found, dict):
                yield line, found
            else:
                source.rejected.append(_rejected(line, text, str(found)))


def _array(path: Path, text: str, source: Source) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(f"{path.name} is no whole JSON array: {error}.") from error
    source.notes.append("The file is one JSON array: lines count its members.")
    for line, members in enumerate(found, start=1):
        if isinstance(members, dict):
            yield line, members
        else:
            source.rejected.append(_rejected(line, str(members), "no object"))


def _rejected(line: int, text: str, reason: str) -> RejectedRow:
    return RejectedRow(line, "", text.strip(), "", RejectionCode.INVALID_VALUE, _NO_OBJECT.format(reason=reason))


def _tables(objects: Iterator[tuple[int, dict[str, Any]]], header: tuple[str, ...]) -> Iterator[Table]:
    while chunk := list(itertools.islice(objects, CHUNK_ROWS)):
        lines = [line for line, _ in chunk]
        yield Table(lines, [[_text(members.get(name)) for _, members in chunk] for name in header])


def _text(member: object) -> str:
    if member is None:
        return ""
    return member if isinstance(member, str) else str(member)
