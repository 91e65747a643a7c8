"""Terms of a tariff as JSON, the way the table of revisions keeps them."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from twinql.domain.tariffs.terms import (
    Band,
    Block,
    ChargePeriod,
    Dynamic,
    HolidayCalendar,
    HolidayRule,
    Season,
    StandingCharge,
    Terms,
    VatRate,
    Window,
)

Json = dict[str, Any]
Given = TypeVar("Given")
Made = TypeVar("Made")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")


def to_json(terms: Terms) -> Json:
    """Write terms so that a person reads them too: decimals as text, times of day as HH:MM, days as ISO 8601.

    What is absent or usual is left out; `from_json` gives equal terms back.
    """
    return _without_nothing(
        {
            "bands": [_band(band) for band in terms.bands],
            "standing_charge": _if_given(
                terms.standing_charge, lambda due: {"amount": _digits(due.amount), "per": due.per.name}
            ),
            "vat": [
                _without_nothing({"valid_from": _if_given(each.valid_from, date.isoformat), "rate": _digits(each.rate)})
                for each in terms.vat
            ],
            "holidays": _if_given(
                terms.holidays,
                lambda each: _without_nothing({"country": each.country, "subdivision": each.subdivision}),
            ),
        }
    )


def from_json(written: Mapping[str, Any]) -> Terms:
    """Read what `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: It is something else.
    """
    return Terms(
        bands=tuple(_read_band(each) for each in written["bands"]),
        standing_charge=_if_given(
            written.get("standing_charge"),
            lambda due: StandingCharge(Decimal(due["amount"]), ChargePeriod[due["per"]]),
        ),
        vat=tuple(
            VatRate(_if_given(each.get("valid_from"), date.fromisoformat), Decimal(each["rate"]))
            for each in written.get("vat", ())
        ),
        holidays=_if_given(
            written.get("holidays"), lambda each: HolidayCalendar(each["country"], each.get("subdivision"))
        ),
    )


def _band(band: Band) -> Json:
    return _without_nothing(
        {
            "name": band.name,
            "windows": [_window(window) for window in band.windows],
            "register": band.register,
            "price": _if_given(band.price, _digits),
            "blocks": [
                _without_nothing({"up_to": _if_given(block.up_to, _digits), "price": _digits(block.price)})
                for block in band.blocks
            ],
            "dynamic": _if_given(
                band.dynamic,
                lambda each: {
                    "channel": str(each.channel),
                    "factor": _digits(each.factor),
                    "surcharge": _digits(each.surcharge),
                },
            ),
        }
    )


def _read_band(written: Mapping[str, Any]) -> Band:
    return Band(
        name=written["name"],
        windows=tuple(_read_window(each) for each in written.get("windows", ())),
        register=written.get("register"),
        price=_if_given(written.get("price"), Decimal),
        blocks=tuple(
            Block(_if_given(each.get("up_to"), Decimal), Decimal(each["price"])) for each in written.get("blocks", ())
        ),
        dynamic=_if_given(
            written.get("dynamic"),
            lambda each: Dynamic(UUID(each["channel"]), Decimal(each["factor"]), Decimal(each["surcharge"])),
        ),
    )


def _window(window: Window) -> Json:
    season = window.season
    return _without_nothing(
        {
            "weekdays": sorted(window.weekdays),
            "from": clock_time(window.first_minute),
            "until": clock_time(window.last_minute),
            "season": _if_given(
                season, lambda each: {"first": day_of_year(each.first), "last": day_of_year(each.last)}
            ),
            "holidays": window.holidays.name if window.holidays is not HolidayRule.ANY else None,
        }
    )


def _read_window(written: Mapping[str, Any]) -> Window:
    return Window(
        weekdays=frozenset(written["weekdays"]),
        first_minute=minute_of(written["from"]),
        last_minute=minute_of(written["until"]),
        season=_if_given(
            written.get("season"), lambda each: Season(read_day_of_year(each["first"]), read_day_of_year(each["last"]))
        ),
        holidays=HolidayRule[written.get("holidays", "ANY")],
    )


def clock_time(minute: int) -> str:
    """Write a minute of the day as HH:MM; the end of the day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of(clock: str) -> int:
    """Read HH:MM as a minute of the day, 0 to 1440.

    Raises:
        ValueError: It is none.
    """
    if not _CLOCK.fullmatch(clock):
        message = f"{clock!r} is no time of day; write it as HH:MM, from 00:00 to 24:00."
        raise ValueError(message)
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def day_of_year(month_and_day: tuple[int, int]) -> str:
    """Write month and day as MM-DD."""
    return f"{month_and_day[0]:02}-{month_and_day[1]:02}"


def read_day_of_year(written: str) -> tuple[int, int]:
    """Read MM-DD as month and day, whether or not the year has such a day.

    Raises:
        ValueError: It is none.
    """
    if not _DAY.fullmatch(written):
        message = f"{written!r} is no day of the year; write month and day, such as 03-31."
        raise ValueError(message)
    month, day = written.split("-")
    return int(month), int(day)


def _digits(number: Decimal) -> str:
    return format(number, "f")


def _without_nothing(written: Json) -> Json:
    return {name: value for name, value in written.items() if value is not None and value != []}


def _if_given(value: Given | None, make: Callable[[Given], Made]) -> Made | None:
    return None if value is None else make(value)
