"""Registers: what they count from reading to reading, and what a register cannot do by itself."""

from typing import Final

from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched
from twinql.domain.metering.registers import NEAR_THE_END

EQUAL: Final = 1e-9
"""A fall by a smaller share of the value is rounding."""
KNOWN_S: Final = 7 * 86_400.0
"""How long a register must be known before its own rates are a measure: a week has every kind of day. [s]"""
KNOWN_STEPS: Final = 200
"""And in how many steps it must have counted."""
TIMES: Final = 8.0
"""A rise is impossible from so many times the third greatest rate; the greatest two may have been faults."""
GREATEST: Final = 3
HOUR_S: Final = 3600.0
SHORTEST_S: Final = 900.0
"""A rate is taken over at least this: two readings a second apart may have a whole unit between them. [s]"""
SETTLED: Final = 4
"""The condition ends after so many readings that count on,"""
SETTLED_S: Final = HOUR_S
"""and not before this. [s]"""


class RegisterDetector:
    """Finds a register that falls without a rollover, or jumps: OUTLIER_TAMPER.

    Where a maximum is declared and the value before lies near it, a fall is a rollover; what happens across a declared
    event is somebody's will, and what was counted then is not told. After a fall it counts on from
    the lower value; a single wrong reading, after which the old count goes on, is one finding and no second one for the
    way back.

    Attributes:
        counted: What the last reading added, with the time it took; None where that is not known. [unit of the channel]
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory or {}
        self._unit, self._maximum = watched.unit, watched.register_maximum
        self._events_s = watched.register_events_s
        self._times = TIMES / watched.sensitivity.get(Cause.OUTLIER_TAMPER, 1.0)
        self._first_s: float = known.get("first", 0.0)
        self._last: tuple[float, float] | None = _pair(known.get("last"))
        self._left: tuple[float, float] | None = _pair(known.get("left"))
        self._rates: list[float] = list(known.get("rates", ()))
        self._steps: int = known.get("steps", 0)
        self._since_s: float | None = known.get("since")
        self._settled: int = known.get("settled", 0)
        self.counted: tuple[float, float] | None = None

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> "RegisterDetector":
        """Begin, or go on from a memory."""
        return cls(watched, memory)

    def update(self, at_s: float, value: float) -> list[Finding]:
        """Look at the next value of the register."""
        last, self._last, self.counted = self._last, (at_s, value), None
        if last is None:
            self._first_s = at_s
            return []
        if any(last[0] < each <= at_s for each in self._events_s):
            self._left = None
            return self._ended(at_s)
        step = value - last[1]
        if step < -EQUAL * abs(last[1]) and self._rolled(last[1], value):
            assert self._maximum is not None
            step += self._maximum
        elif -EQUAL * abs(last[1]) <= step < 0.0:
            step = 0.0
        rate = step * HOUR_S / max(at_s - last[0], SHORTEST_S)
        if step >= 0.0 and not self._impossible(rate, at_s):
            self._learn(rate)
            self.counted = (step, at_s - last[0])
            return self._ended(at_s)
        if self._left is not None and self._goes_on(self._left, at_s, value):
            self._left = None
            return []
        self._left = last
        return self._begun(last, at_s, value, rate)

    def memory(self) -> Memory:
        """Return the last value, the value before the last anomaly, and the greatest rates."""
        return {
            "first": self._first_s,
            "last": self._last,
            "left": self._left,
            "rates": self._rates,
            "steps": self._steps,
            "since": self._since_s,
            "settled": self._settled,
        }

    def _rolled(self, before: float, after: float) -> bool:
        if self._maximum is None or not NEAR_THE_END * self._maximum <= before <= self._maximum:
            return False
        return after >= 0.0 and self._maximum - before + after < (1.0 - NEAR_THE_END) * self._maximum

    def _impossible(self, rate: float, at_s: float) -> bool:
        ripe = self._steps >= KNOWN_STEPS and at_s - self._first_s >= KNOWN_S
        return ripe and len(self._rates) == GREATEST and rate > self._times * self._rates[-1]

    def _goes_on(self, left: tuple[float, float], at_s: float, value: float) -> bool:
        """Say whether a value goes on from where the register was before it fell or jumped."""
        rate = (value - left[1]) * HOUR_S / max(at_s - left[0], SHORTEST_S)
        return rate >= 0.0 and (not self._rates or rate <= self._times * self._rates[-1])

    def _learn(self, rate: float) -> None:
        if rate <= 0.0:
            return
        self._steps += 1
        if len(self._rates) < GREATEST or rate > self._rates[-1]:
            self._rates = sorted([*self._rates, rate], reverse=True)[:GREATEST]

    def _begun(self, last: tuple[float, float], at_s: float, value: float, rate: float) -> list[Finding]:
        holds, self._since_s, self._settled = self._since_s is not None, at_s, 0
        if holds:
            return []
        if value < last[1]:
            fact = Fact(
                code="REGISTER_FELL",
                message="The register shows less than before, and no rollover explains it.",
                value=value,
                threshold=last[1],
                unit=self._unit,
                first_s=last[0],
                last_s=at_s,
            )
            return [Finding(Cause.OUTLIER_TAMPER, at_s, holds=True, score=2.0, facts=(fact,))]
        possible = self._times * self._rates[-1] * max(at_s - last[0], SHORTEST_S) / HOUR_S
        message = "The register rose by far more than it ever did in this time."
        fact = Fact("REGISTER_JUMPED", message, value - last[1], possible, self._unit, last[0], at_s)
        score = rate / (self._times * self._rates[-1])
        return [Finding(Cause.OUTLIER_TAMPER, at_s, holds=True, score=score, facts=(fact,))]

    def _ended(self, at_s: float) -> list[Finding]:
        if self._since_s is None:
            return []
        self._settled += 1
        if self._settled < SETTLED or at_s - self._since_s < SETTLED_S:
            return []
        self._since_s, self._left, self._settled = None, None, 0
        return [Finding(Cause.OUTLIER_TAMPER, at_s, holds=False)]


def _pair(stored: list[float] | tuple[float, float] | None) -> tuple[float, float] | None:
    return None if stored is None else (stored[0], stored[1])
