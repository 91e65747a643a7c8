"""Turns what a wall clock showed into instants, where clocks change."""

from dataclasses import dataclass
from datetime import timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import EPOCH, Instants

Mask = NDArray[np.bool_]
Series = NDArray[np.int32]

DAY_S = 86_400
SECOND_US = 1_000_000
# Outside these years no reading is taken; the calendar of Python itself ends not far from them.
_FIRST_DAY, _LAST_DAY = -25_567, 84_006


@dataclass(frozen=True, slots=True)
class Resolved:
    """Instants in the place of wall times, all of shape (n,).

    Attributes:
        instant_us: The instant; without meaning where `nonexistent`. [µs since 1970 UTC]
        nonexistent: The clocks skipped this time: it never happened.
        repeated: The clocks showed this time twice.
        second: Taken as the second of the two passes.
        offset_s: What the clock was ahead of UTC; where `nonexistent`, what it was ahead before it skipped. [s]
    """

    instant_us: Instants
    nonexistent: Mask
    repeated: Mask
    second: Mask
    offset_s: NDArray[np.int64]


def resolve(wall_us: Instants, *, zone: tzinfo, series: Series | None = None) -> Resolved:
    """Find the instants at which a wall clock showed these times.

    An hour that happens twice is told apart by order: a time is of the second pass when an earlier row of its series
    showed the same or a later time of that hour. A time that stands alone is of the first pass. A series that runs
    newest first is read backwards.

    Args:
        wall_us: What the clock showed, in the order of the input, shape (n,). [µs since 1970-01-01 00:00 on that clock]
        zone: Where the clock hangs.
        series: Which rows belong together, shape (n,); None means that all do.

    Returns:
        The instants, with what was doubtful about them.

    Source:
        Around a change at the instant t from offset a to b, the clock shows up to t + a before and from t + b after it.
        It skips [t + a, t + b) where b > a, and shows [t + b, t + a) twice where a > b.
    """
    changes_s, offsets_s = _changes(wall_us, zone)
    before_us = (changes_s + offsets_s[:-1]) * SECOND_US
    after_us = (changes_s + offsets_s[1:]) * SECOND_US
    first = np.searchsorted(before_us, wall_us, side="right")
    last = np.searchsorted(after_us, wall_us, side="right")
    nonexistent, repeated = first > last, last > first
    rows = np.flatnonzero(repeated)
    second = np.zeros(len(wall_us), dtype=bool)
    if len(rows):
        together = np.zeros(len(wall_us), dtype=np.int32) if series is None else series
        second[rows] = _second_passes(rows, wall_us, together, last)
    chosen = np.where(nonexistent | second, last, first)
    offset_s = offsets_s[chosen]
    return Resolved(wall_us - offset_s * SECOND_US, nonexistent, repeated, second, offset_s)


def _changes(wall_us: Instants, zone: tzinfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the changes of offset near these times: instants, and offsets between them (one more) in seconds."""
    days = np.unique(wall_us // (DAY_S * SECOND_US)).clip(_FIRST_DAY, _LAST_DAY)
    sampled = np.unique(np.concatenate([days - 1, days, days + 1, days + 2])) * DAY_S
    return offset_changes(sampled.tolist(), zone)


def offset_changes(instants: list[int], zone: tzinfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the changes of a zone's offset between some instants, of which two neighbours have at most one between them.

    Args:
        instants: Ascending. [s since 1970]
        zone: The zone.

    Returns:
        The instants from which another offset holds [s], and the offsets between them, one more [s].
    """
    offsets = [_offset(zone, instant) for instant in instants]
    changes, between = [], offsets[:1]
    for place in range(1, len(instants)):
        if offsets[place] != offsets[place - 1]:
            changes.append(_when(zone, instants[place - 1], instants[place]))
            between.append(offsets[place])
    return np.array(changes, dtype=np.int64), np.array(between or [0], dtype=np.int64)


def _offset(zone: tzinfo, instant_s: int) -> int:
    ahead = (EPOCH + timedelta(seconds=instant_s)).astimezone(zone).utcoffset()
    return 0 if ahead is None else round(ahead.total_seconds())


def _when(zone: tzinfo, low_s: int, high_s: int) -> int:
    """Return the first second at which the offset is no longer that of `low_s`."""
    former = _offset(zone, low_s)
    while high_s - low_s > 1:
        middle = (low_s + high_s) // 2
        if _offset(zone, middle) == former:
            low_s = middle
        else:
            high_s = middle
    return high_s


def _second_passes(rows: NDArray[np.intp], wall_us: Instants, series: Series, change: NDArray[np.intp]) -> Mask:
    """Say of each of these repeated times whether it is of the second pass."""
    backwards = _newest_first(wall_us, series, np.unique(series[rows]))
    latest: dict[tuple[int, int], int] = {}
    second = np.zeros(len(rows), dtype=bool)
    found = list(zip(rows.tolist(), series[rows].tolist(), change[rows].tolist(), strict=True))
    forwards = [place for place, (_, name, _) in enumerate(found) if name not in backwards]
    reversed_ = [place for place, (_, name, _) in enumerate(found) if name in backwards]
    for place in [*forwards, *reversed(reversed_)]:
        row, name, hour = found[place]
        shown = int(wall_us[row])
        so_far = latest.get((name, hour))
        second[place] = so_far is not None and so_far >= shown
        latest[name, hour] = shown if so_far is None else max(so_far, shown)
    return second


def _newest_first(wall_us: Instants, series: Series, wanted: Series) -> set[int]:
    """Return those of the wanted series in which most rows are earlier than the row before them."""
    order = np.argsort(series, kind="stable")
    together = series[order]
    steps = np.sign(np.diff(wall_us[order]))
    steps[together[1:] != together[:-1]] = 0
    starts = np.searchsorted(together, wanted)
    ends = np.searchsorted(together, wanted, side="right")
    total = np.concatenate([[0], np.cumsum(steps)])
    balance = total[ends - 1] - total[starts]
    return {int(name) for name, sign in zip(wanted, balance, strict=True) if sign < 0}


def wall_text(wall_us: int) -> str:
    """Write a wall time as people do: 2013-10-06 02:00:00; years outside the calendar as plain microseconds."""
    try:
        return (EPOCH + timedelta(microseconds=wall_us)).replace(tzinfo=None).isoformat(sep=" ")
    except OverflowError:
        return f"{wall_us} µs"


def offset_text(offset_s: int) -> str:
    """Write an offset from UTC as files do: +10:00."""
    sign = "-" if offset_s < 0 else "+"
    minutes = abs(offset_s) // 60
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
