"""Plays a file through the ordinary way in, as if it happened now; Enter or SIGUSR1 pauses it and lets it go on."""

import argparse
import asyncio
import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from twinql.cli.database import reachable_database, with_data
from twinql.cli.import_arguments import add_file_arguments, told_by, wishes_by
from twinql.cli.import_file import organisation_called, prepare
from twinql.cli.progress import shown
from twinql.devices.player import PLAYER, Piece, Player
from twinql.domain.readings import Instants, Outcome, to_us
from twinql.domain.replay import FASTEST
from twinql.errors import InvalidInputError
from twinql.files.destination import Destination
from twinql.files.importing import instant_text
from twinql.files.parse import parse_file
from twinql.files.planning import Plan, plan_file
from twinql.files.replaying import LaidOut, laid_out, score_of
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.record import AsSent


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is asked about a replay, and about its file."""
    group = parser.add_argument_group("replay", "Enter, or the signal USR1, pauses it and lets it go on.")
    group.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="seconds of the file a second (1)")
    group.add_argument("--from", dest="since", metavar="TIME", help="leave out what is earlier")
    group.add_argument("--until", metavar="TIME", help="leave out this and what is later")
    add_file_arguments(parser)


def replay(options: argparse.Namespace, settings: Settings) -> int:
    """Play a file to its end, or until Ctrl-C, and say what became of it."""
    told = told_by(options)
    path = Path(options.replay)
    whole = parse_file(path, told)
    stretch = [_instant_us(text, told.time_zone) for text in (options.since, options.until)]
    stretched = laid_out(whole, speed=options.speed, from_us=stretch[0], until_us=stretch[1])
    with reachable_database(with_data(settings, options.data)) as url:
        asyncio.run(_play(options, settings, url, stretched))
    return 0


async def _play(options: argparse.Namespace, settings: Settings, url: str, stretch: LaidOut) -> None:
    await prepare(settings, url)
    path, parsed = Path(options.replay), stretch.parsed
    wishes = wishes_by(options, path.name)
    are_meters = None if options.columns_are is None else options.columns_are == "meters"
    async with Database.open(url, pool_size=2) as database:
        organisation = await organisation_called(database, options.organisation)
        to = Destination(database, PLAYER, organisation)
        plan = await plan_file(to, parsed, wishes, columns_are_meters=are_meters)
        score = score_of(parsed, plan)
        piece = Piece(organisation.id, plan.channels, plan.batch, score, lambda row: _as_sent(path, stretch, plan, row))
        player = Player(database, piece)
        with shown(options.progress, f"Playing {path.name}") as progress, _pauses(player):
            _announce(path, plan, score.after_us, len(parsed.line))
            try:
                await player.play(progress=lambda: progress and progress(player.played, len(score.rows)))
            finally:
                _report(player, len(score.rows))


def _announce(path: Path, plan: Plan, after_us: Instants, rows: int) -> None:
    for line in (*plan.targets, *plan.notes):
        print(f"  - {line}")
    lasts_s = after_us[-1] / 1e6 if len(after_us) else 0.0
    left_out = f" of {rows:,}" if len(after_us) < rows else ""
    print(f"{path.name}: {len(after_us):,} readings{left_out}, {lasts_s:,.1f} s. Ctrl-C ends it.", flush=True)


def _report(player: Player, rows: int) -> None:
    counts = ", ".join(
        f"{player.outcomes[outcome]:,} {outcome.name}" for outcome in Outcome if player.outcomes[outcome]
    )
    print(f"Played {player.played:,} of {rows:,}: {counts or 'nothing'}.")


@contextmanager
def _pauses(player: Player) -> Iterator[None]:
    """Let SIGUSR1, and Enter on a terminal, pause the player and let it go on."""
    loop = asyncio.get_running_loop()
    terminal = sys.stdin if sys.stdin is not None and sys.stdin.isatty() else None

    def toggle() -> None:
        player.toggle()
        print("Paused." if player.paused else "Going on.", file=sys.stderr, flush=True)

    def read_line() -> None:
        sys.stdin.readline()
        toggle()

    loop.add_signal_handler(signal.SIGUSR1, toggle)
    if terminal is not None:
        print("Enter pauses it and lets it go on.", file=sys.stderr)
        loop.add_reader(terminal, read_line)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        if terminal is not None:
            loop.remove_reader(terminal)


def _as_sent(path: Path, stretch: LaidOut, plan: Plan, row: int) -> AsSent:
    name = plan.names[int(stretch.parsed.series_of[row])]
    value = float(plan.batch.value[row])
    text = "" if math.isnan(value) else repr(value)
    return AsSent(
        name.reference, instant_text(int(stretch.written_us[row])), text, f"{path.name}:{stretch.parsed.line[row]}"
    )


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= FASTEST:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and up to {FASTEST:g}")
    return speed


def _instant_us(text: str | None, zone: tzinfo | None) -> int | None:
    """Read a time of the file; without an offset it is one of the file's time zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is no time; write it like 2013-12-02T21:15:00+01:00.") from None
    if moment.tzinfo is None:
        if zone is None:
            raise InvalidInputError(f"{text} has no offset: add one, or say --time-zone.")
        moment = moment.replace(tzinfo=zone)
    return to_us(moment.astimezone(UTC))
