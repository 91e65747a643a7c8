"""The graph's own scalars."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from twinql.domain.durations import format_duration, parse_duration
from twinql.domain.instants import format_instant, parse_instant
from twinql.errors import InvalidInputError

TimeZone = NewType("TimeZone", str)
Cursor = NewType("Cursor", str)
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Every zone's calendar can be counted within them; no reading lies outside."""
_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _text(parse: Callable[[str], Any], wanted: str) -> Callable[[Any], Any]:
    """Refuse what is no string before it is parsed."""

    def parse_value(value: object) -> Any:
        if not isinstance(value, str):
            raise InvalidInputError(f"{wanted} is written as a string.")
        return parse(value)

    return parse_value


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise InvalidInputError(
            "This is no decimal number; write one such as 12.50, with at most 18 digits before and after the point."
        )
    return Decimal(text)


def _day(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise InvalidInputError("This is no date; write one such as 2026-03-01.")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError("There is no such day; write a date such as 2026-03-01.") from error
    if not EARLIEST <= day <= LATEST:
        raise InvalidInputError("A date lies in the years 1900 to 2199; leave it out for what has no end.")
    return day


def _written(number: Decimal) -> str:
    return format(number, "f")


def plain(number: Decimal | None) -> Decimal | None:
    """Return a number without the zeros at its end, which a column of fixed scale adds."""
    if number is None:
        return None
    text = _written(number)
    return Decimal(text.rstrip("0").rstrip(".")) if "." in text else number


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, as RFC 3339 writes it: an offset is required going in, UTC comes out.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=format_instant,
        parse_value=_text(parse_instant, "A time"),
    ),
    timedelta: strawberry.scalar(
        name="Duration",
        description="A length of time, as ISO 8601 writes it: PT15M, PT2H, P7D. Years and months are refused.",
        specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
        serialize=format_duration,
        parse_value=_text(parse_duration, "A duration"),
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the years 1900 to 2199, as ISO 8601 writes it: 2026-03-01. Which instants it covers, "
        "the time zone of the site says.",
        specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
        serialize=date.isoformat,
        parse_value=_text(_day, "A date"),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, as a string such as 12.50: money is never rounded to binary.",
        serialize=_written,
        parse_value=_text(_decimal, "A decimal number"),
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone",
        description="An IANA time zone, such as Europe/Berlin.",
        specified_by_url="https://www.iana.org/time-zones",
        parse_value=_text(TimeZone, "A time zone"),
    ),
    Cursor: strawberry.scalar(
        name="Cursor",
        description="A place in the order in which things were committed: give it back as `after` to go on from there.",
        parse_value=_text(Cursor, "A cursor"),
    ),
}
