"""The grid on which everything outside a machine is constant: whole minutes of UTC, and what local clocks show then."""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

SLOT_S: Final = 60
_QUARTER_SLOTS: Final = 15
DAY_MINUTES: Final = 1440


class LocalTime(NamedTuple):
    """What a local clock and calendar show, shape (n,) each."""

    day: Ints
    """Days since 1970-01-01 of the local calendar."""
    minute: Ints
    """Minute of the local day, 0 to 1439."""
    weekday: Ints
    """0 is Monday."""


def covering(*, from_s: float, until_s: float) -> Ints:
    """Number the slots that a stretch of time touches.

    Args:
        from_s: Start, seconds since 1970 UTC. [s]
        until_s: End, not before the start. [s]

    Returns:
        Slot numbers (minutes since 1970 UTC) in order, at least one; the last one contains the end.
    """
    return np.arange(int(from_s // SLOT_S), int(until_s // SLOT_S) + 1, dtype=np.int64)


def local_time(slots: Ints, zone: ZoneInfo) -> LocalTime:
    """Read the local clock at the start of each slot.

    Every zone's offset is constant within a quarter of an hour of UTC, so the zone is asked once a quarter.

    Args:
        slots: Minutes since 1970 UTC, shape (n,).
        zone: The time zone.

    Returns:
        Local day, minute and weekday. On a day of 23 hours an hour of minutes is missing; on one of 25 it comes twice.
    """
    quarters, where = np.unique(slots // _QUARTER_SLOTS, return_inverse=True)
    offsets = np.fromiter((_offset_minutes(int(quarter), zone) for quarter in quarters), np.int64, quarters.size)
    local = slots + offsets[where]
    day = local // DAY_MINUTES
    # 1970-01-01 was a Thursday.
    return LocalTime(day=day, minute=local % DAY_MINUTES, weekday=(day + 3) % 7)


def bump(minute: Ints, centre: float, width: float) -> Floats:
    """Rise to 1 about a time of day, as a bell that goes over midnight.

    Args:
        minute: Minutes of the local day, shape (n,).
        centre: Where it is 1. [minute of the day]
        width: Its standard deviation. [minutes]

    Returns:
        Shape (n,), from 0 to 1.
    """
    distance = np.abs(minute - centre)
    return np.asarray(np.exp(-0.5 * (np.minimum(distance, DAY_MINUTES - distance) / width) ** 2))


def _offset_minutes(quarter: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(quarter * _QUARTER_SLOTS * SLOT_S, UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // SLOT_S
