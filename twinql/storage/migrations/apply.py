"""Applies migrations in order, each as one simple query, and writes the rows that Prisma would write."""

from collections.abc import Callable
from pathlib import Path

import asyncpg

from twinql.errors import ConflictError
from twinql.storage.migrations.folder import Migration, read_migrations
from twinql.storage.migrations.history import SQL, applied, read_history, refuse_after_failure
from twinql.storage.migrations.obstacles import refuse_obstacles, refuse_other_tables
from twinql.storage.migrations.session import Connection, connected, migrating


async def migrate(
    url: str,
    *,
    folder: Path | None = None,
    on_step: Callable[[str], None] | None = None,
    beside_other_tables: bool = False,
) -> list[str]:
    """Apply what the database lacks, under the lock that Prisma takes as well, and name it.

    Args:
        url: A direct or session connection; a transaction pooler keeps no lock.
        folder: Where the migrations are; TwinQL's own by default.
        on_step: Told the name of each migration as it begins.
        beside_other_tables: Go on although public already holds tables of somebody else's, none of them in the way.

    Raises:
        ConflictError: A migration failed, now or before; or something is in the way, and nothing was touched.
        TwinError: The database is out of reach, or its user may not do this.
    """
    migrations = read_migrations(folder)
    async with migrating(url) as connection:
        history = await read_history(connection)
        refuse_after_failure(history or [])
        done = applied(history or [])
        missing = [each for each in migrations if each.name not in done]
        if len(missing) == len(migrations):
            await refuse_obstacles(connection, migrations)
        if history is None:
            if not beside_other_tables:
                await refuse_other_tables(connection)
            await connection.execute(SQL["create_history"])
        for migration in missing:
            if on_step:
                on_step(migration.name)
            await _apply(connection, migration)
    return [each.name for each in missing]


async def pending(url: str, *, folder: Path | None = None) -> list[str]:
    """Name the migrations that the database lacks, a failed one included; none means that it is up to date.

    Raises:
        TwinError: The database is out of reach, or its user may not read `_prisma_migrations`.
    """
    migrations = read_migrations(folder)
    async with connected(url) as connection:
        done = applied(await read_history(connection) or [])
    return [each.name for each in migrations if each.name not in done]


async def _apply(connection: Connection, migration: Migration) -> None:
    attempt = await connection.fetchval(SQL["start"], migration.checksum, migration.name)
    try:
        if not migration.is_empty:
            await connection.execute(
                migration.sql
            )  # one simple query, so one transaction unless the file says otherwise
    except asyncpg.PostgresError as error:
        if connection.is_closed():
            raise
        if connection.is_in_transaction():  # the file opened one of its own
            await connection.execute("rollback")
        await connection.execute(SQL["fail"], attempt, _log(migration, error))
        raise ConflictError(
            f"The migration {migration.name} failed: {error}. It was undone, and those before it stay. "
            "`twinql migrate` says how to go on."
        ) from error
    await connection.execute(SQL["finish"], attempt)


def _log(migration: Migration, error: asyncpg.PostgresError) -> str:
    facts = error.as_dict()
    more = [f"{name.upper()}: {facts[name]}" for name in ("detail", "hint", "position") if facts.get(name)]
    return "\n".join(
        [
            f"Migration name: {migration.name}",
            f"Database error code: {facts.get('sqlstate')}",
            f"ERROR: {facts.get('message')}",
            *more,
        ]
    )
