"""Which database a verb works on: the one that was named, a running server's, or the embedded one, started for it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from twinql.errors import NotFoundError
from twinql.settings import Settings


def add_data_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--data`."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the data folder of the embedded Postgres (default: TWINQL_DATA, else .twinql)",
    )


def with_data(settings: Settings, data: Path | None) -> Settings:
    """Let `--data` win over TWINQL_DATA."""
    return settings if data is None else replace(settings, data=data)


@contextmanager
def reachable_database(settings: Settings, *, fresh: bool = False) -> Iterator[str]:
    """Give the address of a database that answers, for as long as the block lasts.

    DATABASE_URL (or DIRECT_URL, which long work prefers) comes first; then the database of a server that runs on the
    same data folder; else the embedded one is started, and stopped afterwards.

    Args:
        settings: Where to look.
        fresh: Whether one is made where there is none.

    Raises:
        NotFoundError: There is no database in the data folder.
    """
    if settings.migration_url is not None:
        yield settings.migration_url
        return
    from twinql.storage.embedded import EmbeddedPostgres, has_database, running  # noqa: PLC0415 - needless with DATABASE_URL

    joined = running(settings.data)
    if joined is not None:
        yield joined
        return
    if not fresh and not has_database(settings.data):
        raise NotFoundError(
            f"There is no database in {settings.data}: start `twinql serve` once, or name its folder with --data."
        )
    with EmbeddedPostgres.start(settings.data) as server:
        yield server.url
