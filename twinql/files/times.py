"""Reads columns of times as people and machines write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Instants
from twinql.errors import InvalidInputError

Mask = NDArray[np.bool_]

_CLOCK = (
    r"(?:(?:T|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _CLOCK, re.IGNORECASE)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})" + _CLOCK, re.IGNORECASE)
_COMPACT = re.compile(r"(\d{4})()(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?()()(Z|[+-]\d{2}(?::?\d{2})?)?", re.IGNORECASE)
_EPOCH = re.compile(r"-?\d{9,10}(?:\.\d+)?|\d{12,13}")
_EPOCH_MILLISECONDS = 100_000_000_000
_NOON = 12
_END_OF_DAY = 24
_ORDINAL_OF_1970 = date(1970, 1, 1).toordinal()
_CANONICAL = 19  # 2013-06-01 00:30:00


class DateOrder(Enum):
    """Which of the two leading numbers of 01/06/2013 is the day."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True)
class Times:
    """A column of times, all of shape (n,).

    Attributes:
        shown_us: What is written, as if it were UTC; 0 where `invalid`. [µs since 1970]
        offset_s: The offset that is written behind it; 0 where there is none. [s]
        has_offset: Whether there is one.
        invalid: The cell is no time.
    """

    shown_us: Instants
    offset_s: NDArray[np.int64]
    has_offset: Mask
    invalid: Mask


def is_time(text: str) -> bool:
    """Say whether a cell is written as a date or a time of a date; bare numbers are not."""
    return any(form.fullmatch(text.strip()) for form in (_YEAR_FIRST, _YEAR_LAST, _COMPACT))


def is_epoch(text: str) -> bool:
    """Say whether a cell could count seconds or milliseconds since 1970."""
    return bool(_EPOCH.fullmatch(text.strip()))


def date_order(texts: Sequence[str], *, column: str) -> DateOrder | None:
    """Find out in which order 01/06/2013 is written in a column; None where no date is written so.

    Raises:
        InvalidInputError: Both orders could be.
    """
    found = [match for text in texts if (match := _YEAR_LAST.fullmatch(text.strip()))]
    if not found:
        return None
    if any(match[2] == "." for match in found) or any(int(match[1]) > _NOON for match in found):
        return DateOrder.DAY_FIRST
    if any(int(match[3]) > _NOON for match in found):
        return DateOrder.MONTH_FIRST
    message = (
        f"{found[0].string.strip()} in the column {column!r} can be read with the day or with the month first: "
        "say --date-order dmy or --date-order mdy."
    )
    raise InvalidInputError(message, path=("date-order",))


def read_times(texts: Sequence[str], *, order: DateOrder | None = None) -> Times:
    """Read a column of times.

    Args:
        texts: The cells, n of them.
        order: How 01/06/2013 is written.

    Returns:
        The times, with what is wrong.
    """
    quick = _canonical(texts)
    return _one_by_one(texts, order) if quick is None else quick


def _canonical(texts: Sequence[str]) -> Times | None:
    """Read times that are all written like 2013-06-01 00:30:00, with or without a Z behind."""
    lengths = set(map(len, texts))
    if lengths - {_CANONICAL, _CANONICAL + 1} or len(lengths) != 1:
        return None
    utc = lengths == {_CANONICAL + 1}
    cells = np.array(texts, dtype=f"U{_CANONICAL + utc}")
    characters = cells.view(np.uint32).reshape(len(cells), -1)
    # numpy takes today and now for times as well: the separators say that these are none.
    separators = characters[:, [4, 7, 13, 16]] == np.frombuffer(b"--::", dtype=np.uint8)
    if not separators.all() or (utc and (characters[:, _CANONICAL] != ord("Z")).any()):
        return None
    try:
        shown = cells.astype(f"U{_CANONICAL}").astype("datetime64[us]").astype(np.int64)
    except ValueError:
        return None
    zeros = np.zeros(len(shown), dtype=np.int64)
    return Times(shown, zeros, np.full(len(shown), utc), zeros.astype(bool))


def _one_by_one(texts: Sequence[str], order: DateOrder | None) -> Times:
    shown_us = np.zeros(len(texts), dtype=np.int64)
    offset_s = np.zeros(len(texts), dtype=np.int64)
    has_offset = np.zeros(len(texts), dtype=bool)
    invalid = np.zeros(len(texts), dtype=bool)
    for place, text in enumerate(texts):
        read = _time(text.strip(), order)
        if read is None:
            invalid[place] = True
        else:
            shown_us[place], offset = read
            has_offset[place] = offset is not None
            offset_s[place] = offset or 0
    return Times(shown_us, offset_s, has_offset, invalid)


def _time(cell: str, order: DateOrder | None) -> tuple[int, int | None] | None:
    if found := _YEAR_FIRST.fullmatch(cell) or _COMPACT.fullmatch(cell):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif found := _YEAR_LAST.fullmatch(cell):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        day, month = (second, first) if order is DateOrder.MONTH_FIRST else (first, second)
    elif _EPOCH.fullmatch(cell):
        number = float(cell)
        return round(number * (1_000 if abs(number) >= _EPOCH_MILLISECONDS else 1_000_000)), 0
    else:
        return None
    clock_us = _clock(*found.groups()[4:9])
    try:
        days = date(year, month, day).toordinal() - _ORDINAL_OF_1970
    except ValueError:
        return None
    if clock_us is None:
        return None
    return days * 86_400_000_000 + clock_us, _offset(found[10])


def _clock(
    hours: str | None, minutes: str | None, seconds: str | None, decimals: str | None, half: str | None
) -> int | None:
    """Return the microseconds that a clock shows since midnight, or None where no clock can."""
    hour, minute, second = int(hours or 0), int(minutes or 0), int(seconds or 0)
    microsecond = int((decimals or "").ljust(6, "0")[:6])
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half[0] in "pP" else 0)
    # Energy files write the end of a day as 24:00.
    ends_day = hour == _END_OF_DAY and minute == second == microsecond == 0
    if (hour >= _END_OF_DAY and not ends_day) or minute > 59 or second > 59:  # noqa: PLR2004 - a clock's own numbers
        return None
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond


def _offset(text: str | None) -> int | None:
    if not text:
        return None
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
    return -seconds if text[0] == "-" else seconds
