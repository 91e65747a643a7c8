"""Scores alarms against labelled faults of meters.

A fault is found when an alarm falls between its start and an hour after its end. An alarm is false when it lies outside
every fault and outside the day after each; false alarms that follow one another within 6 hours count once. The first 30
days of a meter warm up: nothing is false there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
WARM_UP_S = 30 * DAY_S
FOUND_AFTER_S = HOUR_S
EXCUSED_AFTER_S = DAY_S
ONE_ALARM_S = 6 * HOUR_S


@dataclass(frozen=True, slots=True)
class Fault:
    """A labelled fault: its kind, and the times of its first and last reading, in seconds since 1970."""

    kind: str
    start_s: float
    end_s: float


@dataclass(slots=True)
class Score:
    """What was found of how many faults by kind, how often there was a false alarm, and over how many days.

    Attributes:
        found: Faults found, by kind.
        faults: Faults there were, by kind.
        false_alarms: Alarms outside of them.
        days: Whole days after the warm-up, of all meters together.
    """

    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false_alarms: int = 0
    days: int = 0

    def add(self, times_s: Sequence[float], alarms_s: Sequence[float], faults: Sequence[Fault]) -> None:
        """Add a meter: the first and last time of its readings, the times of its alarms in order, and its faults."""
        begin_s = times_s[0] + WARM_UP_S
        self.days += max(int((times_s[-1] - begin_s) // DAY_S), 0)
        for fault in faults:
            self.faults[fault.kind] += 1
            self.found[fault.kind] += any(fault.start_s <= at <= fault.end_s + FOUND_AFTER_S for at in alarms_s)
        last_s = -float("inf")
        for at in alarms_s:
            if at < begin_s or any(fault.start_s <= at <= fault.end_s + EXCUSED_AFTER_S for fault in faults):
                continue
            self.false_alarms += at - last_s > ONE_ALARM_S
            last_s = at

    @property
    def recall(self) -> float:
        """Share of the faults that were found."""
        return sum(self.found.values()) / max(sum(self.faults.values()), 1)

    @property
    def precision(self) -> float:
        """Share of what was raised that were faults."""
        hits = sum(self.found.values())
        return hits / max(hits + self.false_alarms, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_alarms_a_meter_week(self) -> float:
        """False alarms per meter and week."""
        return 7 * self.false_alarms / max(self.days, 1)

    def by_kind(self) -> Mapping[str, str]:
        """Return "found/there" by kind."""
        return {kind: f"{self.found[kind]}/{count}" for kind, count in sorted(self.faults.items())}
