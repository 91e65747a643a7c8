"""Instants as RFC 3339 writes them."""

import re
from datetime import UTC, datetime

from twinql.errors import InvalidInputError

# RFC 3339 allows a lower-case t and z; a time without an offset names no instant.
_PATTERN = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_FRACTION = re.compile(r"(\.\d{6})\d+")


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 time into UTC; digits beyond microseconds are cut.

    Raises:
        InvalidInputError: It is none, or it names no offset.
    """
    if not _PATTERN.fullmatch(text):
        raise InvalidInputError("A time reads like 2026-11-21T12:00:00Z, with Z or an offset such as +01:00.")
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text.upper())).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError("There is no such time; check month, day, hour and offset.") from error


def check_order(first: datetime, last: datetime) -> None:
    """Check that a period has a length.

    Raises:
        InvalidInputError: It ends where it begins, or before.
    """
    if last == first:
        message = "The period has no length; `until` must be later than `from`."
        raise InvalidInputError(message, path=("during",))
    if last < first:
        message = "The period ends before it begins; `until` must be later than `from`."
        raise InvalidInputError(message, path=("during",))


def format_instant(instant: datetime) -> str:
    """Write an aware time in UTC, with a Z and no more digits than it has."""
    text = instant.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
