"""All that watches one channel: chooses detectors by what the channel is, and says what begins and what ends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Final, Self

from twinql.domain.channels import ReadingKind
from twinql.domain.detection.arrivals import Arrivals
from twinql.domain.detection.clock import ClockDetector
from twinql.domain.detection.drift import DriftDetector
from twinql.domain.detection.energy import EnergyDetector
from twinql.domain.detection.finding import Cause, Detector, Finding, Memory, Watched
from twinql.domain.detection.gathered import GatheredDetector
from twinql.domain.detection.kept import of_memory, to_memory
from twinql.domain.detection.limits import LimitDetector
from twinql.domain.detection.possible import PossibleDetector
from twinql.domain.detection.rate import RateDetector
from twinql.domain.detection.stale import StaleDetector
from twinql.domain.detection.steps import RegisterDetector
from twinql.domain.detection.stream import StreamDetector
from twinql.domain.detection.stuck import StuckDetector
from twinql.domain.readings import StoredQuality
from twinql.domain.units import Quantity

VERSION: Final = 1
"""Of the memory. One of another version is not understood, and the watch begins afresh."""
EVIDENCE: Final = frozenset({StoredQuality.GOOD, StoredQuality.UNCERTAIN, StoredQuality.EDITED})
"""Values of these say something of the channel: an UNCERTAIN one may be right, and is often the very thing to be found.
A BAD one has no value, an ESTIMATED or SUBSTITUTED one was not measured: they only show that the channel speaks."""
ARRIVAL: Final = "arrival"
SILENCE: Final = "silence"
LIMITS: Final = "limits"
ENERGY: Final = "energy"
CALM: Final = 0.5
"""Spikes of energy are found half as readily as where they are scored (docs/accuracy.md): on an evening with guests a
household needs more than in any week before, and nobody is to be alarmed."""

Make = Callable[[Watched, Memory | None], Detector]

_CODES: Final = frozenset({Quantity.STATE.value, Quantity.SWITCH.value})
_LIMITS: Final[Mapping[str, Make]] = {LIMITS: LimitDetector.of}
_OF_LEVELS: Final[Mapping[str, Make]] = {
    "possible": PossibleDetector.of,
    "stuck": StuckDetector.of,
    "rate": RateDetector.of,
    "drift": DriftDetector.of,
    "stream": StreamDetector.of,
}
_OF_AMOUNTS: Final[Mapping[str, Make]] = {"possible": PossibleDetector.of, ENERGY: EnergyDetector.of}
_OF_REGISTERS: Final[Mapping[str, Make]] = {"register": RegisterDetector.of, ENERGY: GatheredDetector.of}


class ChannelWatch:
    """Follows one channel reading by reading.

    It is causal and has no clock; made anew from its memory it goes on as if nothing had happened. Readings older than
    one that was seen, or as old, are counted and say nothing but when they came. Those that are ahead, of the future
    when they are recorded, make no other late: limits look at them as of the instant of recording, and nothing else
    does but the clock. A schedule is not diagnosed at all.

    Attributes:
        last_s: The newest observation time seen, but for rows that were ahead, seconds since 1970 UTC; None before the
            first. [s]
        ahead_s: When a row that was ahead was last recorded, likewise. [s]
        late: How many rows were not newer than the newest one.
    """

    def __init__(self, watched: Watched, memory: Memory | None = None) -> None:
        known = memory if memory is not None and memory.get("version") == VERSION else {}
        parts = known.get("parts", {})
        self.last_s: float | None = known.get("last")
        self.ahead_s: float | None = known.get("ahead")
        self.late: int = known.get("late", 0)
        self._schedule = watched.schedule
        self._arrivals = Arrivals(parts.get("arrivals"))
        self._clock = ClockDetector(parts.get(ARRIVAL))
        self._silence = StaleDetector(watched, parts.get(SILENCE))
        calm = _calm(watched)
        self._detectors = {
            name: make(calm if name == ENERGY else watched, parts.get(name)) for name, make in _chosen(watched).items()
        }
        self._held: dict[str, dict[Cause, Finding]] = {}
        for name, kept in known.get("held", {}).items():
            self._held[name] = {each.cause: each for each in map(of_memory, kept)}

    @classmethod
    def of(cls, watched: Watched, memory: Memory | None = None) -> Self:
        """Begin, or go on from a memory; from one of another version it begins afresh.

        Args:
            watched: What is known of the channel. Limits may have changed since the memory was taken.
            memory: What `memory` returned.
        """
        return cls(watched, memory)

    def update(self, at_s: float, value: float | None, quality: StoredQuality, recorded_s: float) -> list[Finding]:
        """Look at the next reading, in the order of recording.

        Args:
            at_s: Its observation time, seconds since 1970 UTC. [s]
            value: None or NaN where there is none. [unit of the channel]
            quality: BAD, ESTIMATED and SUBSTITUTED ones show only that the channel speaks.
            recorded_s: When it was recorded, not before the reading before it. [s]

        Returns:
            What begins or ends with it; mostly nothing.
        """
        measured = value if value is not None and quality in EVIDENCE and isfinite(value) else None
        if not self._schedule and self._arrivals.ahead(at_s, recorded_s):
            return self._arrived(at_s, recorded_s) + self._looked_ahead(at_s, measured, recorded_s)
        older = self.last_s is not None and at_s <= self.last_s
        if older:
            self.late += 1
        else:
            self.last_s = at_s
        if self._schedule:
            return []
        found = self._arrived(at_s, recorded_s)
        if older:
            return found
        found += self._told(SILENCE, self._silence.heard(at_s, recorded_s, self._arrivals))
        if measured is not None:
            for name, detector in self._detectors.items():
                edges = detector.update(at_s, measured)
                if edges:
                    found += self._told(name, edges)
        return found

    def tick(self, now_s: float) -> list[Finding]:
        """Look at the clock: a channel that is silent for too long is STALE; what can no longer be found ends.

        Where limits were changed since the last reading, its value is compared with them as they are now.

        Args:
            now_s: The present, seconds since 1970 UTC. [s]

        Returns:
            What begins or ends.
        """
        found = []
        for name in [name for name in self._held if name not in {ARRIVAL, SILENCE, *self._detectors}]:
            found += self._told(name, [Finding(cause, now_s, holds=False) for cause in self._held[name]])
        limits = self._detectors.get(LIMITS)
        if isinstance(limits, LimitDetector):
            edges = [replace(each, at_s=min(each.at_s, now_s)) for each in limits.compare()]
            found += self._told(LIMITS, edges)
        return found + self._told(SILENCE, self._silence.tick(now_s, self._arrivals))

    @property
    def holding(self) -> Mapping[Cause, Finding]:
        """The conditions that hold now, each as it began; of one that was found in two ways the worse one."""
        worst: dict[Cause, Finding] = {}
        for held in self._held.values():
            for cause, finding in held.items():
                if cause not in worst or finding.score > worst[cause].score:
                    worst[cause] = finding
        return worst

    def memory(self) -> Memory:
        """Return all that it needs to go on later: bounded, whatever the number of readings, and fit for JSON."""
        return {
            "version": VERSION,
            "last": self.last_s,
            "ahead": self.ahead_s,
            "late": self.late,
            "held": {name: [to_memory(each) for each in held.values()] for name, held in self._held.items() if held},
            "parts": {
                "arrivals": self._arrivals.memory(),
                ARRIVAL: self._clock.memory(),
                SILENCE: self._silence.memory(),
                **{name: detector.memory() for name, detector in self._detectors.items()},
            },
        }

    def _arrived(self, at_s: float, recorded_s: float) -> list[Finding]:
        delivery = self._arrivals.arrived(at_s, recorded_s)
        if delivery is None:
            return []
        found = self._told(ARRIVAL, self._clock.look(delivery, self._arrivals))
        if delivery.in_step:
            found += self._told(SILENCE, self._silence.spoke(delivery.recorded_s, recorded_s, self._arrivals))
        return found

    def _looked_ahead(self, at_s: float, measured: float | None, recorded_s: float) -> list[Finding]:
        """Look at a row of the future: its value is one of now, and shows that the channel speaks."""
        self.ahead_s = recorded_s
        found = self._told(SILENCE, self._silence.spoke(recorded_s, recorded_s, self._arrivals))
        limits = self._detectors.get(LIMITS)
        if limits is not None and measured is not None:
            edges = limits.update(at_s, measured)
            found += self._told(LIMITS, [replace(each, at_s=recorded_s) for each in edges])
        return found

    def _told(self, name: str, edges: Iterable[Finding]) -> list[Finding]:
        """Keep what a detector says, and return what is news: a cause begins with the first and ends with the last."""
        news = []
        for each in edges:
            held = self._held.setdefault(name, {})
            before = any(each.cause in other for other in self._held.values())
            if each.holds:
                held[each.cause] = each
            else:
                held.pop(each.cause, None)
            after = any(each.cause in other for other in self._held.values())
            if before is not after:
                news.append(each)
        return news


def _chosen(watched: Watched) -> Mapping[str, Make]:
    """Choose what to look for: statistics only where a value is measured, and not where somebody sets or plans it."""
    if watched.schedule:
        return {}
    if watched.writable or watched.kind is ReadingKind.STATE or watched.quantity in _CODES:
        return _LIMITS
    if watched.kind is ReadingKind.CUMULATIVE:
        return {**_LIMITS, **_OF_REGISTERS}
    amounts = watched.kind is ReadingKind.INTERVAL and Quantity(watched.quantity).additive
    return {**_LIMITS, **(_OF_AMOUNTS if amounts else _OF_LEVELS)}


def _calm(watched: Watched) -> Watched:
    readiness = CALM * watched.sensitivity.get(Cause.SPIKE, 1.0)
    return replace(watched, sensitivity={**watched.sensitivity, Cause.SPIKE: readiness})
