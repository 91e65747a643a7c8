"""A past laid out by the clock people live by: a row for each local day, a column for each step of a day."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.past import Floats, Past

Whole = NDArray[np.int64]

_DAY_S: Final = 86_400
_FRIDAY: Final = 4
_EPOCH_WEEKDAY: Final = 3  # a Thursday


class Clock(NamedTuple):
    """The local time of each step.

    Attributes:
        day: The local day in which it begins. [days since 1970-01-01]
        slot: Its place in that day by the clock: the hour that comes twice has the same places twice.
    """

    day: Whole
    slot: Whole


@dataclass(frozen=True, slots=True)
class LocalDays:
    """A past by local days.

    Attributes:
        values: Shape (days, slots): the mean of the steps at that time of that day, NaN where none is known, as in an
            hour that a clock change left out. [unit of the channel]
        first: The day of the first row. [days since 1970-01-01]
        clock: The local time of each step of the past and of those to come.
    """

    values: Floats
    first: int
    clock: Clock

    @classmethod
    def of(cls, past: Past, ahead: int) -> "LocalDays":
        """Lay out a past whose steps go into a day without rest.

        Args:
            past: The past.
            ahead: How many steps after it to tell the local time of as well.
        """
        clock = clock_of(past, ahead)
        size, slots = past.values.size, _DAY_S // past.step_s
        first = int(clock.day[0])
        days = int(clock.day[size - 1]) - first + 1
        known = ~np.isnan(past.values)
        place = ((clock.day[:size] - first) * slots + clock.slot[:size])[known]
        total = np.bincount(place, weights=past.values[known], minlength=days * slots)
        count = np.bincount(place, minlength=days * slots)
        with np.errstate(invalid="ignore"):
            return cls((total / count).reshape(days, slots), first, clock)

    def complete_until(self) -> Whole:
        """Return for each step the row of the last day that is over when the step is, shape of the clock."""
        day = self.clock.day
        is_over = np.diff(day, append=day[-1:]) > 0
        return np.asarray(day - self.first - np.where(is_over, 0, 1))


def clock_of(past: Past, ahead: int) -> Clock:
    """Return the local time of each step of a past, and of so many after it."""
    starts = past.begins_s + past.step_s * np.arange(past.values.size + ahead, dtype=np.float64)
    local = starts + _offsets(starts, ZoneInfo(past.zone))
    day = np.floor(local / _DAY_S)
    slot = np.floor((local - day * _DAY_S) / past.step_s)
    return Clock(day.astype(np.int64), slot.astype(np.int64))


def kinds(days: Whole) -> Whole:
    """Return the kind of each day: 0 Monday to Friday, 1 a Saturday, 2 a Sunday. [days since 1970-01-01]."""
    return np.asarray(np.maximum(weekdays(days) - _FRIDAY, 0))


def weekdays(days: Whole) -> Whole:
    """Return the weekday of each day, Monday 0. [days since 1970-01-01]."""
    return np.asarray((days + _EPOCH_WEEKDAY) % 7)


def _offsets(starts: Floats, zone: ZoneInfo) -> Floats:
    """Return the zone's offset at each instant, asked once a day unless it changes within. [s]."""
    days = np.floor(starts / _DAY_S).astype(np.int64)
    edges = np.array([_offset(int(day), zone) for day in range(int(days[0]), int(days[-1]) + 2)])
    place = days - days[0]
    found: Floats = edges[place]
    for day in np.flatnonzero(np.diff(edges)):
        inside = place == day
        found[inside] = [_offset_at(float(each), zone) for each in starts[inside]]
    return found


@lru_cache(maxsize=4096)
def _offset(day: int, zone: ZoneInfo) -> float:
    return _offset_at(float(day * _DAY_S), zone)


def _offset_at(instant_s: float, zone: ZoneInfo) -> float:
    offset = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=instant_s)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset.total_seconds()
