"""What local clocks and calendars show, in µs since 1970."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.calendar import midnight
from twinql.domain.local_time import offset_changes
from twinql.domain.readings import Instants, from_us, to_us
from twinql.domain.tariffs.windows import Numbers

DAY_S = 86_400
DAY_US = DAY_S * 1_000_000
MINUTE_US = 60_000_000
_FIRST_DAY, _LAST_DAY = date(1800, 1, 1), date(2999, 1, 1)


@dataclass(frozen=True, slots=True)
class Cells:
    """Stretches of a year in UTC, each up to the next, over none of which a clock passes a given minute; shape (n,).

    Attributes:
        starts: Where each begins. [µs since 1970]
        days: The local day of each. [days since 1970-01-01]
        minutes: What the clock shows at its beginning. [minute of the day]
    """

    starts: Instants
    days: Numbers
    minutes: Numbers


def years_of(first_us: int, last_us: int) -> range:
    """Return the years in UTC that a stretch touches."""
    return range(from_us(first_us).year, from_us(last_us).year + 1)


def year_start(year: int) -> int:
    """Return where a year begins in UTC."""
    return to_us(datetime(year, 1, 1, tzinfo=UTC))


def cells(zone: ZoneInfo, year: int, minutes: tuple[int, ...]) -> Cells:
    """Cut a year in UTC where the zone's clock shows one of these minutes of the day, and where it is changed."""
    first_s, last_s = year_start(year) // 1_000_000, year_start(year + 1) // 1_000_000
    changes, offsets = offset_changes([*range(first_s, last_s, DAY_S), last_s], zone)
    bounds = np.concatenate([[first_s], changes, [last_s]]) * 1_000_000
    shown = np.array(minutes, dtype=np.int64) * MINUTE_US
    walls, starts = [], []
    for begin, end, ahead in zip(
        bounds[:-1].tolist(), bounds[1:].tolist(), (offsets * 1_000_000).tolist(), strict=True
    ):
        first, last = begin + ahead, end + ahead
        days = np.arange(first // DAY_US, last // DAY_US + 1, dtype=np.int64)
        grid = (days[:, None] * DAY_US + shown).ravel()
        walls.append(np.concatenate([[first], grid[(grid > first) & (grid < last)]]))
        starts.append(walls[-1] - ahead)
    wall = np.concatenate(walls)
    return Cells(np.concatenate(starts), wall // DAY_US, wall % DAY_US // MINUTE_US)


@lru_cache(maxsize=512)
def _offsets(zone: ZoneInfo, year: int) -> list[tuple[int, int, int]]:
    """Return stretches of a year with what the clock is ahead of UTC in each of them."""
    first_s, last_s = year_start(year) // 1_000_000, year_start(year + 1) // 1_000_000
    changes, offsets = offset_changes([*range(first_s, last_s, DAY_S), last_s], zone)
    bounds = np.concatenate([[first_s], changes, [last_s]]) * 1_000_000
    return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), (offsets * 1_000_000).tolist(), strict=True))


def day_starts(zone: ZoneInfo, first_us: int, last_us: int) -> Instants:
    """Return where the local days begin that begin at or after one instant and before another.

    Where clocks skip midnight a day begins with the change; where they show it twice, with the first; a day that a zone
    left out begins nowhere.
    """
    return _between(lambda year: _day_starts(zone, year), first_us, last_us)


@lru_cache(maxsize=512)
def _day_starts(zone: ZoneInfo, year: int) -> Instants:
    found = cells(zone, year, (0,))
    latest = np.maximum.accumulate(found.days)
    opens = np.empty(len(latest), dtype=bool)
    opens[0] = (
        from_us(int(found.starts[0]) - 1).astimezone(zone).date()
        < from_us(int(found.starts[0])).astimezone(zone).date()
    )
    opens[1:] = latest[1:] > latest[:-1]
    starts: Instants = found.starts[opens]
    return starts


def month_starts(zone: ZoneInfo, billing_day: int, first_us: int, last_us: int) -> Instants:
    """Return where the billing months begin that touch a stretch, and where the last of them ends."""
    years = years_of(first_us, last_us)
    starts = np.concatenate([_month_starts(zone, billing_day, year) for year in range(years.start - 1, years.stop + 1)])
    begins = np.searchsorted(starts, first_us, side="right") - 1
    ends = np.searchsorted(starts, last_us, side="left")
    found: Instants = starts[begins : ends + 1]
    return found


@lru_cache(maxsize=512)
def _month_starts(zone: ZoneInfo, billing_day: int, year: int) -> Instants:
    return np.array([to_us(midnight(date(year, month, billing_day), zone)) for month in range(1, 13)], dtype=np.int64)


@lru_cache(maxsize=4096)
def midnight_us(day: date, zone: ZoneInfo) -> int:
    """Return where a local day begins; one in times without any readings, where the first or last such day does."""
    return to_us(midnight(min(max(day, _FIRST_DAY), _LAST_DAY), zone))


def _between(of_year: Callable[[int], Instants], first_us: int, last_us: int) -> Instants:
    starts = np.concatenate([of_year(year) for year in years_of(first_us, last_us)])
    found: Instants = starts[np.searchsorted(starts, first_us) : np.searchsorted(starts, last_us)]
    return found
