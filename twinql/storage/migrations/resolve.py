"""Settles what became of a migration, as `prisma migrate resolve` does."""

from pathlib import Path

from twinql.errors import ConflictError, NotFoundError
from twinql.storage.migrations.folder import read_migrations
from twinql.storage.migrations.history import SQL, applied, read_history
from twinql.storage.migrations.session import migrating


async def declare_rolled_back(url: str, name: str) -> None:
    """Record that nothing of a failed migration stayed in the database: it will run anew.

    Raises:
        NotFoundError: No such migration has failed.
    """
    async with migrating(url) as connection:
        failed = [each.name for each in await read_history(connection) or [] if each.failed]
        if name not in failed:
            known = f"These have: {', '.join(failed)}." if failed else "None has: run `twinql migrate`."
            raise NotFoundError(f"No migration named {name} has failed in this database. {known}")
        await connection.execute(SQL["roll_back"], name)


async def declare_applied(url: str, name: str, *, folder: Path | None = None) -> None:
    """Record that what a migration does is in the database already: it will not run again.

    It serves after a failure that somebody finished by hand, and for tables that came without their history.

    Raises:
        NotFoundError: There is no such migration.
        ConflictError: It is applied already.
    """
    checksums = {each.name: each.checksum for each in read_migrations(folder)}
    if name not in checksums:
        raise NotFoundError(f"There is no migration named {name}: give the whole name of its folder.")
    async with migrating(url) as connection, connection.transaction():
        history = await read_history(connection)
        if history is None:
            await connection.execute(SQL["create_history"])
        if name in applied(history or []):
            raise ConflictError(f"The migration {name} is applied already: there is nothing to settle.")
        await connection.execute(SQL["roll_back"], name)
        await connection.execute(SQL["declare_applied"], checksums[name], name)
