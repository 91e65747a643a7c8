"""Finds that a channel uses more or less than it usually does, at its base load and in the middle."""

from dataclasses import dataclass
from math import exp, inf, log
from statistics import median
from typing import Any

from twinql.domain.detection.energy_highs import Highs, eased
from twinql.domain.detection.energy_limits import (
    DAY_S,
    HISTORY_DAYS,
    HOUR_S,
    LEVEL_ACCEPTED_DAYS,
    LEVEL_BACK,
    LEVEL_BEYOND,
    LEVEL_DAYS,
    LEVEL_DAYS_LEAST,
    LEVEL_FACTOR,
    LEVEL_HOURS,
    LEVEL_READING_S,
    LEVEL_READINGS,
    LEVEL_SOFT,
    RANK,
    TAMPER_SHARE,
)
from twinql.domain.detection.finding import Memory

_TENTH = 10
_JUST = 1.000001


@dataclass(frozen=True, slots=True)
class Levels:
    """A stretch's base load (the tenth part from below) and median, in the unit of the channel."""

    base: float
    middle: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which readings a level was taken from.

    Attributes:
        first_s: The first one, seconds since 1970 UTC. [s]
        last_s: The last one. [s]
        left_out: How many of those between were wrong by themselves, and do not count.
        every: How many readings count as one, with their mean.
    """

    first_s: float
    last_s: float
    left_out: int
    every: int


class Level:
    """The level of the last stretch beside the usual one, and how far the two are usually apart."""

    def __init__(self, step_s: float, memory: Memory | None = None) -> None:
        """Begin with nothing, or go on from memory: `step_s` is the time between readings. [s]."""
        known = memory or {}
        self._every = max(1, round(LEVEL_READING_S / step_s))
        self._size = max(LEVEL_READINGS, round(LEVEL_HOURS * HOUR_S / (step_s * self._every)))
        self._part: tuple[int, float] = tuple(known.get("part", (0, 0.0)))
        self._window: list[float] = list(known.get("window", ()))
        self._left_out: int = known.get("left_out", 0)
        self._begins: list[tuple[float, int]] = [tuple(each) for each in known.get("begins", ())]
        self._begun: tuple[float, int] = tuple(known.get("begun", (0.0, 0)))
        self._ended: tuple[float, int] = tuple(known.get("ended", (0.0, 0)))
        self._day: int | None = known.get("day")
        self._days: list[list[float]] = [list(each) for each in known.get("days", ())]
        self._ups = Highs(blocks=HISTORY_DAYS, rank=RANK, memory=known.get("ups"))
        self._downs = Highs(blocks=HISTORY_DAYS, rank=RANK, memory=known.get("downs"))
        self._since_s: float | None = known.get("since_s")
        self._found_at: float = known.get("found_at", 0.0)
        self.shifted: int = known.get("shifted", 0)
        self.ratio: float = known.get("ratio", 1.0)
        self.usual: Levels | None = None
        self._settle()

    @property
    def raised(self) -> float:
        """How many times the usual the channel is at while it is shifted upwards, else 1."""
        return max(self.ratio, 1.0) if self.shifted > 0 else 1.0

    @property
    def collapsed(self) -> float:
        """How many times an implausible fall the fall is: above 1 where base load and median are all but gone."""
        return TAMPER_SHARE / self.ratio if self.shifted < 0 else 0.0

    def update(self, at_s: float, day: int, value: float | None, *, ready: bool, readily: float = 1.0) -> float:
        """Look at a reading.

        Args:
            at_s: Its time, seconds since 1970 UTC. [s]
            day: Its local day.
            value: What it was; None where it is wrong by itself, and says nothing about the level. [unit]
            ready: Whether enough days were seen to say what is usual.
            readily: What the least shift is divided by, and the excess over the largest that is usual.

        Returns:
            How many times its threshold a shift is that holds or begins, and at least just above 1; 0 where none does.
        """
        self._count(at_s, value)
        if day != self._day:
            self._day = day
            self._close_day()
        ratios = self._ratios()
        if ratios is None:
            return 0.0
        if self.shifted:
            return self._go_on(at_s, day, *ratios)
        return self._begin(at_s, day, *ratios, readily=readily if ready else 0.0)

    def now(self) -> Levels:
        """Return the level of the last stretch, which must hold readings."""
        ordered = sorted(self._window)
        return Levels(ordered[len(ordered) // _TENTH], ordered[len(ordered) // 2])

    @property
    def stretch(self) -> Stretch:
        """Which readings the level was last taken from; there must be some."""
        (first_s, before), (last_s, until) = self._begins[0], self._ended
        return Stretch(first_s, last_s, until - before, self._every)

    @property
    def threshold(self) -> float:
        """What the ratio was compared with when the shift was found: above 1 where it is upwards, else below."""
        return exp(self._found_at * self.shifted)

    def forget(self) -> None:
        """Learn the usual level anew; a shift has ended."""
        self._window, self._begins, self._part, self._days, self._since_s = [], [], (0, 0.0), [], None
        self.usual, self.shifted, self.ratio = None, 0, 1.0

    def _begin(self, at_s: float, day: int, least: float, most: float, *, readily: float) -> float:
        found = 0.0
        for sign, shift, highs in ((1, log(least), self._ups), (-1, -log(most), self._downs)):
            threshold = _threshold(highs.high or 0.0, readily) if readily else inf
            if highs.high is None or shift <= threshold:
                highs.add(day, max(shift, 0.0))
                continue
            highs.add_found(day, shift, least=log(LEVEL_FACTOR))
            self.shifted, self._since_s, self._found_at = sign, at_s, threshold
            self.ratio = least if sign > 0 else most
            found = shift / threshold
        return found

    def _go_on(self, at_s: float, day: int, least: float, most: float) -> float:
        self.ratio = least if self.shifted > 0 else most
        shift = self.shifted * log(self.ratio)
        (self._ups if self.shifted > 0 else self._downs).add_found(day, shift, least=log(LEVEL_FACTOR))
        assert self._since_s is not None
        if at_s - self._since_s > LEVEL_ACCEPTED_DAYS * DAY_S:
            self.forget()
            return 0.0
        if shift < self._found_at * LEVEL_BACK:
            self.shifted, self._since_s, self.ratio = 0, None, 1.0
            return 0.0
        return max(shift / self._found_at, _JUST)

    def _ratios(self) -> tuple[float, float] | None:
        """Return how many times the usual the level is: at the less shifted end, then at the more shifted one."""
        usual = self.usual
        if usual is None or len(self._window) < self._size:
            return None
        now, soft = self.now(), LEVEL_SOFT * usual.middle
        below, above = usual.base + soft, usual.middle + soft
        if below <= 0 or above <= 0 or now.base + soft <= 0 or now.middle + soft <= 0:
            return None
        base, middle = (now.base + soft) / below, (now.middle + soft) / above
        least, most = min(base, middle), max(base, middle)
        return (least, most) if least > 0 and most < inf else None

    def _count(self, at_s: float, value: float | None) -> None:
        """Count a reading, or that one was left out."""
        if value is None:
            self._left_out += 1
            return
        count, total = self._part[0] + 1, self._part[1] + value
        self._part = (count, total)
        if count == 1:
            self._begun = (at_s, self._left_out)
        if count == self._every:
            self._window = [*self._window, total / count][-self._size :]
            self._begins = [*self._begins, self._begun][-self._size :]
            self._part, self._ended = (0, 0.0), (at_s, self._left_out)

    def _close_day(self) -> None:
        if self.shifted or len(self._window) < self._size:
            return
        now = self.now()
        self._days = [*self._days, [now.base, now.middle]][-LEVEL_DAYS:]
        self._settle()

    def _settle(self) -> None:
        if len(self._days) >= LEVEL_DAYS_LEAST:
            self.usual = Levels(median(day[0] for day in self._days), median(day[1] for day in self._days))

    def memory(self) -> dict[str, Any]:
        """Return all that it needs to go on."""
        return {
            "window": self._window,
            "left_out": self._left_out,
            "begins": [list(each) for each in self._begins],
            "begun": list(self._begun),
            "ended": list(self._ended),
            "part": list(self._part),
            "day": self._day,
            "days": self._days,
            "ups": self._ups.memory(),
            "downs": self._downs.memory(),
            "since_s": self._since_s,
            "found_at": self._found_at,
            "shifted": self.shifted,
            "ratio": self.ratio,
        }


def _threshold(usual: float, readily: float) -> float:
    """Return from where on a shift is found, as logarithm, beside the largest that is usual."""
    return max(log(LEVEL_FACTOR) / readily, eased(LEVEL_BEYOND, readily) * usual)
