"""What a channel counted, interval by interval: exact amounts, each with the readings and the event it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntFlag
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Instants

Amounts = NDArray[np.int64]
"""Billionths of the commodity's base unit (kWh, or m³ for volumes): integers add up exactly in any order."""

BILLION = 1_000_000_000


class RegisterEventType(Enum):
    """What happened to a register."""

    EXCHANGE = "EXCHANGE"
    RESET = "RESET"
    ROLLOVER = "ROLLOVER"


class Flag(IntFlag):
    """What is to be known of an interval beside its amount; bits of `Intervals.flags`."""

    ESTIMATED = 1
    """One of its readings is UNCERTAIN, ESTIMATED or SUBSTITUTED."""
    ROLLOVER = 2
    """The register reached its declared maximum and began again."""
    EVENT = 4
    """It ends or begins at a register event, whose values make it known."""
    UNKNOWN = 8
    """The register fell, and nothing says what it counted: the amount is unknown, and is 0 here."""
    LONG = 16
    """It lasts longer than the resolution allows for, or there is none: nobody knows when it flowed."""
    UNREAD = 32
    """It ends at a register event at whose instant nothing was read."""


class Fill(Enum):
    """What becomes of an interval that lasts too long to say when its energy flowed."""

    NONE = "NONE"
    LINEAR = "LINEAR"


@dataclass(frozen=True, slots=True)
class RegisterEvent:
    """A statement about a register that makes the energy across it known.

    Readings before `at` are of the old register, those at or after it of the new one.

    Attributes:
        id: Its identity.
        at: When the register was exchanged, reset or rolled over.
        type: Which of them.
        final: The last value of the old register. [unit of the channel]
        start: The first value of the new one. [unit of the channel]
    """

    id: UUID
    at: datetime
    type: RegisterEventType
    final: float
    start: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """What one channel counted; columns of shape (n,), ascending by end, without overlap.

    An interval belongs to a period by its end: `from < end ≤ until`.

    Attributes:
        starts: Where each begins: the reading before, an event, or where an INTERVAL reading begins. [µs since 1970]
        ends: Where each ends: the reading after, or an event. [µs since 1970]
        amounts: What flowed; 0 where it is unknown, never negative. [billionths of the base unit]
        flags: Bits of `Flag`, of dtype uint8.
        event: Index into `events` of the event at which it begins or ends; -1 for none, of dtype int32.
        events: The events of the channel in the order of time.
    """

    starts: Instants
    ends: Instants
    amounts: Amounts
    flags: NDArray[np.uint8]
    event: NDArray[np.int32]
    events: Sequence[RegisterEvent] = ()

    def __len__(self) -> int:
        """Count them."""
        return len(self.ends)

    def marked(self, flag: Flag) -> NDArray[np.bool_]:
        """Say which of them bear a flag, or one of several, shape (n,)."""
        return np.asarray(self.flags & np.uint8(flag), dtype=np.bool_)

    def take(self, rows: NDArray[np.intp]) -> "Intervals":
        """Return some of them."""
        return Intervals(
            self.starts[rows], self.ends[rows], self.amounts[rows], self.flags[rows], self.event[rows], self.events
        )
