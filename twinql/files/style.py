"""Finds out from the first rows of a file how it writes dates and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twinql.errors import InvalidInputError
from twinql.files.layout import Layout, Told
from twinql.files.numbers import has_decimal_commas, read_numbers
from twinql.files.tables import Source, Table
from twinql.files.times import DateOrder, Times, date_order, is_epoch, read_times


@dataclass(frozen=True, slots=True)
class Style:
    """How a file writes dates and numbers.

    Attributes:
        date_order: How 01/06/2013 is written; None where no date is written so.
        decimal_commas: By the place of each column of numbers, whether a comma stands before the decimals.
        notes: What was found out, in sentences.
    """

    date_order: DateOrder | None
    decimal_commas: Mapping[int, bool]
    notes: tuple[str, ...]


def find_style(name: str, source: Source, layout: Layout, told: Told, table: Table) -> Style:
    """Find the style of a file in its first table, or what was told of it.

    Raises:
        InvalidInputError: The columns of times or values hold something else, or could be read in two ways.
    """
    notes: list[str] = []
    texts = time_texts(table, layout)
    column = " and ".join(repr(source.header[place]) for place in layout.time)
    order = told.date_order or date_order(texts, column=column)
    if order is not None and told.date_order is None:
        notes.append(f"Dates are written with the {order.name.split('_')[0].lower()} first.")
    if is_epoch(texts[0]):
        notes.append(f"The numbers in the column {column} count time since 1970 UTC.")
    example = f"line {table.lines[0]}: {texts[0].strip()!r}"
    _check_times(read_times(texts, order=order), f"{column} of {name}", example, told)
    commas: dict[int, bool] = {}
    for place in layout.values:
        _learn_numbers(place, source, told, table, commas, notes)
    if not commas or (told.values and len(commas) < len(layout.values)):
        place = next(place for place in layout.values if place not in commas)
        message = (
            f"The column {source.header[place]!r} of {name} holds no numbers, but for example "
            f"{table.columns[place][0]!r}: name the one that does with --value."
        )
        raise InvalidInputError(message, path=("value",))
    return Style(order, commas, tuple(notes))


def time_texts(table: Table, layout: Layout) -> Sequence[str]:
    """Return the times of a table as they are written; a date and a clock time are put together."""
    first, *rest = layout.time
    if not rest:
        return table.columns[first]
    return [f"{day} {clock}" for day, clock in zip(table.columns[first], table.columns[rest[0]], strict=True)]


def _check_times(times: Times, column: str, example: str, told: Told) -> None:
    if times.invalid.all():
        message = f"The column {column} holds no times ({example}): name the one that does with --time."
        raise InvalidInputError(message, path=("time",))
    if told.time_zone is None and not times.has_offset.any():
        message = (
            f"The times in the column {column} have no offset ({example}): say --time-zone with a name such as "
            "Australia/Sydney, or with an offset such as +10:00."
        )
        raise InvalidInputError(message, path=("time-zone",))


def _learn_numbers(  # noqa: PLR0917
    place: int, source: Source, told: Told, table: Table, commas: dict[int, bool], notes: list[str]
) -> None:
    """Note in `commas` how a column of numbers writes its decimals; a column that holds none is left out."""
    cells, column = table.columns[place], source.header[place]
    if told.decimal_commas is None:
        found = has_decimal_commas(cells, column=column, separator_is_comma=source.separator == ",")
    else:
        found = told.decimal_commas
    numbers = read_numbers(cells, decimal_commas=found)
    # A column of values that is empty so far may fill up later.
    if numbers.invalid.any() and (numbers.invalid | numbers.missing).all():
        notes.append(f"The column {column!r} holds no numbers and was left out.")
        return
    commas[place] = found
    if found and told.decimal_commas is None:
        notes.append(f"Decimals stand behind a comma in the column {column!r}.")
