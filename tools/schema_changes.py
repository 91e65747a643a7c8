"""Compares schema.graphql with the one of the last release, and fails on a change that breaks callers unannounced.

What is to go is first deprecated with a reason that holds the day on which it goes (2027-06-30); from that day on it
may be removed. Run: python tools/schema_changes.py [--since TAG]. Without a release there is nothing to compare with.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)
from graphql.utilities import find_breaking_changes

SDL = Path("schema.graphql")
_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
# What graphql-core says of a field, an enum value or an argument that is gone.
_REMOVED = re.compile(r"^[A-Z][a-z ]+ (\w+\.\w+(?:\(\w+:\))?) was removed\.$")


def deprecations(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Give the place and the reason of everything deprecated, as `Type.field`, `Type.field(arg:)` or `Enum.VALUE`."""
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLEnumType):
            members = {value: each.deprecation_reason for value, each in kind.values.items()}
        elif isinstance(kind, GraphQLInputObjectType):
            members = {field: each.deprecation_reason for field, each in kind.fields.items()}
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            members = {field: each.deprecation_reason for field, each in kind.fields.items()}
            for field, each in kind.fields.items():
                members |= {f"{field}({arg}:)": found.deprecation_reason for arg, found in each.args.items()}
        else:
            continue
        yield from ((f"{name}.{member}", reason) for member, reason in members.items() if reason is not None)


def unannounced(before: str, after: str, *, today: date) -> list[str]:
    """Return the changes from one SDL to another that break callers, but for removals whose announced day has come."""
    old, new = build_schema(before), build_schema(after)
    due = {place for place, reason in deprecations(old) if (day := _day(reason)) is not None and day <= today}
    return [change.description for change in find_breaking_changes(old, new) if _place(change.description) not in due]


def undated(sdl: str) -> list[str]:
    """Return what is deprecated without saying when it goes."""
    return [place for place, reason in deprecations(build_schema(sdl)) if _day(reason) is None]


def _place(description: str) -> str | None:
    found = _REMOVED.match(description)
    return found[1] if found else None


def _day(reason: str) -> date | None:
    found = _DAY.search(reason)
    return date.fromisoformat(found[1]) if found else None


def _git(*arguments: str) -> str | None:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def main() -> int:
    """Compare, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--since", help="the release to compare with (default: the last one)")
    tag = parser.parse_args().since or _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    sdl = SDL.read_text(encoding="utf-8")
    problems = [f"{place} is deprecated without the day on which it goes." for place in undated(sdl)]
    before = _git("show", f"{tag}:{SDL}") if tag else None
    if before is None:
        print(f"No release to compare {SDL} with.")  # noqa: T201
    else:
        problems += unannounced(before, sdl, today=datetime.now(UTC).date())
        print(f"Compared {SDL} with {tag}: {len(problems)} problems.")  # noqa: T201
    for problem in problems:
        print(f"  {problem}", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
