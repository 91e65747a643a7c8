"""Reads a table that is not TwinQL's, as the owner of the database."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import asyncpg

from twinql.errors import ForbiddenError, InvalidInputError
from twinql.storage.database import Database
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class OldTable:
    """A table as a statement must write it.

    Attributes:
        quoted: Its name.
        names: The names of its columns.
        columns: The same, quoted where they need it.
    """

    quoted: str
    names: tuple[str, ...]
    columns: tuple[str, ...]


async def locate(database: Database, name: str) -> OldTable:
    """Find a table or view by its name.

    Raises:
        InvalidInputError: There is none, or it is TwinQL's own.
    """
    try:
        async with database.pool.acquire() as connection:
            found = await connection.fetchrow(load("old_table")["locate"], name)
    except (asyncpg.PostgresSyntaxError, asyncpg.InvalidNameError, asyncpg.FeatureNotSupportedError):
        found = None
    if found is None:
        raise InvalidInputError(f"There is no table {name!r}; name it with its schema, such as legacy.readings.")
    if "channel_number" in found["names"]:
        raise InvalidInputError(f"{name} is TwinQL's own table; name the older one with its schema.")
    return OldTable(found["quoted"], tuple(found["names"]), tuple(found["columns"]))


async def rows_of(database: Database, table: OldTable, *, at_a_time: int) -> AsyncIterator[list[Sequence[str | None]]]:
    """Yield the rows of a table as text, in the order of its column `id` where it has one.

    Raises:
        ForbiddenError: The database's user may not read it.
    """
    columns = ", ".join(f"{column}::text" for column in table.columns)
    order = " order by id" if "id" in table.names else ""
    # The names come quoted from the catalogue, never from the caller.
    statement = f"select {columns} from {table.quoted}{order}"  # noqa: S608
    try:
        async with database.pool.acquire() as connection, connection.transaction(readonly=True):
            cursor = await connection.cursor(statement)
            while rows := await cursor.fetch(at_a_time):
                yield [tuple(row) for row in rows]
    except asyncpg.InsufficientPrivilegeError as error:
        message = f"The database's user may not read {table.quoted}: grant it select, or set DIRECT_URL to its owner."
        raise ForbiddenError(message) from error
