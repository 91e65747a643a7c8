"""Looks, before the first migration, for what already stands where TwinQL's tables go."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from twinql.errors import ConflictError
from twinql.storage.migrations.folder import Migration
from twinql.storage.migrations.history import SQL
from twinql.storage.migrations.session import Connection

# Statements at the start of a line alone: what a `do` block makes, it makes only where it is missing.
_MADE = re.compile(
    r"^create\s+(?:unique\s+)?(?P<kind>table|view|materialized\s+view|sequence|index|type|domain|function)\s+"
    r"(?!if\s+not\s+exists)(?P<name>[\w.\"]+)(?:\s+on\s+(?P<table>[\w.\"]+))?"
    r"|\bconstraint\s+(?P<constraint>\w+)\s+(?:primary\s+key|unique)",
    re.IGNORECASE | re.MULTILINE,
)
_KINDS = {"type": "TYPE", "domain": "TYPE", "function": "FUNCTION"}
_OWN_SCHEMAS = ("twinql", "twinql_private")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something of that name that is there already; an index or a sequence may belong to a table."""

    kind: str
    schema_name: str
    name: str
    belongs_to: str | None

    def __str__(self) -> str:
        owner = f" of {self.belongs_to}" if self.belongs_to else ""
        return f"the {self.kind} {self.schema_name}.{self.name}{owner}"


async def refuse_obstacles(connection: Connection, migrations: Iterable[Migration]) -> None:
    """Refuse where a name that the migrations need is taken.

    Raises:
        ConflictError: The message names each obstacle and how to move it.
    """
    made = sorted({each for migration in migrations for each in _made_by(migration.sql)})
    rows = (
        await connection.fetch(SQL["in_the_way"], *(list(column) for column in zip(*made, strict=True))) if made else []
    )
    if rows:
        raise ConflictError(_how_to_move([Obstacle(**row) for row in rows], await other_tables(connection)))


async def refuse_other_tables(connection: Connection) -> None:
    """Refuse a schema that holds somebody's tables, until told that it is meant (what Prisma calls P3005).

    Raises:
        ConflictError: The message names the tables and how to go on.
    """
    if tables := await other_tables(connection):
        raise ConflictError(
            f"The schema public of this database already holds {_some(tables)}, and TwinQL has never migrated it, so "
            "nothing was changed. If this is the right database, run\n"
            "  twinql migrate --beside-other-tables\n"
            "None of TwinQL's names is taken, and those tables stay as they are. "
            "Otherwise name a database of TwinQL's own in DATABASE_URL."
        )


async def other_tables(connection: Connection) -> list[str]:
    """Name the tables in public, without those of extensions."""
    return [row["name"] for row in await connection.fetch(SQL["other_tables"])]


def _made_by(sql: str) -> Iterator[tuple[str, str, str]]:
    """Name what a migration makes: kind, schema, name."""
    table_schema = "public"
    for made in _MADE.finditer(sql):
        if made["constraint"]:
            yield "RELATION", table_schema, made["constraint"]
            continue
        kind = made["kind"].lower()
        schema, name = _split(made["name"])
        if kind == "index" and made["table"]:
            schema = _split(made["table"])[0]
        if kind == "table":
            table_schema = schema
        yield _KINDS.get(kind, "RELATION"), schema, name


def _split(name: str) -> tuple[str, str]:
    schema, _, own = name.replace('"', "").rpartition(".")
    return schema or "public", own


def _how_to_move(obstacles: list[Obstacle], tables: list[str]) -> str:
    theirs = [each for each in obstacles if each.schema_name not in _OWN_SCHEMAS]
    taken = {each.name for each in theirs}
    # An index goes with its table; it is named by itself only where the table may stay.
    moved = [each for each in theirs if each.belongs_to not in taken]
    left = sorted({each.schema_name for each in obstacles} & set(_OWN_SCHEMAS))
    lines = [f"TwinQL needs names that are taken: {', '.join(map(str, moved or obstacles))}. Nothing was changed."]
    if moved:
        lines += ["Move them out of the way (indexes go with their table; renaming it would leave theirs in the way):"]
        lines += ["  create schema if not exists legacy;", *(f"  {_move(each)}" for each in moved)]
    if left:
        lines += [
            "An earlier TwinQL left functions and partitions behind. If nothing in them is needed any more:",
            f"  drop schema {', '.join(left)} cascade;",
        ]
    beside = [table for table in tables if table not in taken]
    lines += [f"Then run `twinql migrate{' --beside-other-tables' if beside else ''}`."]
    if beside:
        lines += [f"That flag says that you know of the other tables in public: {_some(beside)} can stay."]
    if "readings" in taken:
        lines += ["`twinql import --from-table legacy.readings` takes the old rows over."]
    return "\n".join([*lines, "Or name a database of TwinQL's own in DATABASE_URL."])


def _move(obstacle: Obstacle) -> str:
    name = f"{obstacle.schema_name}.{obstacle.name}"
    if obstacle.kind == "function":
        return f"drop function {name};  -- or move it, naming its arguments: alter function … set schema legacy"
    if obstacle.kind in {"index", "sequence"} and obstacle.belongs_to:
        return f"alter {obstacle.kind} {name} rename to legacy_{obstacle.name};"
    return f"alter {obstacle.kind} {name} set schema legacy;"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    if len(names) > len(names[:8]):
        shown += f" and {len(names) - 8} more"
    return f"the table{'s' if len(names) > 1 else ''} {shown}"
