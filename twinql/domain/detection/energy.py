"""Finds what is wrong with energy per interval: of a meter's register steps, or of an interval channel."""

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Final, Self
from zoneinfo import ZoneInfo

from twinql.domain.detection import energy_facts as facts
from twinql.domain.detection.energy_condition import Condition
from twinql.domain.detection.energy_extremes import Extremes, Usual
from twinql.domain.detection.energy_highs import eased
from twinql.domain.detection.energy_level import Level
from twinql.domain.detection.energy_limits import (
    DAY_S,
    DIP_READINGS,
    DIP_RUN,
    FORGET_DAYS,
    HOLE_STEPS,
    HOUR_S,
    QUIET_READINGS,
    STUCK_HOURS,
    STUCK_READINGS,
    STUCK_RUN,
    TAMPER_LOW_DAYS,
)
from twinql.domain.detection.energy_runs import Runs
from twinql.domain.detection.energy_season import LocalTime, local_time
from twinql.domain.detection.energy_swings import Swings
from twinql.domain.detection.finding import Cause, Fact, Finding, Memory, Watched

VERSION: Final = 2
_STEPS_SEEN: Final = 9
_BEYOND: Final = 2.0
_QUIET: Final = {
    Cause.SPIKE: QUIET_READINGS,
    Cause.RAPID_CHANGE: QUIET_READINGS,
    Cause.OUTLIER_TAMPER: QUIET_READINGS,
    Cause.DIP: QUIET_READINGS,
    Cause.STUCK: 1,
    Cause.LEVEL_SHIFT: 1,
}


class EnergyDetector:
    """SPIKE, DIP, STUCK, RAPID_CHANGE, LEVEL_SHIFT and OUTLIER_TAMPER of energy per interval; a `Detector`.

    Everything is compared with what the same channel did before, so no threshold has a unit of energy. Until 21 days
    were seen nothing is found but energy that runs backwards on a channel with a direction.
    """

    def __init__(self, watched: Watched, memory: Memory | None) -> None:
        """Begin with nothing, or go on from memory."""
        known = memory or {}
        self._watched, self._zone = watched, ZoneInfo(watched.zone)
        self._step_s: float | None = known.get("step_s", watched.resolution_s)
        self._steps: list[float] = list(known.get("steps", ()))
        self._last: tuple[float, float] | None = tuple(known["last"]) if known.get("last") else None
        self._extremes = Extremes(known.get("extremes"))
        self._swings = Swings(known.get("swings"))
        self._equal = Runs(known.get("equal"))
        self._low = Runs(known.get("low"))
        self._level = Level(self._step_s or DAY_S, known.get("level"))
        conditions: Memory = known.get("conditions", {})
        self._conditions = {
            cause: Condition(cause, quiet=quiet, memory=conditions.get(cause.value)) for cause, quiet in _QUIET.items()
        }

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> Self:
        """Return a detector that goes on from memory; from memory of another version it begins afresh."""
        return cls(watched, memory if memory is not None and memory.get("version") == VERSION else None)

    def update(self, at_s: float, value: float) -> Sequence[Finding]:
        """Look at the next reading; one that is not later than all before is left out."""
        last = self._last
        if last is not None and at_s <= last[0]:
            return []
        if self._step_s is None:
            self._learn_step(at_s)
            self._last = (at_s, value)
            return []
        when = local_time(at_s - self._step_s / 2, self._zone)
        if last is not None and at_s - last[0] > HOLE_STEPS * self._step_s:
            self._cut(at_s - last[0])
            last = None
        self._last = (at_s, value)
        return self._look(at_s, value, when, None if last is None else last[1])

    def _look(self, at_s: float, value: float, when: LocalTime, before: float | None) -> list[Finding]:
        usual = self._extremes.usual(
            when,
            raised=self._level.raised,
            spikes=self._readily(Cause.SPIKE),
            outliers=self._readily(Cause.OUTLIER_TAMPER),
        )
        backwards = value < 0 and self._watched.direction is not None and not self._extremes.negative
        high = usual.spike is not None and value > usual.spike
        low = usual.low is not None and value <= usual.low and not backwards
        found = self._look_at_height(at_s, value, usual)
        found += self._look_at_swings(at_s, value, when.day, before, usual)
        found += self._look_at_lows(at_s, value, when.day, usual, low=low)
        found += self._look_at_equals(at_s, value, when.day, before, usual)
        outlier = usual.outlier is not None and value > usual.outlier
        wrong = outlier or backwards or (low and usual.floor > 0) or self._holds(Cause.DIP) or self._holds(Cause.STUCK)
        found += self._look_at_level(at_s, None if wrong else value, when.day)
        found += self._look_at_tampering(at_s, value, usual, backwards=backwards)
        self._extremes.add(when, value, too_high=high, too_low=low or backwards)
        return found

    def _look_at_height(self, at_s: float, value: float, usual: Usual) -> list[Finding]:
        score = 0.0
        if usual.spike is not None and usual.outlier is not None and usual.spike < value <= usual.outlier:
            score = _times(value, usual.spike)
        return self._edge(Cause.SPIKE, at_s, score, lambda: facts.spike(self._about(at_s), value, usual))

    def _look_at_swings(self, at_s: float, value: float, day: int, before: float | None, usual: Usual) -> list[Finding]:
        if before is None:
            return []
        swing = self._swings.update(day, value - before, usual.high, readily=self._readily(Cause.RAPID_CHANGE))
        score = 0.0 if usual.outlier is None or value > usual.outlier else swing.score
        return self._edge(Cause.RAPID_CHANGE, at_s, score, lambda: facts.swing(self._about(at_s), swing))

    def _look_at_lows(self, at_s: float, value: float, day: int, usual: Usual, *, low: bool) -> list[Finding]:
        if low:
            self._low.extend(at_s, day, found=self._holds(Cause.DIP))
        else:
            self._low.end(day, found=self._holds(Cause.DIP), least=DIP_READINGS)
        readily = self._readily(Cause.DIP)
        threshold = max(DIP_READINGS / readily, eased(DIP_RUN, readily) * self._low.usual)
        score = 0.0 if usual.high is None else self._low.length / threshold
        return self._edge(
            Cause.DIP, at_s, score, lambda: facts.dip(self._about(at_s), value, usual, self._low, threshold)
        )

    def _look_at_equals(self, at_s: float, value: float, day: int, before: float | None, usual: Usual) -> list[Finding]:
        if before is None or value != before:
            self._equal.end(day, found=self._holds(Cause.STUCK), least=STUCK_READINGS / STUCK_RUN)
        self._equal.extend(at_s, day, found=self._holds(Cause.STUCK))
        assert self._step_s is not None
        readily = self._readily(Cause.STUCK)
        least = max(STUCK_READINGS, STUCK_HOURS * HOUR_S / self._step_s) / readily
        threshold = max(least, eased(STUCK_RUN, readily) * self._equal.usual)
        score = 0.0 if usual.high is None or self._holds(Cause.DIP) else self._equal.length / threshold
        return self._edge(
            Cause.STUCK, at_s, score, lambda: facts.stuck(self._about(at_s), value, self._equal, threshold)
        )

    def _look_at_level(self, at_s: float, value: float | None, day: int) -> list[Finding]:
        readily = self._readily(Cause.LEVEL_SHIFT)
        score = self._level.update(at_s, day, value, ready=self._extremes.ready, readily=readily)
        return self._edge(Cause.LEVEL_SHIFT, at_s, score, lambda: facts.shift(self._about(at_s), self._level))

    def _look_at_tampering(self, at_s: float, value: float, usual: Usual, *, backwards: bool) -> list[Finding]:
        about, readily = self._about(at_s), self._readily(Cause.OUTLIER_TAMPER)
        long_s = 0.0 if self._low.since_s is None or not self._holds(Cause.DIP) else at_s - self._low.since_s
        score, said = 0.0, facts.nothing
        if usual.outlier is not None and value > usual.outlier:
            score, said = _times(value, usual.outlier), partial(facts.outlier, about, value, usual)
        elif backwards:
            score, said = facts.BACKWARDS_SCORE, partial(facts.backwards, about, value)
        elif long_s > 0:
            score = long_s / (TAMPER_LOW_DAYS * DAY_S) * readily
            said = partial(facts.long_dip, about, self._low)
        elif self._level.shifted < 0:
            score, said = self._level.collapsed * readily, partial(facts.collapse, about, self._level)
        return self._edge(Cause.OUTLIER_TAMPER, at_s, score, said)

    def _edge(self, cause: Cause, at_s: float, score: float, said: Callable[[], tuple[Fact, ...]]) -> list[Finding]:
        return self._conditions[cause].update(at_s, score, said)

    def _readily(self, cause: Cause) -> float:
        return self._watched.sensitivity.get(cause, 1.0)

    def _holds(self, cause: Cause) -> bool:
        return self._conditions[cause].holds

    def _cut(self, hole_s: float) -> None:
        """Compare nothing across a hole."""
        self._swings.cut()
        self._equal.drop()
        self._low.drop()
        if hole_s > FORGET_DAYS * DAY_S:
            self._level.forget()

    def _learn_step(self, at_s: float) -> None:
        if self._last is not None:
            self._steps.append(at_s - self._last[0])
        if len(self._steps) == _STEPS_SEEN:
            self._step_s = median(self._steps)
            self._level = Level(self._step_s)

    def _about(self, at_s: float) -> facts.About:
        assert self._step_s is not None
        return facts.About(self._watched.unit, self._step_s, at_s)

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
        return {
            "version": VERSION,
            "step_s": self._step_s,
            "steps": self._steps,
            "last": self._last and list(self._last),
            "extremes": self._extremes.memory(),
            "swings": self._swings.memory(),
            "equal": self._equal.memory(),
            "low": self._low.memory(),
            "level": self._level.memory(),
            "conditions": {cause.value: each.memory() for cause, each in self._conditions.items()},
        }


def _times(value: float, threshold: float) -> float:
    """Return how many times a threshold a value above it is; a threshold that is not above zero has no multiples."""
    return value / threshold if threshold > 0 else _BEYOND
