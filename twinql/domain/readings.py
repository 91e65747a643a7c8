"""Readings in columns, and what may become of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Instants = NDArray[np.int64]
Codes = NDArray[np.int8]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class StoredQuality(Enum):
    """Quality and status in one, as the table keeps them; the order is that of `ReadingBatch.quality`."""

    GOOD = "GOOD"
    UNCERTAIN = "UNCERTAIN"
    BAD = "BAD"
    ESTIMATED = "ESTIMATED"
    SUBSTITUTED = "SUBSTITUTED"
    EDITED = "EDITED"


class Quality(Enum):
    """How far a value can be trusted (OPC UA's three)."""

    GOOD = "GOOD"
    UNCERTAIN = "UNCERTAIN"
    BAD = "BAD"


class ReadingStatus(Enum):
    """Where a value comes from, in the words of metering."""

    ACTUAL = "ACTUAL"
    ESTIMATED = "ESTIMATED"
    SUBSTITUTED = "SUBSTITUTED"
    EDITED = "EDITED"


def quality_of(stored: StoredQuality) -> Quality:
    """Return how far a value can be trusted: EDITED is good, ESTIMATED and SUBSTITUTED are uncertain."""
    if stored is StoredQuality.EDITED:
        return Quality.GOOD
    if stored in {StoredQuality.ESTIMATED, StoredQuality.SUBSTITUTED}:
        return Quality.UNCERTAIN
    return Quality(stored.value)


def status_of(stored: StoredQuality) -> ReadingStatus:
    """Return where a value comes from; all but ESTIMATED, SUBSTITUTED and EDITED are ACTUAL."""
    marked = {StoredQuality.ESTIMATED, StoredQuality.SUBSTITUTED, StoredQuality.EDITED}
    return ReadingStatus(stored.value) if stored in marked else ReadingStatus.ACTUAL


def stored_quality(quality: Quality, status: ReadingStatus) -> StoredQuality:
    """Return what the table keeps for a quality with a status; the status speaks unless the value is BAD."""
    if quality is Quality.BAD or status is ReadingStatus.ACTUAL:
        return StoredQuality(quality.value)
    return StoredQuality(status.value)


QUALITIES = tuple(StoredQuality)
QUALITY_CODE = {quality: code for code, quality in enumerate(QUALITIES)}


class ReadingSource(Enum):
    """The way by which a value came in."""

    MANUAL = "MANUAL"
    API = "API"
    IMPORT = "IMPORT"
    DEVICE = "DEVICE"
    SIMULATION = "SIMULATION"
    REPLAY = "REPLAY"
    DATABASE = "DATABASE"


OF_DEVICES = frozenset({ReadingSource.DEVICE, ReadingSource.SIMULATION})
"""What nobody writes by hand: whoever else claims to is refused."""


@dataclass(frozen=True, slots=True)
class FormerReading:
    """What a reading said before it was changed.

    Attributes:
        value: None where there was none. [unit of the channel]
        quality: Quality and status in one.
        source: The way by which it had come in.
        recorded_at: When it had been learned.
        corrected_at: When it was changed.
        corrected_by: Who changed it.
        reason: Why, where whoever changed it said so.
    """

    value: float | None
    quality: StoredQuality
    source: ReadingSource
    recorded_at: datetime
    corrected_at: datetime
    corrected_by: str
    reason: str | None


class OnConflict(Enum):
    """What to do when another value is already there for the same instant."""

    KEEP_FIRST = "KEEP_FIRST"
    CORRECT = "CORRECT"


class Outcome(IntEnum):
    """What became of one row."""

    RECORDED = 0
    DUPLICATE = 1
    CONFLICT = 2
    CORRECTED = 3
    REJECTED = 4


class RejectionCode(Enum):
    """Why a row was refused."""

    UNKNOWN_CHANNEL = "UNKNOWN_CHANNEL"
    ARCHIVED_CHANNEL = "ARCHIVED_CHANNEL"
    MISSING_VALUE = "MISSING_VALUE"
    INFINITE_VALUE = "INFINITE_VALUE"
    UNKNOWN_STATE = "UNKNOWN_STATE"
    UNIT_MISMATCH = "UNIT_MISMATCH"
    INVALID_VALUE = "INVALID_VALUE"
    INVALID_TIME = "INVALID_TIME"
    NONEXISTENT_TIME = "NONEXISTENT_TIME"
    TOO_OLD = "TOO_OLD"
    IN_FUTURE = "IN_FUTURE"
    BEYOND_REGISTER = "BEYOND_REGISTER"
    IMPLAUSIBLE_VALUE = "IMPLAUSIBLE_VALUE"
    IMPLAUSIBLE_RATE = "IMPLAUSIBLE_RATE"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused row.

    Attributes:
        row: Its place in the input, from 0.
        code: Why, for programs.
        message: Why, for people, and what to do.
    """

    row: int
    code: RejectionCode
    message: str


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Readings in columns, all of shape (n,), in the order of the input.

    Attributes:
        channel: Place of the row's channel in the list that goes with the batch; -1 where it is unknown.
        observed_us: The instant, or the end of the interval. [µs since 1970-01-01 UTC]
        value: NaN where there is none. [unit of the channel]
        quality: Index into `QUALITIES`.
    """

    channel: NDArray[np.int32]
    observed_us: Instants
    value: Floats
    quality: Codes

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.channel)

    def take(self, rows: NDArray[np.intp]) -> "ReadingBatch":
        """Return the rows at these places."""
        return ReadingBatch(self.channel[rows], self.observed_us[rows], self.value[rows], self.quality[rows])


def to_us(instant: datetime) -> int:
    """Return an aware time as microseconds since 1970 in UTC, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def first_occurrences(channel: NDArray[np.int32], observed_us: Instants) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find, for every row, the first one with the same channel and instant.

    Args:
        channel: Shape (n,).
        observed_us: Shape (n,). [µs]

    Returns:
        The places of the first occurrences in ascending order, shape (m,), and for each row the place in that list of
        its own first occurrence, shape (n,).
    """
    order = np.lexsort((observed_us, channel))  # stable: among equals the first in the input comes first
    ch, at = channel[order], observed_us[order]
    opens = np.ones(len(order), dtype=bool)
    opens[1:] = (ch[1:] != ch[:-1]) | (at[1:] != at[:-1])
    group = np.cumsum(opens) - 1
    heads = order[opens]
    rank = np.argsort(np.argsort(heads))
    place = np.empty(len(order), dtype=np.intp)
    place[order] = rank[group]
    return np.sort(heads), place


def same_reading(value: Floats, quality: Codes, other_value: Floats, other_quality: Codes) -> NDArray[np.bool_]:
    """Say row by row whether two readings of one instant tell the same: equal values, NaN equal to NaN.

    The marks GOOD and UNCERTAIN do not tell them apart, nor does EDITED from the same value sent again; an estimate and
    an actual value differ even where the numbers agree.

    Args:
        value: Shape (n,). [unit of the channel]
        quality: Shape (n,), index into `QUALITIES`.
        other_value: Shape (n,). [unit of the channel]
        other_quality: Shape (n,), index into `QUALITIES`.

    Returns:
        Shape (n,).
    """
    equal: NDArray[np.bool_] = (value == other_value) | (np.isnan(value) & np.isnan(other_value))
    bad = QUALITY_CODE[StoredQuality.BAD]
    equal &= is_estimate(quality) == is_estimate(other_quality)
    equal &= (quality == bad) == (other_quality == bad)
    return equal


def is_estimate(quality: Codes) -> NDArray[np.bool_]:
    """Say row by row whether a value is ESTIMATED or SUBSTITUTED, so that an actual one supersedes it."""
    estimated, substituted = QUALITY_CODE[StoredQuality.ESTIMATED], QUALITY_CODE[StoredQuality.SUBSTITUTED]
    mask: NDArray[np.bool_] = (quality == estimated) | (quality == substituted)
    return mask


def months_of(observed_us: Instants) -> set[datetime]:
    """Return the first instants of the UTC months in which these lie."""
    months: Sequence[int] = np.unique(
        observed_us.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    ).tolist()
    return {datetime(1970 + month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in months}


def from_us(instant_us: int) -> datetime:
    """Return the aware time of microseconds since 1970 in UTC; the bounds of the calendar are kept."""
    bounded = min(max(instant_us, -62_135_596_800_000_000), 253_402_300_799_000_000)
    return EPOCH + timedelta(microseconds=bounded)
