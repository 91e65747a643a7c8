"""Which band holds: windows judged by weekday, day of the year, holiday and time of day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.tariffs.terms import MINUTES_A_DAY, Band, HolidayRule, Window

Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Days:
    """What the calendar says of some days; columns of shape (d,).

    Attributes:
        weekdays: 1 (Monday) to 7 (Sunday).
        month_days: A hundred times the month, and the day: 1231 for the last of the year.
        holidays: Whether each is a public holiday.
    """

    weekdays: Numbers
    month_days: Numbers
    holidays: Mask


def bands_for(bands: Sequence[Band], register: str | None) -> list[int]:
    """Return the places of the bands that speak of a register: those of its name, and those for every register."""
    return [place for place, band in enumerate(bands) if band.register is None or band.register == register]


def boundaries(bands: Sequence[Band]) -> tuple[int, ...]:
    """Return the minutes of the day at which a band may begin or end, 0 included, ascending."""
    windows = [window for band in bands for window in band.windows]
    return tuple(
        sorted({0, *(edge % MINUTES_A_DAY for each in windows for edge in (each.first_minute, each.last_minute))})
    )


def holding(bands: Sequence[Band], days: Days, minutes: Numbers) -> NDArray[np.bool_]:
    """Say which bands hold on which days from which minutes on; an open one where no other does.

    Args:
        bands: Those that speak of one register.
        days: The days, of which there are d.
        minutes: Minutes of the day, shape (m,); bands change at none between them.

    Returns:
        Shape (bands, d, m).
    """
    held = np.zeros((len(bands), len(days.weekdays), len(minutes)), dtype=bool)
    for place, band in enumerate(bands):
        for window in band.windows:
            held[place] |= np.outer(_on(window, days), _during(window, minutes))
    others = held.any(axis=0)
    for place, band in enumerate(bands):
        if not band.windows:
            held[place] = ~others
    return held


def _on(window: Window, days: Days) -> Mask:
    listed = np.zeros(8, dtype=bool)
    listed[list(window.weekdays)] = True
    fits: Mask = listed[days.weekdays]
    if window.season is not None:
        first, last = (month * 100 + day for month, day in (window.season.first, window.season.last))
        after, before = days.month_days >= first, days.month_days <= last
        fits = fits & ((after & before) if first <= last else (after | before))
    if window.holidays is HolidayRule.ANY:
        return fits
    return fits & (days.holidays if window.holidays is HolidayRule.ONLY else ~days.holidays)


def _during(window: Window, minutes: Numbers) -> Mask:
    after, before = minutes >= window.first_minute, minutes < window.last_minute
    within: Mask = (after & before) if window.first_minute < window.last_minute else (after | before)
    return within
