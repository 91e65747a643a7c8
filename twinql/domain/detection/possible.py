"""Values that cannot be: outside of what was declared plausible, whatever the channel did before."""

from typing import Final

from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched

QUIET_READINGS: Final = 5
"""The condition ends after so many values in a row that can be: what flickers is one finding."""


class PossibleDetector:
    """Finds values above the plausible maximum (SPIKE) or below the minimum (DIP), from the first reading on."""

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._unit = watched.unit
        self._low, self._high = watched.plausible_minimum, watched.plausible_maximum
        self._without: dict[str, int] = dict(known.get("without", {}))

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> "PossibleDetector":
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value."""
        beyond = None
        if self._high is not None and value > self._high:
            beyond = Cause.SPIKE, self._high, "The value is higher than was declared to be possible."
        elif self._low is not None and value < self._low:
            beyond = Cause.DIP, self._low, "The value is lower than was declared to be possible."
        if beyond is None and not self._without:
            return []
        found = self._ended(at_s, None if beyond is None else beyond[0])
        if beyond is None:
            return found
        cause, bound, message = beyond
        begins = cause.value not in self._without
        self._without[cause.value] = 0
        if begins:
            fact = Fact("IMPLAUSIBLE", message, value, bound, self._unit, at_s, at_s)
            score = 1.0 + abs(value - bound) / self._scale(bound)
            found.append(Finding(cause, at_s, holds=True, score=score, facts=(fact,)))
        return found

    def memory(self) -> Memory:
        """Return, for each cause that holds, how many values since were possible."""
        return {"without": self._without}

    def _ended(self, at_s: float, cause: Cause | None) -> list[Finding]:
        found = []
        for name in [name for name in self._without if cause is None or name != cause.value]:
            self._without[name] += 1
            if self._without[name] >= QUIET_READINGS:
                del self._without[name]
                found.append(Finding(Cause(name), at_s, holds=False))
        return found

    def _scale(self, bound: float) -> float:
        if self._low is not None and self._high is not None and self._high > self._low:
            return self._high - self._low
        return abs(bound) or 1.0
