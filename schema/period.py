"""Periods of time, as callers name them."""

from datetime import datetime
from typing import Annotated

import strawberry

from twinql.errors import InvalidInputError


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
        if self.until <= self.from_:
            raise InvalidInputError("The period ends before it begins; `until` must be later than `from`.")
        return self.from_, self.until


DuringPeriod = Annotated[PeriodInput, strawberry.argument(description="Which period.")]
