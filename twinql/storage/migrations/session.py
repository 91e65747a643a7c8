"""A connection for migrations, and the lock under which one of them runs at a time, Prisma's included."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from twinql.errors import ForbiddenError, InvalidInputError, TwinError, UnavailableError
from twinql.storage.address import for_asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_PRISMA_LOCK = 72707369
_PATIENCE = "60s"
_CONNECT_TIMEOUT_S = 30.0
_AWAY = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.TooManyConnectionsError)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Open a connection of its own, and close it at the end; the driver's failures become sentences.

    Raises:
        UnavailableError: The database cannot be reached, or was lost.
        ForbiddenError: Its user may not log in, or not do this.
        InvalidInputError: There is no such database, or the address makes no sense.
    """
    try:
        # Prepared statements are not kept: the address may lead through a pooler.
        connection = await asyncpg.connect(
            for_asyncpg(url),
            statement_cache_size=0,
            timeout=_CONNECT_TIMEOUT_S,
            server_settings={"application_name": "twinql migrate"},
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=_CONNECT_TIMEOUT_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise _told(error) from error


@asynccontextmanager
async def migrating(url: str) -> AsyncIterator[Connection]:
    """Open a connection that holds the lock of all migrations of this database.

    Raises:
        UnavailableError: Somebody else has held the lock for a minute.
        TwinError: As `connected` says.
    """
    async with connected(url) as connection:
        # As Prisma's engine: unqualified names are public's. A migration may take longer than a query ever should.
        await connection.execute("set search_path to public; set statement_timeout to 0")
        try:
            await connection.execute(f"set lock_timeout to '{_PATIENCE}'; select pg_advisory_lock({_PRISMA_LOCK})")
        except asyncpg.LockNotAvailableError:
            raise UnavailableError(
                "Another migration of this database has been running for a minute: "
                "wait for it to end, or end it, and run this again."
            ) from None
        await connection.execute("set lock_timeout to default")
        try:
            yield connection
        finally:
            if not connection.is_closed():  # a pooler would keep the session, and the lock with it
                await connection.execute(f"select pg_advisory_unlock({_PRISMA_LOCK})")


def _told(error: Exception) -> TwinError:
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return ForbiddenError(f"The database refuses the login ({error}): see the user and password in its address.")
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return ForbiddenError(
            f"The database's user may not do this ({error}): "
            "migrate as the owner of the schema public, with DIRECT_URL or DATABASE_URL."
        )
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return InvalidInputError(f"There is no such database ({error}): create it, or mend the address.")
    if isinstance(error, ValueError):
        return InvalidInputError(f"The database's address does not fit ({error}): see DATABASE_URL and DIRECT_URL.")
    if isinstance(error, asyncpg.PostgresError) and not isinstance(error, _AWAY):
        return UnavailableError(f"The database answers with an error ({error}): see its log and its address.")
    return UnavailableError(f"The database is out of reach ({error}): see that it runs, and that its address is right.")
