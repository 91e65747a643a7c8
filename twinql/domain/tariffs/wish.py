"""What may be asked of the cost of meters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from twinql.domain.instants import check_order
from twinql.domain.metering.intervals import Fill
from twinql.errors import RangeTooLargeError

MOST_DAYS = 3_660
"""How long a period may be that is rated at once: ten years."""


@dataclass(frozen=True, slots=True)
class CostWish:
    """What is asked of meters.

    Attributes:
        first: Where the period begins.
        last: Where it ends.
        now: The present.
        fill: What becomes of energy that flowed between readings too far apart.
        tariff_id: A tariff to be tried on; None for what was agreed.
        as_of: Only what was known then counts; None for all that is known now.
    """

    first: datetime
    last: datetime
    now: datetime
    fill: Fill = Fill.NONE
    tariff_id: UUID | None = None
    as_of: datetime | None = None

    @property
    def until(self) -> datetime:
        """Up to when anything could be known: the present, or the time at which it was known if that was earlier."""
        return self.now if self.as_of is None else min(self.now, self.as_of)

    def check(self) -> None:
        """Check what can be checked without knowing the meter.

        Raises:
            InvalidInputError: The period ends where it begins, or before.
            RangeTooLargeError: It is longer than ten years.
        """
        check_order(self.first, self.last)
        if self.last - self.first > timedelta(days=MOST_DAYS):
            message = "A cost is worked out for ten years at most; ask for a shorter period."
            raise RangeTooLargeError(message, path=("during",))
