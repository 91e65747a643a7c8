"""Turns what holds reading by reading into edges: one finding where a condition begins, one where it has ended."""

from collections.abc import Callable, Sequence
from typing import Any

from twinql.domain.detection.finding import Cause, Fact, Finding


class Condition:
    """Whether something is wrong, and since when it was last seen."""

    def __init__(self, cause: Cause, *, quiet: int = 1, memory: Sequence[Any] | None = None) -> None:
        """Begin with nothing wrong, or go on from memory: `quiet` readings without it end the condition."""
        self._cause, self._quiet = cause, quiet
        holds, without = memory or (False, 0)
        self.holds: bool = holds
        self._without: int = without

    def update(self, at_s: float, score: float, facts: Callable[[], tuple[Fact, ...]]) -> list[Finding]:
        """Look at a reading.

        Args:
            at_s: Its time, seconds since 1970 UTC. [s]
            score: How far it is beyond what is usual: the condition is there above 1.
            facts: Called only where the condition begins.

        Returns:
            One finding where it begins or has ended, else none.
        """
        if score > 1:
            self._without = 0
            if self.holds:
                return []
            self.holds = True
            return [Finding(self._cause, at_s, True, score, facts())]
        if not self.holds:
            return []
        self._without += 1
        if self._without < self._quiet:
            return []
        self.holds = False
        return [Finding(self._cause, at_s, False)]

    def memory(self) -> list[Any]:
        """Return all that it needs to go on."""
        return [self.holds, self._without]
