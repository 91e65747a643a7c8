"""Reads pages of what channels counted, interval by interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from twinql.domain.metering.intervals import Intervals
from twinql.domain.readings import to_us
from twinql.storage.counting import UNSAID_S, AsDeclared, counted_of
from twinql.storage.database import Connection

_WIDER = 8


@dataclass(frozen=True, slots=True)
class IntervalsWish:
    """What is asked of channels of one resolution.

    Attributes:
        first: After which instant intervals end.
        last: The last instant at which one ends.
        size: How many at most.
        resolution_s: Time between two readings of each; None where nothing is said. [s]
        as_of: As known at which time; None is what is known now.
    """

    first: datetime
    last: datetime
    size: int
    resolution_s: int | None
    as_of: datetime | None


async def intervals_page(
    connection: Connection, wish: IntervalsWish, counters: Sequence[AsDeclared]
) -> list[tuple[Intervals, bool]]:
    """Return the first intervals of each channel that end in a period, and whether there are more.

    Only as much of the period is read as is likely to hold them, and more of it where that was too little.
    """
    span = timedelta(seconds=(wish.size + 2) * (wish.resolution_s or UNSAID_S))
    while True:
        last = wish.last if wish.last - wish.first <= span else wish.first + span
        counted = await counted_of(connection, counters, wish.first, last, as_of=wish.as_of)
        found = [_ending(each.intervals, last) for each in counted]
        if last == wish.last or all(len(each) > wish.size for each in found):
            return [(each.take(np.arange(min(len(each), wish.size))), len(each) > wish.size) for each in found]
        span *= _WIDER


def _ending(intervals: Intervals, last: datetime) -> Intervals:
    return intervals.take(np.flatnonzero(intervals.ends <= to_us(last)))
