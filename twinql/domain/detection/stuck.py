"""A sensor that repeats one value for longer than it naturally does."""

from typing import Final

from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched
from twinql.domain.detection.rest import RESTS_AT_ZERO

DAY_S: Final = 86_400.0
KNOWN_FROM: Final = 200
"""Readings before anything is said. A channel that has hardly ever repeated itself in so many is one that varies."""
VARIES: Final = 0.01
"""It varies where no larger share of its readings repeats the one before, and never more than `FEW` in a row."""
FEW: Final = 3
STUCK_READINGS: Final = 12
"""A channel that varies is stuck after so many equal readings,"""
STUCK_S: Final = 120.0
"""that span this long. [s]"""
FLAT_KNOWN_S: Final = 8 * DAY_S
"""One that is flat by nature must be known for longer than a week, so that its quiet days have been seen; [s]"""
FLAT_TIMES: Final = 3.0
"""then it is stuck after so many times the longest time for which it was ever flat,"""
FLAT_FROM_S: Final = 3600.0
"""and not before this. [s]"""
FASTER: Final = 0.5
"""Steps shorter than this share of the usual one,"""
FASTER_READINGS: Final = 20
"""so many in a row, are a new rhythm: what varies every hour may well be flat for minutes. Until `KNOWN_FROM` readings
were seen in it, what the slower one told holds: `FLAT_TIMES` the longest time for which it can have missed a change."""
FOLLOWS: Final = 0.02
"""How fast the usual step follows the newest."""
HOLE: Final = 3.0
"""Time between readings counts up to so many resolutions: what was not seen was not flat. The usual step follows up to
so many usual steps."""


class StuckDetector:
    """Measures how long a value repeats, and compares that with how long it ever did.

    Quantised sensors, controlled rooms and tools at rest repeat themselves: their longest stretch is learned. The zero
    of what can be switched off is never stuck.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._unit = watched.unit
        self._rests = watched.quantity in RESTS_AT_ZERO
        self._readiness = watched.sensitivity.get(Cause.STUCK, 1.0)
        self._step_s = None if watched.resolution_s is None else HOLE * watched.resolution_s
        self._value: float | None = known.get("value")
        self._since_s: float = known.get("since", 0.0)
        self._last_s: float = known.get("last", 0.0)
        self._flat_s: float = known.get("flat", 0.0)
        self._run: int = known.get("run", 0)
        self._count: int = known.get("count", 0)
        self._repeats: int = known.get("repeats", 0)
        self._known_s: float = known.get("known", 0.0)
        self._longest_s: float = known.get("longest", 0.0)
        self._longest_run: int = known.get("longest_run", 0)
        self._pace_s: float = known.get("pace", 0.0)
        self._faster: int = known.get("faster", 0)
        self._slower_s: float | None = known.get("slower")
        self._stuck: bool = known.get("stuck", False)

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> "StuckDetector":
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value."""
        if self._value is None:
            self._begin(at_s, value)
            return []
        step_s = at_s - self._last_s
        self._last_s = at_s
        self._keep_pace(step_s)
        if self._step_s is not None and step_s > self._step_s:
            step_s = self._step_s
        self._known_s += step_s
        if value != self._value:
            return self._ended(at_s, value)
        if value == 0.0 and self._rests:
            return []
        self._count += 1
        self._repeats += 1
        self._run += 1
        self._flat_s += step_s
        if self._stuck or self._run < STUCK_READINGS:
            return []
        allowed_s = self._allowed_s()
        if allowed_s is None or self._flat_s < allowed_s:
            return []
        self._stuck = True
        since_s, flat_s = self._since_s, self._flat_s
        allowed = "For so long the same value came, and from so long on that is not natural for this channel."
        usual = "The same time, beside the longest within which the value changed so far."
        facts = (
            Fact("UNCHANGED", allowed, flat_s, allowed_s, "SECOND", since_s, at_s),
            Fact("USUAL_FLAT", usual, flat_s, self._longest_s + self._pace_s, "SECOND", since_s, at_s),
            Fact("VALUE", "The value that repeats.", value, None, self._unit, since_s, at_s),
        )
        return [Finding(Cause.STUCK, at_s, holds=True, score=flat_s / allowed_s, facts=facts)]

    def memory(self) -> Memory:
        """Return the stretch that goes on, and what was learned of those before."""
        return {
            "value": self._value,
            "since": self._since_s,
            "last": self._last_s,
            "flat": self._flat_s,
            "run": self._run,
            "count": self._count,
            "repeats": self._repeats,
            "known": self._known_s,
            "longest": self._longest_s,
            "longest_run": self._longest_run,
            "pace": self._pace_s,
            "faster": self._faster,
            "slower": self._slower_s,
            "stuck": self._stuck,
        }

    def _allowed_s(self) -> float | None:
        """Return how long the value may repeat; None while that is not known. [s]."""
        if self._count - self._run < KNOWN_FROM:
            return None if self._slower_s is None else self._slower_s / self._readiness
        if self._varies():
            return max(STUCK_S, FLAT_TIMES * self._longest_s) / self._readiness
        if self._known_s - self._flat_s < FLAT_KNOWN_S:
            return None
        return max(FLAT_FROM_S, FLAT_TIMES * self._longest_s) / self._readiness

    def _varies(self) -> bool:
        return self._longest_run <= FEW and self._repeats - self._run <= VARIES * (self._count - self._run)

    def _keep_pace(self, step_s: float) -> None:
        """Follow the usual step; in a faster rhythm, learn anew whether the channel varies."""
        self._faster = self._faster + 1 if step_s < FASTER * self._pace_s else 0
        if self._faster >= FASTER_READINGS:
            if self._count - self._run >= KNOWN_FROM:
                unseen_s = max(self._longest_s, self._longest_run * self._pace_s) + self._pace_s
                self._slower_s = max(STUCK_S, FLAT_TIMES * unseen_s) if self._varies() else None
            self._pace_s, self._faster = step_s, 0
            self._count = self._repeats = self._longest_run = self._run = 0
        elif not self._faster:
            # A hole is no rhythm.
            self._pace_s = self._pace_s + FOLLOWS * (min(step_s, HOLE * self._pace_s) - self._pace_s) or step_s

    def _begin(self, at_s: float, value: float) -> None:
        self._value, self._since_s, self._last_s, self._flat_s, self._run = value, at_s, at_s, 0.0, 0
        self._count += 1

    def _ended(self, at_s: float, value: float) -> list[Finding]:
        stuck, self._stuck = self._stuck, False
        if not stuck:
            self._longest_s = max(self._longest_s, self._flat_s)
            self._longest_run = max(self._longest_run, self._run)
        else:  # what a fault repeated says nothing of what is natural
            self._count -= self._run
            self._repeats -= self._run
        self._begin(at_s, value)
        return [Finding(Cause.STUCK, at_s, holds=False)] if stuck else []
