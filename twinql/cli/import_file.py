"""`twinql import`: takes the readings of a file, or of an older table, over; every row is told what became of it."""

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twinql.cli.database import reachable_database, with_data
from twinql.cli.import_arguments import add_import_arguments, told_by, wishes_by
from twinql.cli.import_report import announce, report
from twinql.cli.progress import shown
from twinql.domain.identity import LOCAL_ORGANISATION, LOCAL_SUBJECT, Worker
from twinql.domain.readings import OnConflict
from twinql.errors import InvalidInputError, NotFoundError, UnavailableError
from twinql.files.destination import Destination
from twinql.files.importing import Import, Imported, record_file
from twinql.files.layout import Told
from twinql.files.old_table import parse_old_table
from twinql.files.parse import ParsedFile, parse_file
from twinql.files.planning import plan_file
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.memberships import ensure_local_organisation
from twinql.storage.migrations import migrate, pending
from twinql.storage.targets import OrganisationTarget, organisations

ACTOR = Worker("import")

add_arguments = add_import_arguments


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Parse, record and report; exit code 1 where not one row could be taken."""
    began = time.perf_counter()
    if (options.file is None) == (options.from_table is None):
        raise InvalidInputError("Name a file, or an older table with --from-table.")
    told = told_by(options)
    with _uncollected():
        parsed = None if options.file is None else parse_file(Path(options.file), told)
        with reachable_database(with_data(settings, options.data), fresh=True) as url:
            imported = asyncio.run(_record(options, settings, url, told, parsed))
    report(options, imported, elapsed_s=time.perf_counter() - began)
    return 0 if sum(imported.counts.values()) > len(imported.rejected) else 1


@contextmanager
def _uncollected() -> Iterator[None]:
    """Do without the search for cycles: there are none among the cells of a file, and it looks at millions of them."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _record(
    options: argparse.Namespace, settings: Settings, url: str, told: Told, parsed: ParsedFile | None
) -> Imported:
    await prepare(settings, url)
    wishes = wishes_by(options, options.file)
    are_meters = None if options.columns_are is None else options.columns_are == "meters"
    how = Import(
        origin=options.from_table or Path(options.file).name,
        now_us=time.time_ns() // 1000,
        on_conflict=OnConflict[options.on_conflict.upper().replace("-", "_")],
        dry_run=options.dry_run,
    )
    async with Database.open(url, pool_size=2) as database:
        if parsed is None:
            parsed = await parse_old_table(database, options.from_table, told)
        to = Destination(database, ACTOR, await organisation_called(database, options.organisation))
        plan = await plan_file(to, parsed, wishes, columns_are_meters=are_meters, dry_run=options.dry_run)
        announce(options, parsed, plan)
        with shown(options.progress, f"Importing {how.origin}") as progress:
            return await record_file(to, parsed, plan, how, progress=progress)


async def prepare(settings: Settings, url: str) -> None:
    """Bring the embedded database up to date; another one's owner decides when that is done."""
    if settings.migration_url is None:
        await migrate(url, on_step=lambda name: print(f"Applying {name}", file=sys.stderr))
    elif await pending(url):
        raise UnavailableError("The database lacks migrations: run `twinql migrate` first.")


async def organisation_called(database: Database, wanted: str | None) -> OrganisationTarget:
    """Return the organisation of this name or id; without one, the only one there is."""
    async with database.transaction(ACTOR) as connection:
        found = await organisations(connection)
        if not found:
            await ensure_local_organisation(connection, LOCAL_ORGANISATION, LOCAL_SUBJECT)
            found = await organisations(connection)
    if wanted is not None:
        found = [each for each in found if wanted in {each.name, str(each.id)}]
        if not found:
            raise NotFoundError(f"No organisation is called {wanted!r}; correct --organisation.")
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise InvalidInputError(f"There are several organisations ({names}): say --organisation.")
    return found[0]
