"""A clock that is off: readings that name, one after the other, instants as far from the present as never before."""

from typing import Final, NamedTuple

from twinql.domain.detection.arrivals import Arrivals, Delivery
from twinql.domain.detection.finding import Cause, Fact, Finding, Memory

OFF_FROM_S: Final = 60.0
"""A clock that is off by less is not found. [s]"""
OFF_SPACINGS: Final = 0.75
"""Nor one that is off by less than this share of the time between two deliveries."""
OFF_SPREADS: Final = 8.0
"""Nor one that is off by less than so many times as much as the lag usually varies."""
IN_A_ROW: Final = 5
"""So many deliveries in step must agree, so that a late row, a backlog and an import of the past say nothing."""
FOR_S: Final = 30.0
"""And they must span this long. [s]"""
AGREE: Final = 0.25
"""They agree where they differ by no more than this share of what they are off."""
BACK_AFTER: Final = 3
"""So many deliveries with the usual lag end it."""


class _Suspects(NamedTuple):
    """Deliveries in step that are off by about as much: how many, where they begin, and between which bounds."""

    agreeing: int
    recorded_s: float
    observed_s: float
    low_s: float
    high_s: float


class ClockDetector:
    """Compares the lag of deliveries with the usual one; while none is learned, only a future one is strange.

    The finding's time is that of recording: the observation time is what is wrong.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        known = memory or {}
        self._suspects = _Suspects(*known["suspects"]) if known.get("suspects") else None
        self._back: int = known.get("back", 0)
        self.off: bool = known.get("off", False)

    def look(self, delivery: Delivery, arrivals: Arrivals) -> list[Finding]:
        """Look at a delivery, and learn from it where nothing is strange about it.

        Args:
            delivery: The one that has just ended.
            arrivals: What is usual.

        Returns:
            CLOCK_OFF where it begins or ends.
        """
        usual_s = arrivals.lag_s
        away_s = delivery.lag_s - (usual_s or 0.0)
        strange = abs(away_s) > _tolerance_s(arrivals) if usual_s is not None else away_s < -OFF_FROM_S
        if not strange:
            self._suspects = None
            if delivery.in_step:
                arrivals.learn(delivery)
            return self._ended(delivery)
        self._back = 0
        if not delivery.in_step:
            return []
        self._suspects = _joined(self._suspects, delivery, away_s)
        enough = self._suspects.agreeing >= IN_A_ROW and delivery.recorded_s - self._suspects.recorded_s >= FOR_S
        if self.off or not enough:
            return []
        self.off = True
        return [_finding(self._suspects, delivery, _tolerance_s(arrivals))]

    def _ended(self, delivery: Delivery) -> list[Finding]:
        if not self.off:
            return []
        self._back += 1
        if self._back < BACK_AFTER:
            return []
        self.off, self._back = False, 0
        return [Finding(Cause.CLOCK_OFF, delivery.recorded_s, holds=False)]

    def memory(self) -> Memory:
        """Return the deliveries that are suspected, and whether the clock is off."""
        return {"suspects": self._suspects, "back": self._back, "off": self.off}


def _tolerance_s(arrivals: Arrivals) -> float:
    return max(OFF_FROM_S, OFF_SPACINGS * (arrivals.spacing_s or 0.0), OFF_SPREADS * arrivals.spread_s)


def _joined(suspects: _Suspects | None, delivery: Delivery, away_s: float) -> _Suspects:
    """Add a delivery to those that agree with it; without any it is the first one."""
    if suspects is not None:
        low, high = min(suspects.low_s, away_s), max(suspects.high_s, away_s)
        if high - low <= AGREE * min(abs(low), abs(high)):
            return suspects._replace(agreeing=suspects.agreeing + 1, low_s=low, high_s=high)
    return _Suspects(1, delivery.recorded_s, delivery.observed_s, away_s, away_s)


def _finding(suspects: _Suspects, delivery: Delivery, tolerance_s: float) -> Finding:
    away_s = (suspects.low_s + suspects.high_s) / 2.0
    fact = Fact(
        code="CLOCK_OFFSET",
        message="Readings name, one after the other, instants that are off from the usual ones by about as much.",
        value=-away_s,
        threshold=-tolerance_s if away_s > 0 else tolerance_s,
        unit="SECOND",
        first_s=suspects.observed_s,
        last_s=delivery.observed_s,
    )
    return Finding(Cause.CLOCK_OFF, delivery.recorded_s, holds=True, score=abs(away_s) / tolerance_s, facts=(fact,))
