"""`twinql org`: the first organisation of a database, made where nobody has any right yet."""

import argparse
import asyncio

from twinql.cli.database import add_data_argument, reachable_database, with_data
from twinql.cli.import_file import prepare
from twinql.cli.issuer import add_issuer_argument, issuer_of
from twinql.domain.identity import Worker
from twinql.settings import Settings
from twinql.storage.database import Database
from twinql.storage.memberships import all_organisations, create_organisation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `create` and `list`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make an organisation with its first OWNER")
    create.add_argument("name", metavar="NAME", help="what people will call it")
    create.add_argument("--owner", required=True, metavar="SUBJECT", help="its first OWNER: the `sub` of their tokens")
    add_issuer_argument(create)
    listing = actions.add_parser("list", help="list the organisations, with how many belong to each")
    for each in (create, listing):
        add_data_argument(each)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Make an organisation, or list them."""
    settings = with_data(settings, options.data)
    issuer = issuer_of(options, settings) if options.action == "create" else ""
    with reachable_database(settings, fresh=True) as url:
        for line in asyncio.run(_act(options, settings, url, issuer)):
            print(line)
    return 0


async def _act(options: argparse.Namespace, settings: Settings, url: str, issuer: str) -> list[str]:
    await prepare(settings, url)
    async with Database.open(url, pool_size=1, own_pool_size=1) as database:
        if options.action == "create":
            made = await create_organisation(database, options.name, issuer, options.owner)
            return [f"Organisation {made} is made; {options.owner} of {issuer} is its OWNER."]
        async with database.transaction(Worker("organisations"), readonly=True) as connection:
            found = await all_organisations(connection)
    return [f"{each.id}  {_members(each.members)}  {each.name}" for each in found] or ["There is no organisation yet."]


def _members(count: int) -> str:
    return f"{count:>4} {'member' if count == 1 else 'members':<7}"
