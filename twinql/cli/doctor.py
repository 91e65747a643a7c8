"""`twinql doctor`: looks for what keeps TwinQL from running well, and says what to do."""

import argparse
import asyncio
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twinql.cli.address import add_address_arguments, with_address
from twinql.errors import TwinError
from twinql.settings import Settings

LEAST_FREE_MIB = 512
ASSETS = Path(__file__).resolve().parents[1] / "assets" / "graphiql"

NO_DIRECT_URL = (
    "DIRECT_URL is missing: the login of DATABASE_URL may not look at the migrations; "
    "set DIRECT_URL to the address of the tables' owner."
)
OWN_LOGIN = (
    "The login of DATABASE_URL is held by no row-level security: one of the server's own, twinql_server, is safer; "
    "docs/supabase.md says how."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well, the sentence that says so, and whether that is mere advice."""

    well: bool
    sentence: str
    advice: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql doctor`."""
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder to look at (default: TWINQL_DATA)")
    add_address_arguments(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each thing looked at; exit code 1 when one needs attention."""
    ill = 0
    for finding in examine(with_address(settings, options), options.data or settings.data):
        print(f"{'hint' if finding.advice else 'ok  ' if finding.well else 'HELP'}  {finding.sentence}")
        ill += not finding.well
    return 1 if ill else 0


def examine(settings: Settings, data: Path) -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    yield Finding(well=True, sentence=f"Python {sys.version.split()[0]} runs TwinQL.")
    if settings.migration_url is None:
        yield _disk(data)
    yield _graphiql()
    yield _port(settings.host, settings.port)
    yield from _callers(settings)
    yield _database(settings, data)
    yield from _login(settings)


def _disk(data: Path) -> Finding:
    existing = next(folder for folder in (data.resolve(), *data.resolve().parents) if folder.exists())
    free_mib = shutil.disk_usage(existing).free // 2**20
    if free_mib < LEAST_FREE_MIB:
        return Finding(well=False, sentence=f"{existing} has {free_mib} MiB left: make room for the database.")
    return Finding(well=True, sentence=f"{existing} has {free_mib} MiB of room.")


def _graphiql() -> Finding:
    if (ASSETS / "pins.json").exists():
        return Finding(well=True, sentence="GraphiQL is installed.")
    return Finding(well=False, sentence="GraphiQL is not installed: run `make install`.")


def _port(host: str, port: int) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return Finding(
                well=False,
                sentence=f"{host}:{port} is in use, perhaps by a server that runs already: else choose another --port.",
            )
    return Finding(well=True, sentence=f"{host}:{port} is free.")


def _callers(settings: Settings) -> Iterator[Finding]:
    """Look for whoever vouches for callers, as the server would."""
    from twinql.app.access import Access  # noqa: PLC0415 - the cheaper looks come first
    from twinql.app.logs import configure_logs  # noqa: PLC0415 - likewise

    try:
        access = Access.of(settings)
    except TwinError as error:
        yield Finding(well=False, sentence=error.message)
        return
    if access.local:
        yield Finding(well=True, sentence="The server would be open to this machine alone, and demand no tokens.")
    configure_logs(level="warning", style="text")  # which says why keys cannot be fetched
    for name, issuer in access.issuers.items():
        assert issuer.keys is not None
        try:
            asyncio.run(issuer.keys.find("any"))
        except TwinError:
            yield Finding(well=False, sentence=f"The keys of {name} cannot be fetched: see that this is its address.")
        else:
            yield Finding(well=True, sentence=f"The keys of {name} can be fetched.")


def _database(settings: Settings, data: Path) -> Finding:
    """Look at a database that runs; an embedded one is not started for it."""
    from asyncpg import InsufficientPrivilegeError  # noqa: PLC0415 - the cheaper looks come first

    from twinql.storage.embedded import running  # noqa: PLC0415 - likewise
    from twinql.storage.migrations import pending  # noqa: PLC0415 - likewise

    url = settings.migration_url or running(data)
    if url is None:
        return Finding(well=True, sentence=f"No database runs on {data}; `twinql serve` starts one.")
    try:
        missing = asyncio.run(pending(url))
    except TwinError as error:
        if settings.direct_url is None and isinstance(error.__cause__, InsufficientPrivilegeError):
            return Finding(well=False, sentence=NO_DIRECT_URL)
        return Finding(well=False, sentence=error.message)
    if missing:
        return Finding(well=False, sentence=f"The database lacks {len(missing)} migrations: run `twinql migrate`.")
    return Finding(well=True, sentence="The database answers, and its tables are up to date.")


def _login(settings: Settings) -> Iterator[Finding]:
    """Look at whom users' work logs in as, where that is chosen."""
    from twinql.storage.login import passes_by_policies  # noqa: PLC0415 - the cheaper looks come first

    if settings.database_url is None:
        return
    try:
        if asyncio.run(passes_by_policies(settings.database_url)):
            yield Finding(well=True, sentence=OWN_LOGIN, advice=True)
    except TwinError as error:
        if settings.direct_url is not None:  # else it was told already
            yield Finding(well=False, sentence=error.message)
