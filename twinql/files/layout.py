"""Finds which column of a file is what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import Enum

from twinql.domain.unit_names import told_by_case, unit_named
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError
from twinql.files.times import DateOrder


class Stamp(Enum):
    """Which end of its interval a time names."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person says about a file. A name is that of a column, or else holds for every row.

    Attributes:
        time: The column of times.
        values: The columns of values.
        identity: By role (`site`, `meter`, `machine`, `channel`, `unit`, `kind`): a column, or what holds for all rows.
        time_zone: The zone of times that have no offset.
        stamp: Which end of its interval a time names.
        date_order: How 01/06/2013 is written.
        decimal_commas: Whether a comma stands before the decimals.
        header: Whether the first row names the columns.
        sheet: The sheet of a workbook.
    """

    time: str | None = None
    values: tuple[str, ...] = ()
    identity: dict[str, str] = field(default_factory=dict)
    time_zone: tzinfo | None = None
    stamp: Stamp | None = None
    date_order: DateOrder | None = None
    decimal_commas: bool | None = None
    header: bool | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is what.

    Attributes:
        time: The column of times; two of them where date and clock time stand apart.
        values: The columns of values.
        roles: The columns of `IDENTITY`, `quality` and `status`.
        constants: What holds for all rows, by the same roles.
        stamp: Which end of an interval the name of the time column says, if it does.
        left_out: The names of columns that are none of these.
    """

    time: tuple[int, ...]
    values: tuple[int, ...]
    roles: dict[str, int]
    constants: dict[str, str]
    stamp: Stamp | None
    left_out: tuple[str, ...] = ()


IDENTITY = ("channel_id", "site", "meter", "machine", "channel", "quantity", "unit", "kind")
"""The roles that tell one series from another."""

_ROLES = {
    "channel_id": ("channel_id",),
    "site": ("site", "location", "building"),
    "meter": (
        "meter",
        "meter_id",
        "meter_number",
        "meter_serial",
        "serial",
        "serial_number",
        "nmi",
        "mpan",
        "mprn",
        "zaehler",
    ),
    "machine": ("machine", "machine_id", "asset", "asset_id", "device", "device_id", "equipment"),
    "channel": ("channel", "register", "tag", "sensor", "sensor_id", "metric", "key"),
    "unit": ("unit", "units", "uom", "einheit"),
    "quantity": ("quantity",),
    "kind": ("kind",),
    "quality": ("quality",),
    "status": ("status", "reading_status"),
}
_TIME = (
    *("observed_at", "timestamp", "time", "datetime", "date_time", "date_and_time", "reading_time", "read_at"),
    *("recorded_time", "timestamp_utc", "time_utc", "utc", "ts", "zeitstempel", "zeit", "zeitpunkt", "date", "datum"),
    *("day", "interval_end", "period_end", "end_time", "end", "until"),
    *("interval_start", "period_start", "start_time", "start", "from"),
)
_VALUE = ("value", "reading", "wert", "messwert", "consumption", "usage", "energy", "amount", "reading_value")
_LETTERS = ("W", "V")
_BESIDE = ("id", "line", "code", "reason")  # a table's key, and what the file of refused rows says of them
_SPLIT = re.compile(r"[^a-z0-9]+")
_IN_BRACKETS = re.compile(r"[\[(]([^\])]+)[\])]\s*$")


def slug(name: str) -> str:
    """Write a name in lower case, digits and underscores."""
    return _SPLIT.sub("_", name.casefold()).strip("_")


def unit_in(name: str) -> Unit | None:
    """Find the unit that the name of a column ends with, such as `kwh`, `usage_kWh` or `Temperature [°C]`."""
    last = _last_word(name)
    if len(last) == 1 and not _IN_BRACKETS.search(name) and last not in _LETTERS:
        return None  # a lone letter is more often a name than a unit, as in phase_A
    return _unit(last)


def _last_word(name: str) -> str:
    bracketed = _IN_BRACKETS.search(name)
    return bracketed[1] if bracketed else re.split(r"[\s_]+", name.strip())[-1]


def _unit(text: str) -> Unit | None:
    try:
        return unit_named(text)
    except InvalidInputError:
        return None


def _check_units(header: Sequence[str], values: Sequence[int]) -> None:
    """Refuse columns whose names end with what is a unit in other letters; a number of those would be a guess."""
    for column in (header[place] for place in values):
        word = _last_word(column)
        if meant := told_by_case(word):
            message = f"{word} could be {' or '.join(meant)} in the column {column!r}: say --unit, or rename it."
            raise InvalidInputError(message, path=("unit",))


def find_layout(header: Sequence[str], told: Told, *, name: str) -> Layout:
    """Find the columns of a file by what was told, else by their names.

    Raises:
        InvalidInputError: A named column does not exist, or the times or values cannot be found.
    """
    slugs = [slug(each) for each in header]
    time = (_named(header, told.time, "time", name),) if told.time else _time(slugs)
    if not time:
        raise InvalidInputError(f"{_columns(name, header)} Which one holds the times? Say --time.", path=("time",))
    roles = {role: place for role, names in _ROLES.items() if (place := _first(slugs, names)) is not None}
    constants = {}
    for role, said in told.identity.items():
        place = _place(header, said)
        # A column called like a unit holds values in it.
        if place is None or (role == "unit" and (_unit(said) or told_by_case(said))):
            roles.pop(role, None)
            constants[role] = said
        else:
            roles[role] = place
    values = tuple(_named(header, each, "value", name) for each in told.values)
    taken = {*time, *roles.values()}
    values = values or _values(header, slugs, taken)
    if not values:
        raise InvalidInputError(f"{_columns(name, header)} Which one holds the values? Say --value.", path=("value",))
    if "unit" not in {*roles, *constants}:
        _check_units(header, values)
    roles = {role: place for role, place in roles.items() if place not in {*time, *values}}
    beside = {place for place, each in enumerate(slugs) if each in _BESIDE}
    used = {*time, *values, *roles.values()}
    left_out = tuple(column for place, column in enumerate(header) if place not in used | beside)
    return Layout(time, values, roles, constants, _stamp(slugs[time[0]]), left_out)


def _time(slugs: Sequence[str]) -> tuple[int, ...]:
    if "date" in slugs and "time" in slugs:
        return slugs.index("date"), slugs.index("time")
    place = _first(slugs, _TIME)
    return () if place is None else (place,)


def _values(header: Sequence[str], slugs: Sequence[str], taken: set[int]) -> tuple[int, ...]:
    """Take the column called value, else those with units in their names, else all that are left."""
    free = [place for place in range(len(header)) if place not in taken]
    usual = next((slugs.index(each) for each in _VALUE if each in slugs and slugs.index(each) in free), None)
    if usual is not None:
        return (usual,)
    measured = (place for place in free if unit_in(header[place]) or told_by_case(_last_word(header[place])))
    return tuple(measured) or tuple(free)


def _first(slugs: Sequence[str], names: Sequence[str]) -> int | None:
    return next((slugs.index(each) for each in names if each in slugs), None)


def _place(header: Sequence[str], said: str) -> int | None:
    """Return the column that is called so; upper and lower case matter only where both exist."""
    if said in header:
        return header.index(said)
    lowered = [each.casefold() for each in header]
    return lowered.index(said.casefold()) if said.casefold() in lowered else None


def _named(header: Sequence[str], said: str, option: str, name: str) -> int:
    place = _place(header, said)
    if place is None:
        raise InvalidInputError(
            f"{_columns(name, header)} None is called {said!r}; correct --{option}.", path=(option,)
        )
    return place


def _columns(name: str, header: Sequence[str]) -> str:
    shown = ", ".join(header[:20]) + (", …" if len(header) > 20 else "")  # noqa: PLR2004 - enough to recognise a file
    return f"The columns of {name} are {shown}."


def _stamp(time: str) -> Stamp | None:
    words = set(time.split("_"))
    if words & {"start", "from", "begin"}:
        return Stamp.START
    return Stamp.END if words & {"end", "until", "ending"} else None
