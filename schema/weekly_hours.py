"""Hours of the week by the clock of a site."""

from typing import Self

import strawberry

from schema.tariff_terms import Weekday
from twinql.domain.automation.hours import Hours
from twinql.domain.tariffs.wire import clock_time, minute_of
from twinql.errors import InvalidInputError

_OVER = "Those that begin after they end go over midnight; each instant is judged by the day on which it lies"


@strawberry.type(description=f"Hours of some days of the week, by the clock of the site. {_OVER}.")
class WeeklyHours:
    """Hours."""

    weekdays: list[Weekday] = strawberry.field(description="On which days of the week, Monday first.")
    from_: str = strawberry.field(name="from", description="From when on, as HH:MM.")
    until: str = strawberry.field(description="Before when, as HH:MM; 24:00 is the end of the day.")

    @classmethod
    def of(cls, hours: Hours) -> Self:
        """Show hours."""
        return cls(
            weekdays=[Weekday(each) for each in sorted(hours.weekdays)],
            from_=clock_time(hours.first_minute),
            until=clock_time(hours.last_minute),
        )


@strawberry.input(description=f"Hours of some days of the week, by the clock of the site. {_OVER}.")
class WeeklyHoursInput:
    """Hours that somebody writes."""

    weekdays: list[Weekday] = strawberry.field(
        default_factory=lambda: list(Weekday), description="On which days of the week; every day where it is left out."
    )
    from_: str = strawberry.field(name="from", default="00:00", description="From when on, as HH:MM.")
    until: str = strawberry.field(default="24:00", description="Before when, as HH:MM; 24:00 is the end of the day.")

    def to_domain(self) -> Hours:
        """Say it in the words of the domain.

        Raises:
            InvalidInputError: One of them is no time of day.
        """
        return Hours(
            weekdays=frozenset(each.value for each in self.weekdays),
            first_minute=minute_at(self.from_, "hours", "from"),
            last_minute=minute_at(self.until, "hours", "until"),
        )


def minute_at(text: str, *path: str) -> int:
    """Read a time of day out of an input.

    Raises:
        InvalidInputError: It is none; the path says where it stands.
    """
    try:
        return minute_of(text)
    except ValueError as error:
        message = "This is no time of day; write it as HH:MM, from 00:00 to 24:00."
        raise InvalidInputError(message, path=path) from error
