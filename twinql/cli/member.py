"""`twinql member`: who belongs to an organisation, said by whoever runs the database."""

import argparse
import asyncio

from twinql.cli.database import add_data_argument, reachable_database, with_data
from twinql.cli.import_file import prepare
from twinql.cli.issuer import add_issuer_argument, issuer_of
from twinql.domain.identity import Worker
from twinql.domain.membership import Role
from twinql.errors import InvalidInputError, NotFoundError
from twinql.settings import Settings
from twinql.storage.database import Connection, Database
from twinql.storage.memberships import (
    OrganisationSize,
    add_member,
    all_organisations,
    change_role,
    members_of,
    remove_member,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `add`, `set`, `remove` and `list`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="make somebody a member")
    change = actions.add_parser("set", help="give a member another role")
    remove = actions.add_parser("remove", help="end a membership")
    listing = actions.add_parser("list", help="list the members")
    for each in (add, change, remove, listing):
        each.add_argument("organisation", metavar="ORGANISATION", help="the organisation: its name or its id")
        add_data_argument(each)
    for each in (add, change, remove):
        each.add_argument("subject", metavar="SUBJECT", help="who: the `sub` of their tokens")
        add_issuer_argument(each)
    for each in (add, change):
        each.add_argument(
            "--role",
            required=True,
            type=str.upper,
            choices=[role.value for role in Role],
            metavar="ROLE",
            help="OWNER manages, OPERATOR records and commands, VIEWER reads",
        )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Change who belongs to an organisation and as what, or list the members."""
    settings = with_data(settings, options.data)
    issuer = "" if options.action == "list" else issuer_of(options, settings)
    with reachable_database(settings, fresh=True) as url:
        for line in asyncio.run(_act(options, settings, url, issuer)):
            print(line)
    return 0


async def _act(options: argparse.Namespace, settings: Settings, url: str, issuer: str) -> list[str]:
    await prepare(settings, url)
    async with (
        Database.open(url, pool_size=1, own_pool_size=1) as database,
        database.transaction(Worker("members")) as connection,
    ):
        organisation = await _called(connection, options.organisation)
        who = organisation.id, issuer, options.subject if options.action != "list" else ""
        match options.action:
            case "add":
                await add_member(connection, *who, Role(options.role))
            case "set":
                await change_role(connection, *who, Role(options.role))
            case "remove":
                await remove_member(connection, *who)
                return [f"{options.subject} of {issuer} is no member of {organisation.name} any more."]
        if options.action != "list":
            return [f"{options.subject} of {issuer} is {options.role} of {organisation.name}."]
        members = await members_of(connection, organisation.id)
    return [f"{each.role.value:<8}  {each.subject}  ({each.issuer})" for each in members]


async def _called(connection: Connection, wanted: str) -> OrganisationSize:
    found = [each for each in await all_organisations(connection) if wanted in {each.name, str(each.id)}]
    if not found:
        raise NotFoundError(f"No organisation is called {wanted!r}; see `twinql org list`.")
    if len(found) > 1:
        raise InvalidInputError(f"{len(found)} organisations are called {wanted!r}: name one by its id.")
    return found[0]
