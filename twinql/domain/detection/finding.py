"""What detectors are told of a channel, what they find, and the numbers that go with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

from twinql.domain.channels import FlowDirection, ReadingKind

Memory = Mapping[str, Any]
"""What a detector keeps from one reading to the next: numbers, texts, lists and mappings, as JSON knows them."""


class Cause(Enum):
    """What can be wrong with a channel; an alarm has exactly one cause."""

    LIMIT_LOW_LOW = "LIMIT_LOW_LOW"
    LIMIT_LOW = "LIMIT_LOW"
    LIMIT_HIGH = "LIMIT_HIGH"
    LIMIT_HIGH_HIGH = "LIMIT_HIGH_HIGH"
    SPIKE = "SPIKE"
    DIP = "DIP"
    STUCK = "STUCK"
    RAPID_CHANGE = "RAPID_CHANGE"
    DRIFT = "DRIFT"
    LEVEL_SHIFT = "LEVEL_SHIFT"
    OUTLIER_TAMPER = "OUTLIER_TAMPER"
    STALE = "STALE"
    CLOCK_OFF = "CLOCK_OFF"
    AUTONOMY_FELL_BACK = "AUTONOMY_FELL_BACK"
    LIMIT_FORESEEN = "LIMIT_FORESEEN"


DETECTED: Final = frozenset(Cause) - {Cause.AUTONOMY_FELL_BACK, Cause.LIMIT_FORESEEN}
"""What detectors find in readings, and let return; the rest is found elsewhere."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One number that speaks for a finding, with what it was compared with and the readings that it was taken from.

    Attributes:
        code: For programs, such as BASELINE or ROBUST_Z.
        message: For people: a sentence.
        value: What was found; None where there is no number. [unit]
        threshold: What it was compared with; None where it is only noted. [unit]
        unit: As the graph names it; None for a number without unit.
        first_s: Observation time of the first reading that it was taken from, seconds since 1970 UTC. [s]
        last_s: Observation time of the last one. [s]
    """

    code: str
    message: str
    value: float | None
    threshold: float | None
    unit: str | None
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that begins to hold, or ends.

    Attributes:
        cause: What is wrong.
        at_s: Observation time of the reading that shows it, or for STALE the present, seconds since 1970 UTC. [s]
        holds: True where the condition begins, False where it has ended.
        score: How far beyond its threshold: 1 is just at it. Says which of two findings is the worse one.
        facts: The numbers, the most telling first; empty where the condition has ended.
    """

    cause: Cause
    at_s: float
    holds: bool
    score: float = 1.0
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Alarm limits of a channel in its unit; None where there is none.

    Attributes:
        low_low: Lowest.
        low: Low.
        high: High.
        high_high: Highest.
        deadband: How far back inside a value must come before the condition has ended.
        deadbands: By cause, where one limit has a deadband of its own.
    """

    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    deadband: float = 0.0
    deadbands: Mapping[Cause, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watched:
    """What detectors know of a channel.

    Attributes:
        kind: How its values are to be read.
        quantity: The physical quantity, as the graph names it.
        unit: The unit of its values, as the graph names it.
        resolution_s: Time between two readings when all is well; None where nobody said. [s]
        zone: IANA time zone of its site: days and weeks of its baseline are local.
        direction: Which way it counts; None where that does not apply.
        writable: Whether it is set by commands: then a jump is somebody's will.
        schedule: Whether it holds plans and prices, which are not diagnosed.
        register_maximum: Where a register starts again from zero; None where nobody said.
        register_events_s: When, as somebody declared, its register was exchanged, reset or rolled over, in seconds
            since 1970 UTC: a fall across one of them is no surprise. [s]
        plausible_minimum: A lower value cannot be right; None where nobody said.
        plausible_maximum: A higher value cannot be right; None where nobody said.
        rate_per_minute: A faster change than this cannot be right; None where nobody said. [unit / min]
        bounds: Its alarm limits.
        sensitivity: By cause, how readily it shall be found: a detector divides its threshold by it. What is not named
            is found as usual, at 1; limits, STALE and CLOCK_OFF know no sensitivity.
    """

    kind: ReadingKind
    quantity: str
    unit: str
    resolution_s: float | None
    zone: str
    direction: FlowDirection | None = None
    writable: bool = False
    schedule: bool = False
    register_maximum: float | None = None
    register_events_s: tuple[float, ...] = ()
    plausible_minimum: float | None = None
    plausible_maximum: float | None = None
    rate_per_minute: float | None = None
    bounds: Bounds = Bounds()
    sensitivity: Mapping[Cause, float] = field(default_factory=dict)


class Detector(Protocol):
    """Looks at readings one after the other and says what begins to be wrong, and what has ended.

    It is causal: a finding rests on this reading and earlier ones alone. It has no clock. Its memory does not grow with
    the number of readings, and a detector made anew from it goes on as if nothing had happened.
    """

    def update(self, at_s: float, value: float) -> Sequence[Finding]:
        """Look at the next reading.

        Args:
            at_s: Its observation time, seconds since 1970 UTC, later than all before. [s]
            value: Never NaN: BAD readings are left out, a hole is a step in time. [unit of the channel]

        Returns:
            What begins or ends with it; mostly nothing.
        """

    def memory(self) -> Memory:
        """Return all that it needs to go on later."""
