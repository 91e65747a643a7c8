"""How often a channel speaks, and how many readings a stretch of time is then."""

from typing import Final

from twinql.domain.detection.finding import Memory
from twinql.domain.detection.stream_scale import HOLE_STEPS, Stretch

DAY_S: Final = 86_400.0
SLOT_S: Final = 300.0
"""Readings that come more often than this say little more about what is rare: rarity counts slots of this length.
[s]"""
_FOLLOWS: Final = 1.02


class Cadence:
    """Follows the median of the steps between readings, so that holes and bursts do not disturb it.

    Attributes:
        step_s: Usual time between two readings. [s]
        count: Readings since the beginning, or since the last hole.
        since_s: Observation time of the first of them, seconds since 1970 UTC. [s]
    """

    def __init__(self, resolution_s: float | None, memory: Memory | None = None) -> None:
        known = memory or {}
        self.step_s: float | None = known.get("step", resolution_s)
        self.count: int = known.get("count", 0)
        self.since_s: float = known.get("since", 0.0)
        self._last_s: float | None = known.get("last")

    def met(self, at_s: float) -> bool:
        """Count a reading; return whether the series begins with it, or begins again after a hole."""
        begins = self._last_s is None
        if self._last_s is not None:
            step_s = at_s - self._last_s
            if self.step_s is None:
                self.step_s = step_s
            begins = step_s > max(2.0 * DAY_S, HOLE_STEPS * self.step_s)
            self.step_s = self.step_s * _FOLLOWS if step_s > self.step_s else self.step_s / _FOLLOWS
        if begins:
            self.count, self.since_s = 0, at_s
        self.count += 1
        self._last_s = at_s
        return begins

    @property
    def slot_readings(self) -> float:
        """How many readings one slot holds, at least one."""
        return max(SLOT_S / self.step_s, 1.0) if self.step_s else 1.0

    def readings(self, stretch: Stretch, *, block: int = 1) -> float:
        """Return how many readings a stretch holds, or means of so many readings each."""
        if not self.step_s:
            return stretch.readings
        return max(stretch.readings, stretch.days * DAY_S / (self.step_s * block))

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {"step": self.step_s, "count": self.count, "since": self.since_s, "last": self._last_s}
