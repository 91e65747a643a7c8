"""Lays a past on the wall clock of its site: a day has as many steps, also where the clock is put forward or back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twinql.domain.forecasting.past import Floats, Past

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKS_EVERY_S: Final = 6 * 86_400
"""No zone changes its clock twice within so many days and ends where it was."""


@dataclass(frozen=True, slots=True)
class OnWallClock:
    """A past on the wall clock, and where the steps ahead lie on it.

    Attributes:
        past: The past as if its zone's wall clock were UTC: an hour that is left out is a gap, one that is had twice is
            the mean of both.
        steps: How many steps of it to forecast.
        places: Which of these each real step is, shape (steps ahead,).
    """

    past: Past
    steps: int
    places: NDArray[np.intp]


def on_wall_clock(past: Past, steps: int) -> OnWallClock:
    """Lay a past on the wall clock of its zone, where that is put forward or back in the past or in the steps ahead.

    Args:
        past: What was read until now.
        steps: How many steps to forecast.

    Returns:
        The same past where the clock goes on evenly, no day was seen twice, or a step is longer than the change.
    """
    size = past.values.size
    same = OnWallClock(past, steps, np.arange(steps))
    if not past.seasons or 2 * past.seasons[0] > size:
        return same
    starts = past.begins_s + past.step_s * np.arange(size + steps, dtype=np.float64)
    offsets = _offsets(starts, ZoneInfo(past.zone))
    if (offsets == offsets[0]).all() or ((offsets - offsets[0]) % past.step_s).any():
        return same
    slots = np.rint((starts + offsets - starts[0] - offsets[0]) / past.step_s).astype(np.intp)
    first = int(slots[:size].min())
    values = _meant(slots[:size] - first, past.values)
    ahead = np.maximum(slots[size:] - first - values.size, 0)
    begins_s = past.begins_s + float(offsets[0]) + first * past.step_s
    return OnWallClock(Past(values, begins_s, past.step_s), int(ahead.max()) + 1, ahead)


def _meant(slots: NDArray[np.intp], values: Floats) -> Floats:
    """Return the mean of what is known in each slot, NaN where nothing is."""
    known = ~np.isnan(values)
    size = int(slots.max()) + 1
    total = np.bincount(slots[known], weights=values[known], minlength=size)
    count = np.bincount(slots[known], minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _offsets(starts: Floats, zone: ZoneInfo) -> Floats:
    """Return the zone's offset from UTC at each instant, looked at closely only where it changes. [s]."""
    step = float(starts[1] - starts[0]) if starts.size > 1 else 1.0
    stride = max(1, int(_LOOKS_EVERY_S // step))
    marks = np.unique(np.append(np.arange(0, starts.size, stride), starts.size - 1))
    known = {int(each): _offset(float(starts[each]), zone) for each in marks}
    found = np.empty(starts.size)
    for first, last in pairwise(marks):
        if known[int(first)] == known[int(last)]:
            found[first : last + 1] = known[int(first)]
        else:
            found[first : last + 1] = [_offset(float(each), zone) for each in starts[first : last + 1]]
    if marks.size == 1:
        found[:] = known[0]
    return found


def _offset(instant_s: float, zone: ZoneInfo) -> float:
    offset = (_EPOCH + timedelta(seconds=instant_s)).astimezone(zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
