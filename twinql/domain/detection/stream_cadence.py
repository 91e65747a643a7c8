"""When a channel speaks: how long each reading stands for, and where a series begins again."""

from typing import Final

from twinql.domain.detection.finding import Memory
from twinql.domain.detection.stream_scale import DAY_S, HOLE_STEPS, SLOT_S

_FOLLOWS: Final = 1.02


class Cadence:
    """Follows the steps between readings, and their median, so that bursts do not make a hole of a usual pause.

    Attributes:
        step_s: Time since the reading before; for the first one the usual step. [s]
        count: Readings since the beginning, or since the last hole.
        since_s: Observation time of the first of them, seconds since 1970 UTC. [s]
    """

    def __init__(self, resolution_s: float | None, memory: Memory | None = None) -> None:
        known = memory or {}
        self.count: int = known.get("count", 0)
        self.since_s: float = known.get("since", 0.0)
        self._usual_s: float | None = known.get("usual", resolution_s)
        self._last_s: float | None = known.get("last")
        self.step_s = 0.0

    def met(self, at_s: float) -> bool:
        """Count a reading; return whether the series begins with it, or begins again after a hole."""
        begins = self._last_s is None
        if self._last_s is not None:
            self.step_s = at_s - self._last_s
            usual_s = self.step_s if self._usual_s is None else self._usual_s
            begins = self.step_s > max(2.0 * DAY_S, HOLE_STEPS * usual_s)
            self._usual_s = usual_s * _FOLLOWS if self.step_s > usual_s else usual_s / _FOLLOWS
        if begins:
            self.count, self.since_s = 0, at_s
            self.step_s = self._usual_s or SLOT_S
        self.count += 1
        self._last_s = at_s
        return begins

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {"count": self.count, "since": self.since_s, "usual": self._usual_s, "last": self._last_s}
