"""Stretches of a channel in which readings are missing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from twinql.domain.readings import Instants, from_us, to_us
from twinql.domain.series import CHANGE_OF_CLOCKS, DAY_S, Subject

LATE = 0.5
"""How much of its resolution a reading may be late before it counts as missing."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without usable readings.

    Attributes:
        first: The last reading before it, or where the period begins.
        last: The first reading after it, of intervals where its interval begins; or where the period ends, or now.
        missing: How many readings the resolution would have had in it.
    """

    first: datetime
    last: datetime
    missing: int


def too_far_apart_us(resolution_s: int) -> int:
    """Return the distance of two neighbours from which on a reading is missing between them, in µs."""
    return round(resolution_s * 1_000_000 * (1 + LATE))


def gaps_between(
    subject: Subject, first: datetime, last: datetime, now: datetime, *, neighbours: Instants, ends: Instants
) -> list[Gap]:
    """Count what is missing between the usable readings of a period, before the first and after the last.

    Before the first and after the last nothing tells when exactly a reading was due but the rhythm of that one itself.

    Args:
        subject: The channel, which has a resolution.
        first: Where the period begins.
        last: Where it ends.
        now: The present; what is not due yet is not missing, but on a schedule.
        neighbours: Those that are too far apart, in the order of time, shape (n, 2). [µs since 1970 UTC]
        ends: The first and the last reading of the period, shape (2,); empty where there is none. [µs since 1970 UTC]
    """
    assert subject.resolution_s is not None
    step = subject.resolution_s * 1_000_000
    length = step if subject.by_end else 0
    slack = CHANGE_OF_CLOCKS // _MICROSECOND if subject.resolution_s >= DAY_S else 0
    begin, end = to_us(first), to_us(last)
    closed = end if subject.schedule else min(end, max(begin, to_us(now)))
    latest = _latest_due(subject, end, to_us(now), slack)
    if not len(ends):
        missing = (latest - begin) // step + (0 if subject.by_end else 1)
        return _told([(begin, closed, missing if latest >= begin else 0)])
    head, tail = ends.tolist()
    return _told(
        [
            (begin, head - length, (head - begin - length + slack) // step),
            *(
                (before, after - length, (after - before + step // 2) // step - 1)
                for before, after in neighbours.tolist()
            ),
            (tail, closed, (latest - tail) // step),
        ]
    )


_MICROSECOND = timedelta(microseconds=1)


def _latest_due(subject: Subject, end: int, now: int, slack: int) -> int:
    """Return the last instant at which a reading of the period can have been due."""
    assert subject.resolution_s is not None
    due = end if subject.schedule else min(end, now - round(subject.resolution_s * 1_000_000 * LATE))
    if subject.by_end:
        # The last interval ends with the period; on a day less an hour a daily one ends an hour early.
        return due + slack
    return due if due < end else due - 1 - slack


def _told(found: list[tuple[int, int, int]]) -> list[Gap]:
    return [Gap(from_us(begin), from_us(end), missing) for begin, end, missing in found if missing > 0]
