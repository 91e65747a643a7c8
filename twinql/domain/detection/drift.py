"""A level that goes away slowly, over hours, to where it has never been."""

from itertools import pairwise
from statistics import median
from typing import Any, Final

from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched
from twinql.domain.detection.rest import RESTS_AT_ZERO

BIN_S: Final = 600.0
"""Levels are medians of ten minutes, or of a resolution where that is more: spikes and pauses do not move them. [s]"""
SAMPLES: Final = 40
"""A bin is looked at about so often: every fifteen seconds."""
BINS: Final = 12
"""The last so many levels show whether it went slowly: two hours of ten minutes."""
LASTS: Final = 3
"""A level counts as left when so many levels in a row lie outside."""
DAYS: Final = 14
"""The highest and lowest level of so many days are kept: where the channel usually is."""
DAYS_FROM: Final = 3
"""Fewer days say nothing."""
FULL_DAY: Final = 0.5
"""A day with fewer of its levels does not count."""
DAY_S: Final = 86_400.0
RANGE: Final = 0.25
"""How far outside it must be, as a share of the range of all those days;"""
RANGE_AT_WILL: Final = 1.0
"""as this share where the quantity is used at will, and may be more tomorrow than ever before;"""
DAYS_ADD: Final = 4.0
"""and at least as far as the extremes of single days lie apart, and this many times as much divided by their number."""
JUMP: Final = 0.5
"""It went slowly if no single step of a level was a larger share of the way: else it is a shift, not a drift."""
BACK: Final = 0.5
"""It has ended when the level is no further outside than this share."""
ADOPTED_S: Final = 7 * DAY_S
"""A drift that lasts longer becomes part of what is usual. [s]"""


class DriftDetector:
    """Compares levels with the range of those of the last days, in which all that the channel usually does lies.

    A machine that works in programmes goes up and down all day, so no slope is strange by itself; a level that no day
    had, reached slowly, is. The margin comes from how much the extremes of days differ: weather needs a wide one, a
    room under control a narrow one. What departs no faster than days differ anyway is not found.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._unit = watched.unit
        self._readiness = watched.sensitivity.get(Cause.DRIFT, 1.0)
        self._range = RANGE_AT_WILL if watched.quantity in RESTS_AT_ZERO else RANGE
        self._bin_s = max(BIN_S, watched.resolution_s or 0.0)
        self._samples: list[float] = list(known.get("samples", ()))
        self._bin: float | None = known.get("bin")
        self._next_s: float = known.get("next", 0.0)
        self._levels: list[list[float]] = [list(each) for each in known.get("levels", ())]
        self._today: list[float] = list(known.get("today", ()))
        self._days: list[list[float]] = [list(each) for each in known.get("days", ())]
        self._sign: float = known.get("sign", 0.0)
        self._since_s: float = known.get("since", 0.0)

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> "DriftDetector":
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value; most are not even sampled."""
        if at_s < self._next_s:
            return []
        self._next_s = at_s + self._bin_s / SAMPLES
        place = at_s // self._bin_s
        if place == self._bin:
            self._samples.append(value)
            return []
        found = []
        if self._bin is not None and self._samples:
            found = self._closed((self._bin + 1.0) * self._bin_s, median(self._samples), at_s)
        self._bin, self._samples = place, [value]
        return found

    def memory(self) -> Memory:
        """Return the bin that is open, the last levels, and the extremes of the last days."""
        return {
            "samples": self._samples,
            "bin": self._bin,
            "next": self._next_s,
            "levels": self._levels,
            "today": self._today,
            "days": self._days,
            "sign": self._sign,
            "since": self._since_s,
        }

    def _closed(self, end_s: float, level: float, at_s: float) -> list[Finding]:
        """Take the level of a bin that has ended."""
        recent = end_s - BINS * self._bin_s
        self._levels = [each for each in self._levels if each[0] > recent] + [[end_s, level]]
        found = self._judged(at_s)
        if not self._sign or end_s - self._since_s > ADOPTED_S:
            self._note(end_s, level)
        return found

    def _note(self, end_s: float, level: float) -> None:
        """Keep the extremes of today: its number, lowest, highest, and how many levels."""
        day = (end_s - 1.0) // DAY_S
        if self._today and self._today[0] != day:
            if self._today[3] * self._bin_s >= FULL_DAY * DAY_S:
                self._days = [*self._days, self._today[1:3]][-DAYS:]
            self._today = []
        if not self._today:
            self._today = [day, level, level, 1]
        else:
            _, low, high, count = self._today
            self._today = [day, min(low, level), max(high, level), count + 1]

    def _judged(self, at_s: float) -> list[Finding]:
        if len(self._days) < DAYS_FROM or len(self._levels) < LASTS:
            return []
        for sign in (1.0, -1.0):
            edge, margin = self._usual(sign)
            last = [sign * each[1] for each in self._levels[-LASTS:]]
            if self._sign == sign:
                if max(last) > edge + BACK * margin:
                    return []
                self._sign = 0.0
                return [Finding(Cause.DRIFT, at_s, holds=False)]
            outside = min(last) - edge
            if not self._sign and margin > 0.0 and outside >= margin and self._slowly(sign, edge + margin):
                self._sign, self._since_s = sign, at_s
                return [self._finding(at_s, sign * (edge + margin), score=outside / margin)]
        return []

    def _usual(self, sign: float) -> tuple[float, float]:
        """Return the usual extreme towards one side, taken as if upwards, and how far beyond it is too far."""
        lows, highs = zip(*self._days, strict=True)
        ends = highs if sign > 0 else [-each for each in lows]
        spread = max(ends) - min(ends)
        margin = max(self._range * (max(highs) - min(lows)), spread * (1.0 + DAYS_ADD / len(ends)))
        return max(ends), margin / self._readiness

    def _slowly(self, sign: float, threshold: float) -> bool:
        """Say whether the last levels tell of the way beyond the threshold, and no single step is most of it."""
        levels = [sign * each[1] for each in self._levels]
        if len(levels) < BINS // 2 or min(levels) >= threshold:
            return False
        steps = [after - before for before, after in pairwise(levels)]
        return max(steps) <= JUMP * (max(levels) - min(levels))

    def _finding(self, at_s: float, threshold: float, *, score: float) -> Finding:
        (first_s, first), (last_s, last) = self._levels[0], self._levels[-1]
        first_s -= self._bin_s
        level = Fact(
            code="LEVEL",
            message="The level has gone, slowly, beyond what it was in any of the days before.",
            value=last,
            threshold=threshold,
            unit=self._unit,
            first_s=last_s - self._bin_s,
            last_s=last_s,
        )
        slope: dict[str, Any] = {"value": last - first, "threshold": None, "unit": self._unit}
        way = Fact(code="CHANGE", message="So much did it change on the way.", first_s=first_s, last_s=last_s, **slope)
        return Finding(Cause.DRIFT, at_s, holds=True, score=score, facts=(level, way))
