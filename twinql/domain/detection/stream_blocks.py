"""The mean of the newest slots of a series, so that fine sampling needs no more room."""

from collections import deque
from typing import Final

from twinql.domain.detection.finding import Memory
from twinql.domain.detection.stream_scale import SHORT_MEAN, SLOT_S
from twinql.domain.detection.stream_season import Pair

_FULL: Final = 0.9
"""A block of this share of a slot is over: clocks are not exact."""


class ShortMean:
    """Means of slots, and the mean of the newest of them.

    Attributes:
        length_s: Of the slot that the newest reading is in, up to now. [s]
    """

    def __init__(self, memory: Memory | None = None) -> None:
        known = memory or {}
        self._blocks: deque[tuple[float, float, float | None]] = deque(
            ((begun_s, value, usual) for begun_s, value, usual in known.get("blocks", ())), maxlen=SHORT_MEAN
        )
        self._begun_s: float = known.get("begun", 0.0)
        self._count: int = known.get("count", 0)
        self._sum: float = known.get("sum", 0.0)
        self._usual_sum: float | None = known.get("usual_sum", 0.0)
        self.length_s = 0.0

    def add(self, at_s: float, value: float, usual: float | None, *, step_s: float) -> tuple[Pair, Pair] | None:
        """Add a reading; where a slot is over with it, return the slot's mean and the mean of the newest slots.

        Args:
            at_s: Its observation time, seconds since 1970 UTC. [s]
            value: What it says. [unit]
            usual: What is usual at its hour; None where that is not known. [unit]
            step_s: Time since the reading before; the next one is expected after as much. [s]
        """
        if self._count == 0:
            self._begun_s, self._sum, self._usual_sum = at_s, 0.0, 0.0
        self._count += 1
        self._sum += value
        self._usual_sum = None if usual is None or self._usual_sum is None else self._usual_sum + usual
        self.length_s = at_s - self._begun_s + step_s
        if self.length_s < _FULL * SLOT_S:
            return None
        usual_mean = None if self._usual_sum is None else self._usual_sum / self._count
        newest = self._sum / self._count, usual_mean
        self._count = 0
        self._blocks.append((self._begun_s, *newest))
        return newest, self._mean()

    @property
    def first_s(self) -> float:
        """Observation time of the first reading in the mean, seconds since 1970 UTC. [s]."""
        return self._blocks[0][0] if self._blocks else self._begun_s

    def begin_again(self) -> None:
        """Forget all blocks."""
        self._blocks.clear()
        self._count = 0

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "blocks": [list(each) for each in self._blocks],
            "begun": self._begun_s,
            "count": self._count,
            "sum": self._sum,
            "usual_sum": self._usual_sum,
        }

    def _mean(self) -> Pair:
        mean = sum(value for _, value, _ in self._blocks) / len(self._blocks)
        usual = [each for _, _, each in self._blocks if each is not None]
        return mean, sum(usual) / len(usual) if len(usual) == len(self._blocks) else None
