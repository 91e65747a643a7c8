"""Periods of time, as callers name them."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from twinql.domain.instants import check_order
from twinql.errors import InvalidInputError

# No reading lies outside of these, and every zone's calendar can be counted within them.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@strawberry.input(
    description="A period: instants belong to it from `from` on and before `until`, intervals by their end."
)
class PeriodInput:
    """Two instants, the second after the first."""

    from_: datetime = strawberry.field(name="from", description="Where it begins.")
    until: datetime = strawberry.field(description="Where it ends.")

    def bounds(self) -> tuple[datetime, datetime]:
        """Return both instants.

        Raises:
            InvalidInputError: The period is empty or runs backwards.
        """
        check_order(self.from_, self.until)
        return self.from_, self.until

    def countable(self) -> tuple[datetime, datetime]:
        """Return both instants of a period that calendars can divide.

        Raises:
            InvalidInputError: The period is empty, runs backwards, or reaches beyond the years 1900 to 2199.
        """
        first, last = self.bounds()
        if first < EARLIEST or last > LATEST:
            raise InvalidInputError("This period reaches beyond the years 1900 to 2199; check `from` and `until`.")
        return first, last

    def so_far(self, now: datetime) -> tuple[datetime, datetime]:
        """Return both instants of what has passed of a period: where it reaches ahead, it ends now.

        Raises:
            InvalidInputError: As `countable`, or the period lies ahead.
        """
        first, last = self.countable()
        if first >= now:
            raise InvalidInputError("This period has not begun; ask for one of the past.", path=("during",))
        return first, min(last, now)


AsOf = Annotated[
    datetime | None,
    strawberry.argument(
        description="As it was known at this time: without what was recorded later, and before every later correction. "
        "Null is now. What a channel is, such as its unit, is told as of now."
    ),
]
DuringPeriod = Annotated[PeriodInput, strawberry.argument(description="Which period.")]
