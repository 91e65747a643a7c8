"""Public holidays, as the package `holidays` knows them by law and year."""

from datetime import date
from functools import lru_cache

import holidays

from twinql.domain.tariffs.terms import HolidayCalendar
from twinql.errors import InvalidInputError


def check_calendar(calendar: HolidayCalendar) -> None:
    """Check that the holidays of a country, and of a part of it, are known.

    Raises:
        InvalidInputError: They are not; the message names the parts of the country.
    """
    countries = holidays.list_supported_countries(include_aliases=False)
    if calendar.country not in countries:
        message = (
            f"No public holidays are known for the country {calendar.country!r}; write its two capital letters of "
            "ISO 3166-1, such as PT or GB."
        )
        raise InvalidInputError(message, path=("terms", "holidays", "country"))
    parts = countries[calendar.country]
    if calendar.subdivision is not None and calendar.subdivision not in parts:
        choice = f"leave it out, or write one of {', '.join(parts)}" if parts else "leave it out"
        message = f"{calendar.country} has no part {calendar.subdivision!r} with holidays of its own; {choice}."
        raise InvalidInputError(message, path=("terms", "holidays", "subdivision"))


@lru_cache(maxsize=1024)
def holidays_of(calendar: HolidayCalendar, year: int) -> frozenset[date]:
    """Return the public holidays of a year, the days observed in their place included."""
    return frozenset(holidays.country_holidays(calendar.country, subdiv=calendar.subdivision, years=year))
