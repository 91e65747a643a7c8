"""`twinql export`: writes readings as CSV that `twinql import` takes back unchanged."""

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from twinql.cli.database import add_data_argument, reachable_database, with_data
from twinql.cli.import_file import organisation_called, prepare
from twinql.cli.progress import shown
from twinql.domain.global_id import decode_as
from twinql.domain.identity import Worker
from twinql.domain.instants import format_instant, parse_instant
from twinql.errors import InvalidInputError, NotFoundError
from twinql.files.exporting import csv_of
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.export import ExportedChannel, exported_channels

ACTOR = Worker("export")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql export`."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to (default: standard output)")
    which = parser.add_argument_group("which readings", "Each can be repeated; without any, all channels are taken.")
    which.add_argument("--channel", action="append", default=[], metavar="ID", help="a channel, by its id or its key")
    which.add_argument("--meter", action="append", default=[], metavar="SERIAL", help="the channels of a meter")
    which.add_argument("--machine", action="append", default=[], metavar="NAME", help="the channels of a machine")
    which.add_argument("--site", action="append", default=[], metavar="NAME", help="the channels of a site")
    parser.add_argument("--from", dest="since", type=_instant, metavar="TIME", help="leave out what is earlier")
    parser.add_argument("--until", type=_instant, metavar="TIME", help="leave out what is later")
    parser.add_argument("--organisation", metavar="NAME", help="of which organisation (default: the only one)")
    parser.add_argument("--progress", choices=("auto", "bar", "lines", "none"), default="auto")
    add_data_argument(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Write the readings, and say how many on stderr."""
    if options.since is not None and options.until is not None and options.since >= options.until:
        raise InvalidInputError("The period is empty: --from must lie before --until.")
    with reachable_database(with_data(settings, options.data)) as url:
        count, channels = asyncio.run(_export(options, settings, url))
    print(_summary(options, count, channels), file=sys.stderr)
    return 0


def _summary(options: argparse.Namespace, count: int, channels: int) -> str:
    fitting = f"{channels:,} channel{'s' * (channels != 1)}"
    if count:
        return f"{count:,} reading{'s' * (count != 1)} of {fitting} {'was' if count == 1 else 'were'} written."
    bounds = (("from", options.since), ("until", options.until))
    period = " ".join(f"{word} {format_instant(at)}" for word, at in bounds if at is not None)
    if not period:
        return f"No reading was written, only the header: {fitting} fit{'s' * (channels == 1)}, without any reading."
    return (
        f"No reading was written, only the header: {fitting} fit{'s' * (channels == 1)}, without a reading {period}. "
        "Change --from and --until."
    )


async def _export(options: argparse.Namespace, settings: Settings, url: str) -> tuple[int, int]:
    await prepare(settings, url)
    async with Database.open(url, pool_size=2) as database:
        organisation = await organisation_called(database, options.organisation)
        async with database.transaction(ACTOR, readonly=True) as connection:
            channels = await exported_channels(connection, organisation=organisation.id)
        chosen = [channel for channel in channels if _is_wanted(channel, options)]
        if not chosen:
            raise NotFoundError("No channel fits: correct --channel, --meter, --machine or --site.")
        count = 0
        with _output(options.out) as out, shown(options.progress, "Exporting") as progress:
            for place, channel in enumerate(chosen, start=1):
                period = {"since": options.since, "until": options.until}
                async with aclosing(csv_of(database, ACTOR, [channel], **period)) as pieces:
                    header = await anext(pieces)
                    out.write(header if place == 1 else "")
                    async for piece in pieces:
                        out.write(piece)
                        count += piece.count("\n")
                if progress is not None:
                    progress(place, len(chosen))
    return count, len(chosen)


def _is_wanted(channel: ExportedChannel, options: argparse.Namespace) -> bool:
    keys = set()
    for text in options.channel:
        try:
            keys.add(str(decode_as(text, "Channel").key))
        except InvalidInputError:
            keys.add(text)
    return (
        (not keys or str(channel.id) in keys or channel.key in keys)
        and (
            not (options.meter or options.machine)
            or channel.meter in options.meter
            or channel.machine in options.machine
        )
        and (not options.site or channel.site in options.site)
    )


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        yield file


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except InvalidInputError as error:
        raise argparse.ArgumentTypeError(error.message) from None
