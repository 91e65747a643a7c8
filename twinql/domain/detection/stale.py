"""A channel that has fallen silent: its newest reading is older than it may be."""

from typing import Final

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.arrivals import Arrivals
from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched

STALE_RESOLUTIONS: Final = 3.0
"""A channel is stale when its newest reading is this many resolutions old."""
STALE_AGES: Final = 2.0
"""But not before so many times the age at which the next one usually comes: some are delivered once a day."""
STALE_AGES_ALONE: Final = 4.0
"""Or so many where nobody said a resolution."""
STALE_FROM_S: Final = 60.0
"""And never before this. [s]"""


class StaleDetector:
    """Compares the age of the newest reading with what is allowed, whenever it is told the present.

    A channel whose clock is off speaks: the instant of recording counts for what comes in step, and for a row that is
    ahead of it. Channels that
    speak when something changes (STATE, and those that commands set) are silent by right unless somebody said a
    resolution. A channel that has never spoken is not stale.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._resolution_s = watched.resolution_s
        on_change = watched.kind is ReadingKind.STATE or watched.writable
        self._followed = not watched.schedule and not (on_change and watched.resolution_s is None)
        self._heard_s: float | None = known.get("heard")
        self._newest_s: float | None = known.get("newest")
        self.stale: bool = known.get("stale", False)

    def allowed_s(self, arrivals: Arrivals) -> float | None:
        """Return how old the newest reading may be; None where silence says nothing. [s]."""
        if not self._followed or (self._resolution_s is None and arrivals.age_s is None):
            return None
        if self._resolution_s is None:
            return max(STALE_FROM_S, STALE_AGES_ALONE * (arrivals.age_s or 0.0))
        usual_s = arrivals.oldest_s if arrivals.age_s is None else arrivals.age_s
        return max(STALE_FROM_S, STALE_RESOLUTIONS * self._resolution_s, STALE_AGES * usual_s)

    def heard(self, at_s: float, recorded_s: float, arrivals: Arrivals) -> list[Finding]:
        """Note a row.

        Args:
            at_s: The instant that it names, seconds since 1970 UTC. [s]
            recorded_s: When it was recorded. [s]
            arrivals: What is usual.

        Returns:
            The end of STALE where the row is young enough.
        """
        self._newest_s = at_s if self._newest_s is None else max(self._newest_s, at_s)
        return self._ended(recorded_s, arrivals)

    def spoke(self, heard_s: float, recorded_s: float, arrivals: Arrivals) -> list[Finding]:
        """Note at an instant of recording that rows had come, whatever instants they name."""
        self._heard_s = heard_s if self._heard_s is None else max(self._heard_s, heard_s)
        return self._ended(recorded_s, arrivals)

    def tick(self, now_s: float, arrivals: Arrivals) -> list[Finding]:
        """Look at the clock.

        Args:
            now_s: The present, seconds since 1970 UTC. [s]
            arrivals: What is usual.

        Returns:
            STALE where it begins.
        """
        allowed_s = self.allowed_s(arrivals)
        newest_s = self._heard_s if self._newest_s is None else self._newest_s
        if self.stale or allowed_s is None or newest_s is None:
            return []
        age_s = self._age_s(now_s)
        if age_s <= allowed_s:
            return []
        self.stale = True
        fact = Fact(
            code="AGE",
            message="Nothing newer has come for longer than the channel may be silent.",
            value=age_s,
            threshold=allowed_s,
            unit="SECOND",
            first_s=newest_s,
            last_s=newest_s,
        )
        return [Finding(Cause.STALE, now_s, holds=True, score=age_s / allowed_s, facts=(fact,))]

    def memory(self) -> Memory:
        """Return when the channel was heard last, and whether it is stale."""
        return {"heard": self._heard_s, "newest": self._newest_s, "stale": self.stale}

    def _ended(self, recorded_s: float, arrivals: Arrivals) -> list[Finding]:
        if not self.stale:
            return []
        allowed_s = self.allowed_s(arrivals)
        if allowed_s is not None and self._age_s(recorded_s) > allowed_s:
            return []
        self.stale = False
        return [Finding(Cause.STALE, recorded_s, holds=False)]

    def _age_s(self, now_s: float) -> float:
        newest = [each for each in (self._newest_s, self._heard_s) if each is not None]
        return now_s - max(newest)
