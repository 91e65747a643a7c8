"""The mean of the newest readings, in blocks, so that fine sampling needs no more room."""

from collections import deque

from twinql.domain.detection.finding import Memory
from twinql.domain.detection.stream_scale import SHORT_MEAN

Pair = tuple[float, float | None]
"""A value, and what is usual at its hour; None where that is not known. [unit]"""


class ShortMean:
    """Means of blocks of readings, and the mean of the newest blocks.

    Attributes:
        first_s: Observation time of the first reading of the oldest block, seconds since 1970 UTC. [s]
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

    def add(self, at_s: float, value: float, usual: float | None, *, size: int) -> tuple[Pair, Pair] | None:
        """Add a reading; once a block has as many as `size`, return it and the mean of the newest blocks."""
        if self._count == 0:
            self._begun_s, self._sum, self._usual_sum = at_s, 0.0, 0.0
        self._count += 1
        self._sum += value
        self._usual_sum = None if usual is None or self._usual_sum is None else self._usual_sum + usual
        if self._count < size:
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
