"""Finds the time zone that a person means."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twinql.errors import InvalidInputError

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_FURTHEST = timedelta(hours=14)


def zone_named(text: str) -> tzinfo:
    """Return the zone of an IANA name such as Australia/Sydney, or of a fixed offset such as +10:00.

    Raises:
        InvalidInputError: No zone is called that.
    """
    wanted = text.strip()
    if wanted.upper() in {"UTC", "Z", "GMT"}:
        return UTC
    if fixed := _OFFSET.fullmatch(wanted):
        ahead = timedelta(hours=int(fixed[2]), minutes=int(fixed[3] or 0))
        if ahead <= _FURTHEST:
            return timezone(ahead if fixed[1] == "+" else -ahead)
    try:
        return ZoneInfo(wanted)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{wanted!r} is no time zone; use an IANA name such as Australia/Sydney, or an offset such as +10:00."
        raise InvalidInputError(message, path=("time-zone",)) from None
