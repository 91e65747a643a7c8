"""The pool, and transactions that act as somebody."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import TYPE_CHECKING, Self

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from twinql.domain.identity import API_KEY_ISSUER, Actor, Device, User
from twinql.errors import ForbiddenError, InvalidInputError, TooSlowError, UnavailableError
from twinql.storage.address import for_asyncpg, is_pooled

if TYPE_CHECKING:
    # asyncpg's classes take parameters in its type stubs only.
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy

_BECOME = """
select
    set_config('role', $1, true),
    set_config('request.jwt.claims', $2, true),
    set_config('twinql.organisation', $3, true),
    set_config('statement_timeout', $4, true),
    set_config('idle_in_transaction_session_timeout', '60000', true),
    set_config('TimeZone', 'UTC', true)
"""

# Raised while a connection is made or lost: the caller may try again.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
# A text with U+0000 in it, by itself or inside JSON.
_UNWRITABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


class Database:
    """One pool of connections; every transaction first takes the role and the claims of its actor."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", url: str, statement_timeout_s: float) -> None:
        """Wrap a pool that is already open."""
        self.pool = pool
        self.url = url
        self._timeout_ms = str(round(statement_timeout_s * 1000))
        self.outcomes: Counter[str] = Counter()
        """How many rows this process has offered to the database, by what became of them."""
        self._months: set[date] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, *, pool_size: int = 8, statement_timeout_s: float = 30.0) -> AsyncIterator[Self]:
        """Open a pool on `url` and close it at the end.

        Raises:
            UnavailableError: The database cannot be reached.
        """
        try:
            pool = await asyncpg.create_pool(
                for_asyncpg(url),
                statement_cache_size=0 if is_pooled(url) else 100,
                min_size=1,
                max_size=pool_size,
                init=_prepare_codecs,
                # A pooler refuses any other setting when it is connected to; the rest is set in each transaction.
                server_settings={"application_name": "twinql"},
            )
        except _AWAY as error:
            raise UnavailableError(
                "The database cannot be reached; check DATABASE_URL and that it is running."
            ) from error
        try:
            yield cls(pool, url, statement_timeout_s)
        finally:
            await pool.close()

    @asynccontextmanager
    async def transaction(self, actor: Actor, *, readonly: bool = False) -> AsyncIterator[Connection]:
        """Run a block in one transaction as `actor`: under row-level security for a user, as the worker role otherwise.

        Raises:
            UnavailableError: The connection was lost or could not be made.
            InvalidInputError: A text holds U+0000, which Postgres cannot store.
        """
        try:
            async with self.pool.acquire() as connection:
                try:
                    async with connection.transaction(readonly=readonly):
                        await _become(connection, actor, self._timeout_ms)
                        yield connection
                except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                    if not _is_lost(connection):
                        raise
                    # Rolling back on a lost connection fails in its own way, and hides that it was lost.
                    raise ConnectionResetError from error
        except _AWAY as error:
            raise UnavailableError("The database is away for the moment; try again shortly.") from error
        except asyncpg.DeadlockDetectedError as error:
            raise UnavailableError("Others changed the same things at the same moment; try again.") from error
        except asyncpg.QueryCanceledError as error:
            raise TooSlowError("This took longer than a statement may take; ask for less at once.") from error
        except _UNWRITABLE as error:
            raise InvalidInputError("A text holds a character that cannot be stored (U+0000); remove it.") from error

    async def prepare_months(self, actor: Actor, months: set[date]) -> None:
        """Make the partitions of `months` (first days, UTC) that are missing, in short transactions of their own."""
        for month in sorted(months - self._months):
            async with self.transaction(actor) as connection:
                await connection.execute("select twinql.prepare_readings($1::date, $1::date)", month)
            self._months.add(month)


async def _become(connection: Connection, actor: Actor, timeout_ms: str) -> None:
    role, claims, organisation = _identity(actor)
    try:
        await connection.fetchrow(_BECOME, role, claims, organisation, timeout_ms)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as error:
        raise ForbiddenError(
            f"The database's login may not act as {role}: migrate as the owner, and grant {role} to the login."
        ) from error


def _is_lost(connection: Connection) -> bool:
    """Say whether a connection of the pool's is closed; one that broke may have gone back to the pool by itself."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


def _identity(actor: Actor) -> tuple[str, str, str]:
    if isinstance(actor, User):
        claims = orjson.dumps({"iss": actor.issuer, "sub": actor.subject, "role": "authenticated"}).decode()
        return "authenticated", claims, str(actor.organisation or "")
    if isinstance(actor, Device):
        claims = orjson.dumps({"iss": API_KEY_ISSUER, "sub": str(actor.key_id), "role": "twinql_device"}).decode()
        return "twinql_device", claims, ""
    return "twinql_worker", orjson.dumps({"sub": actor.name}).decode(), ""


async def _prepare_codecs(connection: Connection) -> None:
    """Read JSON columns as Python values."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads, schema="pg_catalog"
        )
