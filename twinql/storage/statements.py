"""Reads the named statements of `sql/*.sql`."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load(noun: str) -> Mapping[str, str]:
    """Return the statements of `sql/<noun>.sql` by name, each without its comment lines."""
    text = (files("twinql.storage") / "sql" / f"{noun}.sql").read_text(encoding="utf-8")
    pieces = _NAME.split(text)
    named = zip(pieces[1::2], pieces[2::2], strict=True)
    return MappingProxyType({name: _without_comments(body) for name, body in named})


def _without_comments(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip().removesuffix(";")
