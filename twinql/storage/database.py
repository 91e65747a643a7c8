"""The two pools, and transactions that act as somebody."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Self

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from twinql.background import beside
from twinql.domain.identity import Actor, Device, User, Worker
from twinql.errors import InvalidInputError, TooSlowError, UnavailableError
from twinql.storage.acting import become, note_as, read_as, reading_as
from twinql.storage.address import for_asyncpg, is_pooled
from twinql.storage.months import follow_months, learn_months
from twinql.storage.queue import Queue

if TYPE_CHECKING:
    # asyncpg's classes take parameters in its type stubs only.
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy

LARGEST_KEPT_BYTES = 128 * 2**10
"""How long a statement may be that a connection keeps prepared."""
Reset = Callable[[Connection], Awaitable[None]]

CLOSES_WITHIN_S: Final = 2.0
_NO_RIGHTS = "twinql_server"
# The tables are not there yet, the login may not take the role, or a pooler that does not say so stands between.
_NO_SUCH_ROLE = (
    asyncpg.InvalidParameterValueError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ProtocolViolationError,
)
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
    """Two pools of connections: one for whoever asks, one for TwinQL's own work.

    Every transaction first takes the role and the claims of its actor. Outside of one, the connections of whoever asks
    can read and write nothing: their login is a role without rights, or became one as it connected.
    """

    def __init__(
        self,
        users: "asyncpg.Pool[asyncpg.Record]",
        pool: "asyncpg.Pool[asyncpg.Record]",
        sessions: "asyncpg.Pool[asyncpg.Record]",
        url: str,
        statement_timeout_s: float,
        *,
        queue: Queue,
    ) -> None:
        """Wrap pools that are already open."""
        self.users = users
        """For users and devices."""
        self.queue = queue
        """Where those wait for whom `users` has no connection."""
        self.pool = pool
        """For TwinQL's own work, with the rights of its login."""
        self._sessions = sessions
        self.url = url
        """Where TwinQL's own work finds the database."""
        self._timeout_ms = str(round(statement_timeout_s * 1000))
        self.outcomes: Counter[str] = Counter()
        """How many rows this process has offered to the database, by what became of them."""
        self._months: defaultdict[type, set[date]] = defaultdict(set)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        own_url: str | None = None,
        pool_size: int = 8,
        own_pool_size: int = 4,
        own_sessions: int = 4,
        statement_timeout_s: float = 30.0,
        queue_size: int = 500,
        queue_wait_s: float = 30.0,
    ) -> AsyncIterator[Self]:
        """Open both pools and close them at the end.

        Args:
            url: Where users and devices find the database.
            own_url: Where TwinQL's own work finds it; the same by default.
            pool_size: The most connections for users and devices.
            own_pool_size: The most connections for TwinQL's own work.
            own_sessions: The most sessions that hold a lock while the work under it is done on other connections.
            statement_timeout_s: How long one statement may take. [s]
            queue_size: How many operations of users and devices may wait for their first connection.
            queue_wait_s: How long each of those may wait. [s]

        Raises:
            UnavailableError: The database cannot be reached.
        """
        async with AsyncExitStack() as open_pools:
            try:
                pool = await _pool(own_url or url, own_pool_size, reset=_nothing_to_reset)
                open_pools.push_async_callback(_close, pool)
                sessions = await _pool(own_url or url, own_sessions, reset=None, least=0)
                open_pools.push_async_callback(_close, sessions)
                users = await _without_rights(url, pool_size)
                open_pools.push_async_callback(_close, users)
                await learn_months(pool)
            except _AWAY as error:
                raise UnavailableError(
                    "The database cannot be reached; check DATABASE_URL and that it is running."
                ) from error
            await open_pools.enter_async_context(beside(months=follow_months(pool)))
            queue = Queue(pool_size, size=queue_size, wait_s=queue_wait_s)
            yield cls(users, pool, sessions, own_url or url, statement_timeout_s, queue=queue)

    @asynccontextmanager
    async def transaction(self, actor: Actor, *, readonly: bool = False) -> AsyncIterator[Connection]:
        """Run a block in one transaction as `actor`: under row-level security for a user, as the worker role otherwise.

        Raises:
            OverloadedError: Too many wait for a connection, or this has waited for too long.
            UnavailableError: The connection was lost or could not be made.
            InvalidInputError: A text holds U+0000, which Postgres cannot store.
        """
        pool, queue = (self.pool, nullcontext()) if isinstance(actor, Worker) else (self.users, self.queue)
        with _explained():
            async with queue, pool.acquire() as connection:
                with _lost_or_not(connection):
                    if readonly and not isinstance(actor, Worker):
                        async with reading_as(connection, actor, self._timeout_ms):
                            yield connection
                    else:
                        async with connection.transaction():
                            await become(connection, actor, self._timeout_ms)
                            yield connection

    async def value(self, actor: User | Device, statement: str, values: Sequence[Any]) -> Any:
        """Return the one value of a statement, in a transaction of its own that only reads.

        It is what `transaction` does for a block, with the same errors, in fewer steps: most requests are this one.
        """
        with _explained():
            async with self.queue, self.users.acquire() as connection:
                with _lost_or_not(connection):
                    return await read_as(connection, actor, self._timeout_ms, statement, values)

    async def note(self, actor: Worker, statement: str, noted: object) -> None:
        """Run one statement whose only parameter is JSON, with the errors of `transaction`.

        It has a transaction of its own, in one message to the database.
        """
        with _explained():
            async with self.pool.acquire() as connection:
                with _lost_or_not(connection):
                    await note_as(connection, actor, self._timeout_ms, statement, noted)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Give a session of TwinQL's own login, outside of any transaction; its locks end with the block.

        It is none of the connections on which work is done: whoever held one of those for a lock, and waited for
        another to work on, would wait for ever once all of them did.

        Raises:
            UnavailableError: The connection was lost or could not be made.
        """
        try:
            async with self._sessions.acquire() as connection:
                yield connection
        except (*_AWAY, asyncpg.InternalClientError) as error:
            # Given back while the end of the connection is still being read, it contradicts itself as below.
            raise _away() from error

    async def prepare_months(self, actor: Actor, months: set[date]) -> None:
        """Make the partitions of `months` (first days, UTC) that are missing, in short transactions of their own."""
        # Months of long ago are made for TwinQL's own work alone.
        made = self._months[type(actor)]
        for month in sorted(months - made):
            async with self.transaction(actor) as connection:
                await connection.execute("select twinql.prepare_readings($1::date, $1::date)", month)
            made.add(month)
            await learn_months(self.pool)


@contextmanager
def _explained() -> Iterator[None]:
    """Raise errors of the driver as ours."""
    try:
        yield
    except _AWAY as error:
        raise _away() from error
    except asyncpg.DeadlockDetectedError as error:
        raise UnavailableError("Others changed the same things at the same moment; try again.") from error
    except asyncpg.QueryCanceledError as error:
        raise TooSlowError("This took longer than a statement may take; ask for less at once.") from error
    except _UNWRITABLE as error:
        raise InvalidInputError("A text holds a character that cannot be stored (U+0000); remove it.") from error


@contextmanager
def _lost_or_not(connection: Connection) -> Iterator[None]:
    """Say that a connection was lost where the driver says something else about it."""
    try:
        yield
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        # Where asyncpg contradicts itself it was still reading the end of the connection as it rolled back.
        if isinstance(error, asyncpg.InterfaceError) and not _is_lost(connection):
            raise
        # Rolling back on a lost connection fails in its own way, and hides that it was lost.
        raise ConnectionResetError from error


def _away() -> BaseException:
    """Return what is raised where a connection is lost.

    Whoever is cancelled while it is lost fails to roll back; that error must not take the place of the cancelling, or
    work that goes on whatever the database does would never end.
    """
    if (task := asyncio.current_task()) is not None and task.cancelling():
        return asyncio.CancelledError()
    return UnavailableError("The database is away for the moment; try again shortly.")


async def _close(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Close a pool in order, or break its connections off where the database does not answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSES_WITHIN_S):
            await pool.close()


async def _pool(
    url: str, size: int, *, reset: Reset | None, least: int = 1, **startup: str
) -> "asyncpg.Pool[asyncpg.Record]":
    return await asyncpg.create_pool(
        for_asyncpg(url),
        statement_cache_size=0 if is_pooled(url) else 200,
        max_cacheable_statement_size=LARGEST_KEPT_BYTES,
        min_size=least,
        max_size=size,
        init=prepare_codecs,
        reset=reset,
        # A pooler refuses any other setting when it is connected to; the rest is set in each transaction.
        server_settings={"application_name": "twinql", **startup},
    )


async def _without_rights(url: str, size: int) -> "asyncpg.Pool[asyncpg.Record]":
    """Open a pool whose connections are a role without rights from the first moment, where the login may be that role.

    Behind a transaction pooler nothing can be said of a connection: there, what each transaction says holds alone.
    """
    if not is_pooled(url):
        try:
            return await _pool(url, size, reset=_nothing_to_reset, role=_NO_RIGHTS)
        except _NO_SUCH_ROLE:
            pass  # said of a transaction that needs it, in `_become`
    return await _pool(url, size, reset=_nothing_to_reset)


async def _nothing_to_reset(_connection: Connection) -> None:
    """Save a question for each transaction: whatever one sets ends with it."""


def _is_lost(connection: Connection) -> bool:
    """Say whether a connection of the pool's is closed; one that broke may have gone back to the pool by itself."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def prepare_codecs(connection: Connection) -> None:
    """Read JSON columns as Python values."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads, schema="pg_catalog"
        )
