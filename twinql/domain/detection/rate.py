"""A change that is too fast: for what somebody declared, or beyond all that the channel ever did."""

from math import frexp
from typing import Final

from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched
from twinql.domain.spoken import span, symbol_of

KNOWN_S: Final = 7 * 86_400.0
"""How long steps of about this length must be known before they are a measure: a week has every kind of day. [s]"""
KNOWN_STEPS: Final = 200
"""And how many of them must have been seen."""
TIMES: Final = 4.0
"""A step is too large from so many times the third largest one; the largest two may have been faults."""


class RateDetector:
    """Compares each step with the declared rate, and with the channel's own steps of about the same length in time.

    The declared rate holds against the last value that was reached rightly, as it does when readings are recorded: the
    way back from a spike is not blamed, and a new level is taken when time enough has passed.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._unit = watched.unit
        self._rate = None if watched.rate_per_minute is None else watched.rate_per_minute / 60.0
        self._times = TIMES / watched.sensitivity.get(Cause.RAPID_CHANGE, 1.0)
        self._last: tuple[float, float] | None = _pair(known.get("last"))
        self._right: tuple[float, float] | None = _pair(known.get("right"))
        self._steps: dict[str, list[float]] = {key: list(each) for key, each in known.get("steps", {}).items()}
        self._fast: bool = known.get("fast", False)

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> "RateDetector":
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value."""
        last, self._last = self._last, (at_s, value)
        if last is None or self._right is None:
            self._right = (at_s, value)
            return []
        fact = self._declared(at_s, value) or self._learned(last, at_s, value)
        if fact is None or fact.code != "RATE":
            self._right = (at_s, value)
        if (fact is not None) is self._fast:
            return []
        self._fast = fact is not None
        if fact is None or fact.value is None or fact.threshold is None:
            return [Finding(Cause.RAPID_CHANGE, at_s, holds=False)]
        score = fact.value / fact.threshold
        return [Finding(Cause.RAPID_CHANGE, at_s, holds=True, score=score, facts=(fact,))]

    def memory(self) -> Memory:
        """Return the last values, and for each power of two of seconds its first step, their number, the largest."""
        return {
            "last": self._last,
            "right": self._right,
            "steps": self._steps,
            "fast": self._fast,
        }

    def _declared(self, at_s: float, value: float) -> Fact | None:
        if self._rate is None or self._right is None:
            return None
        since_s, before = self._right
        if abs(value - before) <= self._rate * (at_s - since_s):
            return None
        passed_s, way = at_s - since_s, "rose" if value > before else "fell"
        declared = f"{60.0 * self._rate:.4g} {symbol_of(self._unit)}".rstrip()
        message = f"The value {way} by more than the declared {declared} per minute can be in {span(passed_s)}."
        return Fact("RATE", message, abs(value - before), self._rate * passed_s, self._unit, since_s, at_s)

    def _learned(self, last: tuple[float, float], at_s: float, value: float) -> Fact | None:
        step = abs(value - last[1])
        key = str(frexp(at_s - last[0])[1])
        known = self._steps.get(key)
        if known is None:
            known = self._steps[key] = [at_s, 0, 0.0, 0.0, 0.0]
        third = known[-1]
        if step > third:
            ripe = known[1] >= KNOWN_STEPS and at_s - known[0] >= KNOWN_S
            if ripe and 0.0 < self._times * third < step:
                message = f"The value has hardly ever changed by as much within about {span(at_s - last[0])}."
                return Fact("STEP", message, step, self._times * third, self._unit, last[0], at_s)
            known[2:] = sorted([*known[2:], step], reverse=True)[:-1]
        known[1] += 1
        return None


def _pair(stored: list[float] | tuple[float, float] | None) -> tuple[float, float] | None:
    return None if stored is None else (stored[0], stored[1])
