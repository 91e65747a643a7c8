"""What is kept ready of readings: which days want to be built, and building them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from twinql.domain.calendar import edges
from twinql.domain.readings import Instants, to_us
from twinql.domain.series import DAY_S, Bucket
from twinql.storage.database import Connection
from twinql.storage.statements import load

READINGS_AT_ONCE: Final = 100_000
"""About how many readings one building looks at: some tenths of a second of the database."""
_DAYS_AT_ONCE: Final = 366
# How often a channel is taken to read that does not say it. [s]
_UNSAID_S: Final = 10


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole days of a channel that want to be built.

    Attributes:
        number: The number of the channel.
        by_end: Whether a reading belongs to a day by the end of its interval.
        resolution_s: Time between two readings when all is well; None where nothing is said. [s]
        time_zone: IANA zone of its site.
        first: Where the first day begins.
        last: Where the last one ends.
    """

    number: int
    by_end: bool
    resolution_s: int | None
    time_zone: str
    first: datetime
    last: datetime

    def steps(self, now: datetime) -> list[Instants]:
        """Divide the days that are over into as many at a time as hold a bounded number of readings.

        Returns:
            The edges of the days of each step, as instants from which readings belong to the next. [µs since 1970 UTC]
        """
        bounds = edges(Bucket.DAY, self.first, self.last, ZoneInfo(self.time_zone))
        bounds = bounds[bounds <= to_us(now)] + int(self.by_end)
        a_day = DAY_S / (self.resolution_s or _UNSAID_S)
        days = max(1, min(_DAYS_AT_ONCE, int(READINGS_AT_ONCE / a_day)))
        return [bounds[i : i + days + 1] for i in range(0, len(bounds) - 1, days)]


async def waiting(connection: Connection, now: datetime, *, most: int) -> list[Stretch]:
    """Return stretches of days that are over and want to be built, those of longest ago first."""
    rows = await connection.fetch(load("rollups")["waiting"], now, most)
    return [Stretch(*row.values()) for row in rows]


async def rebuild(connection: Connection, number: int, bounds: Sequence[int]) -> bool:
    """Build days of a channel anew, in a transaction of their own; say whether nobody else was building.

    Args:
        connection: In a transaction that has done nothing else.
        number: The number of the channel.
        bounds: Where the days begin, and where the last of them ends. [µs since 1970 UTC]
    """
    return bool(await connection.fetchval(load("rollups")["rebuild"], number, bounds))


async def merge(connection: Connection) -> bool:
    """Make few marks of many, in a transaction of its own; say whether nobody else was building."""
    return bool(await connection.fetchval(load("rollups")["merge"]))
