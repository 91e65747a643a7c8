"""Periods of time, as callers name them."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from twinql.errors import InvalidInputError

# No reading lies outside of these, and calendars of every zone can be counted within them.
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
            InvalidInputError: The period is empty, runs backwards, or lies outside of the years 1900 to 2199.
        """
        if self.until <= self.from_:
            raise InvalidInputError("The period ends before it begins; `until` must be later than `from`.")
        if self.from_ < EARLIEST or self.until > LATEST:
            raise InvalidInputError(
                "A period lies within the years 1900 to 2199; check the years of `from` and `until`."
            )
        return self.from_, self.until


DuringPeriod = Annotated[PeriodInput, strawberry.argument(description="Which period.")]
