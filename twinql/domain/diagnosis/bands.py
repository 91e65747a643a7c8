"""Every table by which a number gets its label, and every number that decides what a diagnosis says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from math import inf
from typing import Any, Final, Generic, TypeVar


class Trend(Enum):
    """Which way values go."""

    RISING = "RISING"
    FALLING = "FALLING"
    STEADY = "STEADY"


class Freshness(Enum):
    """How old the newest reading is, against how often readings come."""

    FRESH = "FRESH"
    LATE = "LATE"
    STALE = "STALE"
    DEAD = "DEAD"


class Steadiness(Enum):
    """How a stability is called."""

    STABLE = "STABLE"
    VARIABLE = "VARIABLE"
    UNSTABLE = "UNSTABLE"


class TargetPosition(Enum):
    """Where the newest value lies, seen from the target."""

    BELOW = "BELOW"
    IN = "IN"
    ABOVE = "ABOVE"


class CalibrationValidity(Enum):
    """Whether a channel's calibration still holds."""

    VALID = "VALID"
    DUE_SOON = "DUE_SOON"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


class HealthStatus(Enum):
    """How well a channel or an asset is."""

    GOOD = "GOOD"
    FAIR = "FAIR"
    POOR = "POOR"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"


class RiskLevel(Enum):
    """How a risk is called."""

    LOW = "LOW"
    ELEVATED = "ELEVATED"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class RiskCode(Enum):
    """What makes a risk."""

    BEYOND_LIMIT = "BEYOND_LIMIT"
    FAR_BEYOND_LIMIT = "FAR_BEYOND_LIMIT"
    APPROACHING_LIMIT = "APPROACHING_LIMIT"
    ALARM = "ALARM"
    STALE = "STALE"
    DEAD = "DEAD"


class Congestion(Enum):
    """How slow a network is, against its own past."""

    CLEAR = "CLEAR"
    BUSY = "BUSY"
    CONGESTED = "CONGESTED"


class EfficiencyLevel(Enum):
    """How an efficiency stands among those of the machine's own past."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class MaintenanceUrgency(Enum):
    """How soon something has to be done to an asset."""

    URGENT = "URGENT"
    SCHEDULE_SOON = "SCHEDULE_SOON"
    HEALTHY = "HEALTHY"


class IssueCode(Enum):
    """What takes points off a health."""

    LATE = "LATE"
    STALE = "STALE"
    DEAD = "DEAD"
    INCOMPLETE = "INCOMPLETE"
    BAD_READINGS = "BAD_READINGS"
    ALARM = "ALARM"
    STUCK = "STUCK"
    CALIBRATION_DUE = "CALIBRATION_DUE"
    CALIBRATION_EXPIRED = "CALIBRATION_EXPIRED"
    OUT_OF_TARGET = "OUT_OF_TARGET"


E = TypeVar("E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Band(Generic[E]):
    """One line of a table.

    Attributes:
        label: What a number is called there.
        from_: Where it begins, itself included.
        until: Where it ends, itself left out: where the next line begins.
    """

    label: E
    from_: float
    until: float


@dataclass(frozen=True, slots=True)
class Table(Generic[E]):
    """The lines that label a number.

    Attributes:
        name: For programs.
        measure: What the number is, with its unit.
        bands: Lines in rising order, without a hole between them.
    """

    name: str
    measure: str
    bands: tuple[Band[E], ...]

    def label(self, value: float) -> E:
        """Return what a number is called; what lies below the first line is called as there.

        Args:
            value: No NaN: that has no label, and raises StopIteration.
        """
        return next(band.label for band in self.bands if value < band.until or band.until == inf == value)

    def begins(self, label: E) -> float:
        """Return from where on a number is called so."""
        return next(band.from_ for band in self.bands if band.label is label)


def _table(name: str, measure: str, *lines: tuple[E, float]) -> Table[E]:
    ends = [*(begin for _, begin in lines[1:]), inf]
    return Table(name, measure, tuple(Band(label, begin, end) for (label, begin), end in zip(lines, ends, strict=True)))


STABILITY: Final = _table(
    "STABILITY",
    "Stability in percent.",
    (Steadiness.UNSTABLE, 0.0),
    (Steadiness.VARIABLE, 80.0),
    (Steadiness.STABLE, 95.0),
)
FRESHNESS: Final = _table(
    "FRESHNESS",
    "Age of the newest reading, in times between two readings.",
    (Freshness.FRESH, -inf),
    (Freshness.LATE, 1.5),
    (Freshness.STALE, 3.0),
    (Freshness.DEAD, 60.0),
)
CALIBRATION: Final = _table(
    "CALIBRATION",
    "Days until the calibration ends.",
    (CalibrationValidity.EXPIRED, -inf),
    (CalibrationValidity.DUE_SOON, 0.0),
    (CalibrationValidity.VALID, 30.0),
)
HEALTH: Final = _table(
    "HEALTH",
    "Health score, from 0 to 100. Without a reading it is UNKNOWN.",
    (HealthStatus.CRITICAL, 0.0),
    (HealthStatus.POOR, 40.0),
    (HealthStatus.FAIR, 60.0),
    (HealthStatus.GOOD, 80.0),
)
MAINTENANCE_DUE: Final = HEALTH.begins(HealthStatus.FAIR)
"""Maintenance is due where health falls below this: it is FAIR no more."""
MAINTENANCE: Final = _table(
    "MAINTENANCE",
    f"Hours until health is below {MAINTENANCE_DUE:.0f} and maintenance is due, with nine chances in ten not earlier.",
    (MaintenanceUrgency.URGENT, 0.0),
    (MaintenanceUrgency.SCHEDULE_SOON, 72.0),
    (MaintenanceUrgency.HEALTHY, 336.0),
)
RISK: Final = _table(
    "RISK",
    "Risk score, from 0 to 100.",
    (RiskLevel.LOW, 0.0),
    (RiskLevel.ELEVATED, 20.0),
    (RiskLevel.HIGH, 50.0),
    (RiskLevel.CRITICAL, 80.0),
)
CONGESTION: Final = _table(
    "CONGESTION",
    "The 95th percentile of the latency, in usual latencies: the median of earlier windows.",
    (Congestion.CLEAR, 0.0),
    (Congestion.BUSY, 1.5),
    (Congestion.CONGESTED, 3.0),
)
EFFICIENCY: Final = _table(
    "EFFICIENCY",
    "Share of earlier periods of the same length that were less efficient, in percent.",
    (EfficiencyLevel.LOW, 0.0),
    (EfficiencyLevel.MEDIUM, 100 / 3),
    (EfficiencyLevel.HIGH, 200 / 3),
)
TABLES: Final[tuple[Table[Any], ...]] = (
    STABILITY,
    FRESHNESS,
    CALIBRATION,
    HEALTH,
    MAINTENANCE,
    RISK,
    CONGESTION,
    EFFICIENCY,
)
"""All of them, as `Query.bands` publishes them."""

DEDUCTIONS: Final[Mapping[IssueCode, float]] = {
    IssueCode.LATE: 10.0,
    IssueCode.STALE: 40.0,
    IssueCode.DEAD: 100.0,
    IssueCode.INCOMPLETE: 40.0,
    IssueCode.BAD_READINGS: 60.0,
    IssueCode.ALARM: 60.0,
    IssueCode.STUCK: 40.0,
    IssueCode.CALIBRATION_DUE: 3.0,
    IssueCode.CALIBRATION_EXPIRED: 15.0,
    IssueCode.OUT_OF_TARGET: 30.0,
}
"""How many of 100 points an issue takes off at most: INCOMPLETE, BAD_READINGS and OUT_OF_TARGET take their share of it,
an ALARM what its severity takes, the others all of it."""
ALARM_SHARE: Final[Mapping[str, float]] = {"LOW": 1 / 12, "MEDIUM": 1 / 4, "HIGH": 1 / 2, "CRITICAL": 1.0}
"""Which share of its points an open alarm takes off, by its severity."""

RISKS: Final[Mapping[RiskCode, float]] = {
    RiskCode.BEYOND_LIMIT: 0.5,
    RiskCode.FAR_BEYOND_LIMIT: 0.9,
    RiskCode.APPROACHING_LIMIT: 0.8,
    RiskCode.ALARM: 0.6,
    RiskCode.STALE: 0.1,
    RiskCode.DEAD: 0.3,
}
"""How great a hazard is at most, 0 to 1: beyond a limit the share of time counts, on the way to one how soon it is
reached, of an alarm its severity."""
SOON: Final = timedelta(minutes=10)
"""What reaches a limit right now has all of its hazard, so much later a half of it, and so on. What is reached
within one more window has up to a half, however long that is: slow things are mended slowly."""

FEWEST_READINGS: Final = 10
"""Fewer say nothing about slope or spread: from here on Kendall's S is close to normal (Kendall, 1975)."""
FEWEST_WINDOWS: Final = 3
"""So many earlier windows of the same length tell how much a channel usually spreads."""
CONFIDENCE: Final = 0.95
"""Of intervals; a trend is significant where 1 - p is at least this."""
FARTHEST: Final = 10.0
"""No line is drawn further ahead than so many times the stretch that it was taken from."""
HOLE: Final = 3.0
"""A value is taken to hold until the next reading, but no longer than so many usual spacings."""
WINDOW_STEPS: Final = 120
"""A window that nobody named holds so many readings, by the channel's resolution."""
SHORTEST_WINDOW: Final = timedelta(hours=1)
LONGEST_WINDOW: Final = timedelta(days=30)
"""Bounds of a window that nobody named."""
