"""Finds readings that jump to and fro more widely than the channel does."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from twinql.domain.detection.energy_highs import Highs, eased
from twinql.domain.detection.energy_limits import HISTORY_DAYS, RANK, SWINGS
from twinql.domain.detection.finding import Memory

_LONGEST = max(count for count, _, _ in SWINGS)


@dataclass(frozen=True, slots=True)
class Swing:
    """The most telling of what was compared.

    Attributes:
        score: How many times its threshold the swing is; 0 where nothing alternates or too little is known.
        width: The smallest of the changes. [unit of the channel]
        threshold: What it was compared with. [unit of the channel]
        changes: How many changes alternated.
    """

    score: float = 0.0
    width: float = 0.0
    threshold: float = 0.0
    changes: int = 0


class Swings:
    """The last changes from reading to reading, and how widely they alternate on other days."""

    def __init__(self, memory: Memory | None = None) -> None:
        """Begin with nothing, or go on from memory."""
        known = memory or {}
        self._changes: list[float] = list(known.get("changes", ()))
        highs = known.get("highs") or [None] * len(SWINGS)
        self._highs = [Highs(blocks=HISTORY_DAYS, rank=RANK, memory=each) for each in highs]

    def update(self, day: int, change: float, high: float | None, *, readily: float = 1.0) -> Swing:
        """Look at a change.

        Args:
            day: Its local day.
            change: From the reading before. [unit of the channel]
            high: The channel's high; None while it is not known. [unit of the channel]
            readily: What the excess over what is usual is divided by, and the share of the high.

        Returns:
            What was found.
        """
        self._changes = [*self._changes, change][-_LONGEST:]
        worst = Swing()
        for (count, over, share), highs in zip(SWINGS, self._highs, strict=True):
            width = _width(self._changes[-count:]) if len(self._changes) >= count else 0.0
            usual = highs.high
            if width == 0 or high is None or high <= 0 or usual is None:
                highs.add(day, width)
                continue
            threshold = max(usual * eased(over, readily), high * share / readily)
            if width <= threshold:
                highs.add(day, width)
                continue
            highs.add_found(day, width, least=high * share / over)
            if width / threshold > worst.score:
                worst = Swing(width / threshold, width, threshold, count)
        return worst

    def cut(self) -> None:
        """Forget the last changes: a hole follows them."""
        self._changes = []

    def memory(self) -> dict[str, Any]:
        """Return all that it needs to go on."""
        return {"changes": self._changes, "highs": [each.memory() for each in self._highs]}


def _width(changes: list[float]) -> float:
    """Return the smallest of changes that alternate in direction, 0 where they do not."""
    for earlier, later in pairwise(changes):
        if not (earlier < 0 < later or later < 0 < earlier):
            return 0.0
    return min(abs(change) for change in changes)
