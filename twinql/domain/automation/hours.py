"""Hours of the week by the clock of a site."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, Self

from twinql.domain.tariffs.wire import clock_time
from twinql.errors import InvalidInputError

EVERY_DAY: Final = frozenset(range(1, 8))
MINUTES_A_DAY: Final = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Hours of some days of the week; those that begin after they end go over midnight.

    Each instant is judged by the day on which it lies: 22:00 to 06:00 on Mondays is the first six hours of Monday and
    its last two. Where clocks change, what is skipped lies in no hours, and what comes twice counts twice.

    Attributes:
        weekdays: 1 (Monday) to 7 (Sunday).
        first_minute: From when on, in minutes of the day.
        last_minute: Before when, up to 1440, the end of the day.
    """

    weekdays: frozenset[int] = EVERY_DAY
    first_minute: int = 0
    last_minute: int = MINUTES_A_DAY

    def include(self, at: datetime, zone: tzinfo) -> bool:
        """Say whether an instant lies in them, by the clock of a zone."""
        there = at.astimezone(zone)
        minute = 60 * there.hour + there.minute
        after, before = minute >= self.first_minute, minute < self.last_minute
        within = (after and before) if self.first_minute < self.last_minute else (after or before)
        return within and there.isoweekday() in self.weekdays

    def checked(self, *path: str) -> Self:
        """Return the same.

        Raises:
            InvalidInputError: They hold no minute, or name a time that there is not.
        """
        if not self.weekdays or not self.weekdays <= EVERY_DAY:
            raise InvalidInputError("Name one day of the week at least.", path=(*path, "weekdays"))
        if not (0 <= self.first_minute < MINUTES_A_DAY and 0 < self.last_minute <= MINUTES_A_DAY):
            raise InvalidInputError("Hours begin before 24:00 and end after 00:00.", path=(*path, "from"))
        if self.first_minute == self.last_minute:
            message = "Hours that end when they begin hold nothing; write 00:00 to 24:00 for the whole day."
            raise InvalidInputError(message, path=(*path, "until"))
        return self

    def __str__(self) -> str:
        """Write the times of the day as people do."""
        return f"{clock_time(self.first_minute)} to {clock_time(self.last_minute)}"


ALWAYS: Final = Hours()
