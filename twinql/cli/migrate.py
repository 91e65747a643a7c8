"""`twinql migrate`: applies what is pending, as `prisma migrate deploy` would, without Node."""

import argparse
import asyncio

from twinql.cli.database import add_data_argument, reachable_database, with_data
from twinql.settings import Settings
from twinql.storage.migrations import declare_applied, declare_rolled_back, migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql migrate`."""
    add_data_argument(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--beside-other-tables",
        action="store_true",
        help="go on although the database holds tables that are not TwinQL's, none of them in the way",
    )
    how.add_argument(
        "--rolled-back",
        metavar="MIGRATION",
        help="record that nothing of a failed migration stayed in the database, so that it runs anew",
    )
    how.add_argument("--applied", metavar="MIGRATION", help="record that a migration was finished by hand")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Apply the pending migrations and name each, or settle what became of one."""
    with reachable_database(with_data(settings, options.data), fresh=True) as url:
        if options.rolled_back is not None:
            asyncio.run(declare_rolled_back(url, options.rolled_back))
            print(f"{options.rolled_back} counts as rolled back: run `twinql migrate` to apply it anew.")
        elif options.applied is not None:
            asyncio.run(declare_applied(url, options.applied))
            print(f"{options.applied} counts as applied: run `twinql migrate` to go on with the next.")
        else:
            beside = options.beside_other_tables
            asyncio.run(migrate(url, on_step=_tell, beside_other_tables=beside))
            print("The database is up to date.")
    return 0


def _tell(name: str) -> None:
    print(f"Applying {name}", flush=True)
