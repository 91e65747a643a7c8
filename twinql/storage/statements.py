"""Reads the named statements of `sql/*.sql`."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType

from twinql.storage.known import newest_known, readings_known

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
_READINGS = re.compile(r"\bfrom readings\b(?: as (\w+))?")
_OF_CHANNEL = re.compile(r"\b((?:\w+\.)?)channel_number = asked\.number\b")
_PARAMETER = re.compile(r"\$(\d+)")
_INCLUDED = re.compile(r"\binclude (\w+)\.(\w+)\((.+?)\)")


@cache
def load(noun: str) -> Mapping[str, str]:
    """Return the statements of `sql/<noun>.sql` by name, each without its comment lines.

    Where one says `include noun.name(…)`, that statement stands, with what is in brackets as its parameters. It is no
    function of the database: the planner sees one statement.
    """
    return MappingProxyType({name: _INCLUDED.sub(_stands, text) for name, text in _written(noun).items()})


@lru_cache(maxsize=256)
def included(noun: str, name: str, *arguments: str) -> str:
    """Return a statement to be a part of another one, of whose expressions its parameters are made.

    They may name nothing that the statement itself names.
    """
    text = _PARAMETER.sub(lambda found: arguments[int(found[1]) - 1], _written(noun)[name])
    return _INCLUDED.sub(_stands, text)


def _stands(found: re.Match[str]) -> str:
    return included(found[1], found[2], *found[3].split(", "))


@cache
def _written(noun: str) -> Mapping[str, str]:
    text = (files("twinql.storage") / "sql" / f"{noun}.sql").read_text(encoding="utf-8")
    pieces = _NAME.split(text)
    named = zip(pieces[1::2], pieces[2::2], strict=True)
    return MappingProxyType({name: _without_comments(body) for name, body in named})


@cache
def load_known(noun: str) -> Mapping[str, str]:
    """Return the statements over readings with these as they were known at a time: one parameter more, the last.

    They name the channel as `asked.number`. Nothing else differs; whoever asks for what is known now has statements,
    and plans, that look at nothing else.
    """
    found = {name: text for name, text in load(noun).items() if _READINGS.search(text)}
    return MappingProxyType({name: _known(text) for name, text in found.items()})


def _known(text: str) -> str:
    as_of = max(map(int, _PARAMETER.findall(text))) + 1
    bounded = f"\\g<0> and \\g<1>observed_at <= {newest_known('asked.number', f'${as_of}')}"
    text = _OF_CHANNEL.sub(bounded, text)
    return _READINGS.sub(lambda found: f"from {readings_known(as_of)} as {found[1] or 'readings'}", text)


def _without_comments(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip().removesuffix(";")
