"""Whether at every instant exactly one band holds, for each register."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from twinql.domain.tariffs.terms import Band, Terms
from twinql.domain.tariffs.windows import Days, bands_for, boundaries, holding
from twinql.domain.tariffs.wire import clock_time
from twinql.errors import InvalidInputError

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LEAP_YEAR = [date(2024, 1, 1) + timedelta(days=day) for day in range(366)]


def check_cover(terms: Terms) -> None:
    """Check that on any weekday, day of the year and time of day exactly one band holds, on holidays too.

    Raises:
        InvalidInputError: None holds somewhere, or several do; the message names the first such moment.
    """
    registers = list(dict.fromkeys(band.register for band in terms.bands))
    for register in registers:
        bands = [terms.bands[place] for place in bands_for(terms.bands, register)]
        of_register = "" if register is None else f" for the register {register}"
        open_ones = [band.name for band in bands if not band.windows]
        if len(open_ones) > 1:
            message = (
                f"{' and '.join(open_ones)} both hold whenever nothing else does{of_register}; give windows to all but "
                "one of them, or to each a register of its own."
            )
            raise InvalidInputError(message, path=("terms", "bands"))
        _check_moments(bands, of_register, with_holidays=terms.holidays is not None)


def _check_moments(bands: Sequence[Band], of_register: str, *, with_holidays: bool) -> None:
    days, names = _kinds_of_days(bands, with_holidays=with_holidays)
    minutes = boundaries(bands)
    held = holding(bands, days, np.array(minutes, dtype=np.int64))
    wrong = np.argwhere(held.sum(axis=0) != 1)
    if not len(wrong):
        return
    day, minute = wrong[0].tolist()
    moment = names[day].format(clock_time(minutes[minute]))
    several = [band.name for band, holds in zip(bands, held[:, day, minute].tolist(), strict=True) if holds]
    if several:
        message = (
            f"{' and '.join(several)} hold at once{of_register} on {moment}; let their windows end where others begin."
        )
    else:
        message = (
            f"No band holds{of_register} on {moment}; let a window reach there, or leave the windows of one band out: "
            "it then holds whenever no other does."
        )
    raise InvalidInputError(message, path=("terms", "bands"))


def _kinds_of_days(bands: Sequence[Band], *, with_holidays: bool) -> tuple[Days, list[str]]:
    """Return one day for each kind that windows may tell apart, in the order of the year, and how to speak of it."""
    seasons = [window.season for band in bands for window in band.windows if window.season is not None]
    changes = {_LEAP_YEAR[0]}
    for season in seasons:
        changes.add(date(2024, *season.first))
        changes.add(date(2024, *season.last) + timedelta(days=1))
    kinds = [
        (day.month * 100 + day.day, weekday, holiday)
        for day in sorted(changes & set(_LEAP_YEAR))
        for holiday in ((False, True) if with_holidays else (False,))
        for weekday in range(1, 8)
    ]
    columns = np.array(kinds, dtype=np.int64)
    names = [
        f"{'a public holiday that is a ' if holiday else ''}{_WEEKDAYS[weekday - 1]} {{}} in {_MONTHS[code // 100 - 1]}"
        for code, weekday, holiday in kinds
    ]
    return Days(columns[:, 1], columns[:, 0], columns[:, 2].astype(bool)), names
