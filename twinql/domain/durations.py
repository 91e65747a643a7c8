"""Lengths of time as ISO 8601 writes them."""

import re
from datetime import timedelta

from twinql.errors import InvalidInputError

_PATTERN = re.compile(
    r"P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?"
)
LONGEST = timedelta(days=36_600)


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of weeks, days, hours, minutes and seconds.

    Raises:
        InvalidInputError: It is none, it counts years or months (which have no fixed length), or it exceeds a century.
    """
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise InvalidInputError(
            "A duration reads like PT15M, PT2H, P7D or P1DT12H; years and months have no fixed length."
        )
    parts = {name: float(value) for name, value in found.groupdict().items() if value}
    if sum(parts.values()) > LONGEST.total_seconds() or (length := timedelta(**parts)) > LONGEST:
        raise InvalidInputError("A duration of more than a century is not taken; ask for a shorter one.")
    return length


def format_duration(length: timedelta) -> str:
    """Write a duration in days, hours, minutes and seconds."""
    rest, microseconds = divmod(round(length.total_seconds() * 1_000_000), 1_000_000)
    minutes, seconds = divmod(rest, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{microseconds:06d}".rstrip("0") if microseconds else ""
    time = "".join(
        [f"{hours}H" * bool(hours), f"{minutes}M" * bool(minutes), f"{seconds}{fraction}S" * bool(seconds or fraction)]
    )
    if not days and not time:
        return "PT0S"
    return "P" + f"{days}D" * bool(days) + f"T{time}" * bool(time)
