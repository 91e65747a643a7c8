"""How a transaction becomes somebody: their role and their claims, for as long as it lasts."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson

from twinql.domain.identity import API_KEY_ISSUER, Actor, Device, User
from twinql.errors import ForbiddenError

if TYPE_CHECKING:
    from twinql.storage.database import Connection

BECOME = """
select
    set_config('role', $1, true),
    set_config('request.jwt.claims', $2, true),
    set_config('twinql.organisation', $3, true),
    set_config('statement_timeout', $4, true),
    set_config('idle_in_transaction_session_timeout', '60000', true),
    set_config('TimeZone', 'UTC', true),
    set_config('DateStyle', 'ISO', true)
"""

MOST_KNOWN = 1_000
"""Of how many people and devices it is kept how they begin to read."""
# The same in one message with the beginning, as each statement of a read is planned once, whatever its parameters: what
# brings JSON is long, and planning it anew would take longer than to run it.
_BEGIN_READING = (
    "BEGIN READ ONLY; SET LOCAL role = {}; SET LOCAL request.jwt.claims = {}; SET LOCAL twinql.organisation = {}; "
    "SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = 60000; "
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL plan_cache_mode = force_generic_plan"
)


@asynccontextmanager
async def reading_as(connection: "Connection", actor: Actor, timeout_ms: str) -> AsyncIterator[None]:
    """Read as somebody, beginning with one message to the database instead of two."""
    try:
        with _refused(actor):
            await connection.execute(_beginning(actor, timeout_ms))
        yield
    except BaseException:
        await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")


async def read_as(
    connection: "Connection", actor: Actor, timeout_ms: str, statement: str, values: Sequence[Any]
) -> Any:
    """Return the one value of a statement, read as somebody: what `reading_as` does for a block."""
    try:
        with _refused(actor):
            await connection.execute(_beginning(actor, timeout_ms))
        value = await connection.fetchval(statement, *values)
    except BaseException:
        await connection.execute("ROLLBACK")
        raise
    await connection.execute("COMMIT")
    return value


@lru_cache(MOST_KNOWN)
def _beginning(actor: Actor, timeout_ms: str) -> str:
    """Write how somebody begins to read, once for each of those who asked last."""
    return _BEGIN_READING.format(*map(_quoted, (*_identity(actor), timeout_ms)))


def _quoted(text: str) -> str:
    """Write a constant of SQL that is the same whatever the server takes backslashes for."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


async def become(connection: "Connection", actor: Actor, timeout_ms: str) -> None:
    """Become somebody until the transaction ends."""
    with _refused(actor):
        await connection.fetchrow(BECOME, *_identity(actor), timeout_ms)


async def note_as(connection: "Connection", actor: Actor, timeout_ms: str, statement: str, noted: object) -> None:
    """Run one statement whose only parameter is JSON, as somebody and in a transaction of its own: in one message."""
    become_them = re.sub(r"\$(\d)", lambda found: _quoted((*_identity(actor), timeout_ms)[int(found[1]) - 1]), BECOME)
    text = _quoted(orjson.dumps(noted, default=str).decode())  # asyncpg has a UUID of its own
    with _refused(actor):
        await connection.execute(f"{become_them}; {statement.replace('$1', text)}")


@contextmanager
def _refused(actor: Actor) -> Iterator[None]:
    """Say what to do where the login may not act as somebody."""
    try:
        yield
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as error:
        role = _identity(actor)[0]
        raise ForbiddenError(
            f"The database's login may not act as {role}: migrate as the owner, and grant {role} to the login."
        ) from error


def _identity(actor: Actor) -> tuple[str, str, str]:
    if isinstance(actor, User):
        claims = orjson.dumps({"iss": actor.issuer, "sub": actor.subject, "role": "authenticated"}).decode()
        return "authenticated", claims, str(actor.organisation or "")
    if isinstance(actor, Device):
        claims = orjson.dumps({"iss": API_KEY_ISSUER, "sub": str(actor.key_id), "role": "twinql_device"}).decode()
        return "twinql_device", claims, ""
    return "twinql_worker", orjson.dumps({"sub": actor.name}).decode(), ""
