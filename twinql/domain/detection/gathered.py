"""What a register counted, gathered to intervals in which a pattern can be seen."""

from dataclasses import replace
from typing import Final

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.energy import EnergyDetector
from twinql.domain.detection.finding import Finding, Memory, Watched
from twinql.domain.detection.steps import RegisterDetector

SHORTEST_S: Final = 900.0
"""Steps of a register are gathered to at least this: a second of one says nothing of how much is used. [s]"""
LONGEST: Final = 1.5
"""What was counted in more than so many intervals at once is left out: nobody knows when it flowed."""
EARLY_S: Final = 1.0
"""So much earlier an interval may end. [s]"""


class GatheredDetector:
    """Turns a register's steps into energy per interval, which `EnergyDetector` looks at.

    The interval is the resolution, or a quarter of an hour where that is shorter; without a resolution nothing is
    looked at. What cannot be told, across a fall or a hole, is a hole.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._interval_s = None if watched.resolution_s is None else max(watched.resolution_s, SHORTEST_S)
        self._register = RegisterDetector.of(watched, known.get("register"))
        as_interval = replace(watched, kind=ReadingKind.INTERVAL, resolution_s=self._interval_s)
        self._energy = EnergyDetector.of(as_interval, known.get("energy"))
        self._amount: float = known.get("amount", 0.0)
        self._elapsed_s: float = known.get("elapsed", 0.0)

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> "GatheredDetector":
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value of the register."""
        self._register.update(at_s, value)
        if self._interval_s is None or self._register.counted is None:
            self._amount = self._elapsed_s = 0.0
            return []
        self._amount += self._register.counted[0]
        self._elapsed_s += self._register.counted[1]
        if self._elapsed_s < self._interval_s - EARLY_S:
            return []
        share = self._interval_s / self._elapsed_s
        amount, whole = self._amount * share, self._elapsed_s <= LONGEST * self._interval_s
        self._amount = self._elapsed_s = 0.0
        return list(self._energy.update(at_s, amount)) if whole else []

    def memory(self) -> Memory:
        """Return the register's, the interval that is open, and what was learned of energy."""
        return {
            "register": self._register.memory(),
            "energy": self._energy.memory(),
            "amount": self._amount,
            "elapsed": self._elapsed_s,
        }
