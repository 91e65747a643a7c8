"""When a rare excursion begins to hold, and when it has ended: one finding for one event."""

from typing import Final

from twinql.domain.detection.finding import Memory

LASTS: Final = 100.0
"""After so many slots a condition has ended even where the values stay out there: they have become usual. Before that
no other one of its cause begins."""
RARER: Final = 1.0
"""But one that is ten times rarer than the last one begins at once."""
BACK: Final = 0.5
"""It has ended where the excursion is back to this share of what it began with."""


class Condition:
    """Whether one cause holds.

    Attributes:
        holds: Now.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        known = memory or {}
        self.holds: bool = known.get("holds", False)
        self._since: float = known.get("since", LASTS)
        self._began_with: float = known.get("began_with", 0.0)
        self._rarity: float = known.get("rarity", 0.0)

    def look(self, excursion: float, rarity: float, *, required: float, slots: float) -> bool:
        """Follow the next excursion; return whether the condition has just begun or ended.

        Args:
            excursion: From the baseline, negative below it. [unit]
            rarity: Of such an excursion, 0 in a direction that is not the cause's: decimal logarithm of how many slots
                are met for one that is as large.
            required: The rarity from which on it is found.
            slots: How long since the excursion before.
        """
        self._since = min(self._since + slots, LASTS)
        if self.holds:
            stays_out = excursion * self._began_with >= BACK * self._began_with**2
            self.holds = self._since < LASTS and stays_out
            return not self.holds
        if rarity < required or (self._since < LASTS and rarity < self._rarity + RARER):
            return False
        self.holds, self._since, self._began_with, self._rarity = True, 0.0, excursion, rarity
        return True

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "holds": self.holds,
            "since": self._since,
            "began_with": self._began_with,
            "rarity": self._rarity,
        }
