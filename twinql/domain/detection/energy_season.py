"""Knows when in a local week a reading lies, and how high and low readings of that time usually are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from twinql.domain.detection.energy_highs import Highs
from twinql.domain.detection.energy_limits import SEASON_RANK, SEASON_SLOTS, SEASON_WEEKS
from twinql.domain.detection.finding import Memory

_FIRST_WEEKEND_DAY = 5
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class LocalTime:
    """Where the middle of an interval lies: its local day, counted, its time of day and its kind of day."""

    day: int
    slot: int
    weekend: bool

    @property
    def week(self) -> int:
        """The local week, Monday first, counted. The first day of the calendar was a Monday."""
        return (self.day - 1) // 7


def local_time(middle_s: float, zone: ZoneInfo) -> LocalTime:
    """Find where an instant lies; the hour that happens twice lies in the same slot both times."""
    local = datetime.fromtimestamp(middle_s, zone)
    slot = (local.hour * 60 + local.minute) * SEASON_SLOTS // _MINUTES
    return LocalTime(local.toordinal(), slot, local.weekday() >= _FIRST_WEEKEND_DAY)


class Season:
    """Weekly extremes of each time of day, on weekdays and on weekends. Lows are the highs of what is negated."""

    def __init__(self, memory: Memory | None = None) -> None:
        """Begin with nothing, or go on from memory."""
        known = memory or {}
        self._highs = _slots(known.get("highs"))
        self._lows = _slots(known.get("lows"))

    def high(self, when: LocalTime) -> float | None:
        """Return how high this time of day gets, or its neighbours; None while one of the three is not known."""
        return _extreme(self._highs, when)

    def low(self, when: LocalTime) -> float | None:
        """Return how low this time of day gets, or its neighbours; None while one of the three is not known."""
        extreme = _extreme(self._lows, when)
        return None if extreme is None else -extreme

    def add(self, when: LocalTime, value: float, *, too_high: bool, too_low: bool) -> None:
        """Count a reading, but little where it was found too high or too low."""
        place = _place(when.slot, weekend=when.weekend)
        (self._highs[place].add_found if too_high else self._highs[place].add)(when.week, value)
        (self._lows[place].add_found if too_low else self._lows[place].add)(when.week, -value)

    def memory(self) -> dict[str, Any]:
        """Return all that it needs to go on."""
        return {"highs": [each.memory() for each in self._highs], "lows": [each.memory() for each in self._lows]}


def _slots(memories: list[list[Any]] | None) -> list[Highs]:
    known: Sequence[list[Any] | None] = memories or (None,) * (2 * SEASON_SLOTS)
    return [Highs(blocks=SEASON_WEEKS, rank=SEASON_RANK, memory=each) for each in known]


def _place(slot: int, *, weekend: bool) -> int:
    return slot % SEASON_SLOTS + SEASON_SLOTS * weekend


def _extreme(slots: list[Highs], when: LocalTime) -> float | None:
    extreme: float | None = None
    for slot in (when.slot - 1, when.slot, when.slot + 1):
        high = slots[_place(slot, weekend=when.weekend)].high
        if high is None:
            return None
        if extreme is None or high > extreme:
            extreme = high
    return extreme
