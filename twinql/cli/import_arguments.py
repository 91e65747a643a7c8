"""The options of `twinql import`, and what they say about a file."""

import argparse
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from twinql.cli.database import add_data_argument
from twinql.domain.assets import Commodity
from twinql.domain.channels import ReadingKind
from twinql.domain.durations import parse_duration
from twinql.errors import InvalidInputError
from twinql.files.creation import Wishes
from twinql.files.layout import Stamp, Told
from twinql.files.times import DateOrder
from twinql.files.zones import zone_named

NAMED = ("site", "meter", "machine", "channel", "unit")


def add_import_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql import`."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="a CSV, Excel (.xlsx) or JSON Lines file")
    parser.add_argument("--from-table", metavar="SCHEMA.TABLE", help="take an older table over instead of a file")
    add_file_arguments(parser)
    how = parser.add_argument_group("how it is recorded")
    how.add_argument(
        "--on-conflict",
        choices=("keep-first", "correct"),
        default="keep-first",
        help="what becomes of another value for the same instant (default: keep-first)",
    )
    how.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    how.add_argument("--rejected", metavar="PATH", help="where refused rows are written (default: FILE.rejected.csv)")
    add_data_argument(parser)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what every verb that reads a file asks about it, and about where it goes."""
    _add_columns(parser)
    _add_times(parser)
    _add_format(parser)
    new = parser.add_argument_group("what does not exist yet")
    new.add_argument("--create", action="store_true", help="make the sites, meters, machines and channels it needs")
    new.add_argument("--kind", type=_kind, metavar="KIND", help="how values are read: interval, cumulative, …")
    new.add_argument("--resolution", type=_resolution, metavar="DURATION", help="time between two readings, as PT30M")
    new.add_argument(
        "--commodity", type=_commodity, metavar="WHAT", help="what new meters measure: electricity, gas, …"
    )
    parser.add_argument("--organisation", metavar="NAME", help="for which organisation (default: the only one)")
    parser.add_argument(
        "--progress", choices=("auto", "bar", "lines", "none"), default="auto", help="how progress is shown"
    )


def _add_columns(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "columns", "A name is that of a column or, where no column is called so, holds for all rows."
    )
    group.add_argument("--time", metavar="COLUMN", help="the column of times")
    group.add_argument("--value", metavar="COLUMN", action="append", default=[], help="a column of values; repeatable")
    for role in NAMED:
        group.add_argument(f"--{role}", metavar="NAME", help=f"the column of the {role}, or the {role} itself")
    group.add_argument(
        "--columns-are", choices=("meters", "channels"), help="what the columns of a wide file stand for"
    )


def _add_times(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("times")
    group.add_argument("--time-zone", metavar="ZONE", help="zone of times without an offset: Australia/Sydney, +10:00")
    group.add_argument(
        "--stamp", choices=("start", "end"), help="which end of its interval a time names (default: end)"
    )
    group.add_argument("--date-order", choices=("dmy", "mdy"), help="how 01/06/2013 is written")


def _add_format(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("format")
    group.add_argument("--decimal", choices=("comma", "point"), help="what stands before the decimals")
    group.add_argument("--header", choices=("yes", "no"), help="whether the first row names the columns")
    group.add_argument("--sheet", metavar="NAME", help="the sheet of a workbook (default: the first)")


def told_by(options: argparse.Namespace) -> Told:
    """Return what the options say about a file.

    Raises:
        InvalidInputError: The time zone does not exist.
    """
    identity = {role: said for role in NAMED if (said := getattr(options, role)) is not None}
    if options.kind is not None:
        identity["kind"] = options.kind.name
    return Told(
        time=options.time,
        values=tuple(options.value),
        identity=identity,
        time_zone=None if options.time_zone is None else zone_named(options.time_zone),
        stamp=None if options.stamp is None else Stamp(options.stamp),
        date_order=None if options.date_order is None else DateOrder(options.date_order),
        decimal_commas=None if options.decimal is None else options.decimal == "comma",
        header=None if options.header is None else options.header == "yes",
        sheet=options.sheet,
    )


def wishes_by(options: argparse.Namespace, file: str | None) -> Wishes:
    """Return what the options say about things that do not exist yet; what a file leaves unnamed is called like it."""
    return Wishes(
        create=options.create,
        # A file of refused rows speaks of the same things as the file whose rows they are.
        stem="" if file is None else Path(file.removesuffix(".rejected.csv")).stem,
        resolution_s=options.resolution,
        commodity=options.commodity,
        time_zone=told_by(options).time_zone,
    )


def _kind(text: str) -> ReadingKind:
    return ReadingKind[_one_of([kind.name for kind in ReadingKind], text)]


def _commodity(text: str) -> Commodity:
    return Commodity[_one_of([commodity.name for commodity in Commodity], text)]


def _one_of(names: Sequence[str], text: str) -> str:
    if text.upper() not in names:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(names).lower()}")
    return text.upper()


def _resolution(text: str) -> int:
    try:
        length = parse_duration(text)
    except InvalidInputError as error:
        raise argparse.ArgumentTypeError(error.message) from None
    if length < timedelta(seconds=1):
        raise argparse.ArgumentTypeError(f"{text!r} is shorter than a second")
    return int(length.total_seconds())
