"""Finds the verb on the command line and loads its module, and no other."""

import argparse
import importlib
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from twinql.errors import InvalidInputError
from twinql.settings import Settings

VERBS = {
    "serve": ("twinql.cli.serve", "Run the server."),
    "migrate": ("twinql.cli.migrate", "Bring the database's tables up to date."),
    "simulate": ("twinql.cli.simulate", "Break the demo site or its devices, or play a file as if it happened now."),
    "agent": ("twinql.cli.agent", "Mirror this computer as a machine: what it reads, and two harmless actuators."),
    "export": ("twinql.cli.export", "Write readings as CSV that an import takes back unchanged."),
    "import": ("twinql.cli.import_file", "Take the readings of a file, or of an older table, over."),
    "org": ("twinql.cli.org", "Make organisations with their first OWNER, and list them."),
    "member": ("twinql.cli.member", "Make somebody a member of an organisation, and list the members."),
    "token": ("twinql.cli.token", "Make a token for development, for the embedded database."),
    "schema": ("twinql.cli.schema", "Print the graph's schema."),
    "doctor": ("twinql.cli.doctor", "Look for what keeps TwinQL from running well, and say what to do."),
}


class Verb(Protocol):
    """What the module of a verb offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's options."""

    def run(self, options: argparse.Namespace, settings: Settings) -> int:
        """Do it, and give the exit code."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours: one sentence and exit code 1."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInputError(f"{message.removesuffix('.')}. `{self.prog} --help` lists what fits.")


def parse(arguments: Sequence[str]) -> tuple[Verb, argparse.Namespace]:
    """Find the verb and read its options.

    Raises:
        InvalidInputError: The arguments do not fit; the message says where help is.
        SystemExit: Help was asked for, and printed.
    """
    for each in arguments:
        try:
            each.encode()
        except UnicodeEncodeError:
            message = f"The argument {each!r} is not written in UTF-8: type it anew, or rename the file."
            raise InvalidInputError(message) from None
    parser = _Parser(prog="twinql", description="The digital twin of energy meters and machines, as a GraphQL server.")
    choices = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    chosen = next((each for each in arguments if not each.startswith("-")), None)
    verb: Verb | None = None
    for name, (module, summary) in VERBS.items():
        choice = choices.add_parser(name, help=summary, description=summary)
        if name == chosen:
            verb = cast("Verb", importlib.import_module(module))
            verb.add_arguments(choice)
    options = parser.parse_args(arguments)
    assert verb is not None
    return verb, options
