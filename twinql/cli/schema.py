"""`twinql schema`: prints the graph's schema, or compares it with a file."""

import argparse
import sys
from pathlib import Path

from twinql.api import make_schema, sdl_of
from twinql.errors import ConflictError
from twinql.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql schema`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="FILE", help="write the schema to this file")
    where.add_argument("--check", type=Path, metavar="FILE", help="fail when this file differs from the schema")


def run(options: argparse.Namespace, _settings: Settings) -> int:
    """Print, write or compare the schema definition."""
    text = sdl_of(make_schema())
    if options.check is not None:
        if options.check.read_text(encoding="utf-8") != text:
            raise ConflictError(f"{options.check} is not what the code says: run `make schema` and commit the result.")
    elif options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    return 0
