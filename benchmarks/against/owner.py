"""Serves TwinQL without identity in the database: `python -m benchmarks.against.owner serve …`, as `twinql serve …`.

Whoever asks reads as the owner of the tables, for whom no policy holds, and no transaction is begun. It exists to show
what identity costs; no setting of TwinQL's does this.
"""

# ruff: noqa: SLF001 - it replaces what TwinQL keeps to itself
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from twinql.cli import main
from twinql.domain.identity import Actor, Worker
from twinql.storage import database

_TRANSACTION = database.Database.transaction


@asynccontextmanager
async def _transaction(
    self: database.Database, actor: Actor, *, readonly: bool = False
) -> AsyncIterator[database.Connection]:
    if isinstance(actor, Worker) or not readonly:
        async with _TRANSACTION(self, actor, readonly=readonly) as connection:
            yield connection
        return
    async with self.users.acquire() as connection:
        yield connection


async def _value(self: database.Database, _actor: Actor, statement: str, values: Sequence[Any]) -> Any:
    return await self.users.fetchval(statement, *values)


async def _with_rights(url: str, size: int) -> Any:
    return await database._pool(url, size, reset=database._nothing_to_reset, plan_cache_mode="force_generic_plan")


if __name__ == "__main__":
    database.Database.transaction = _transaction  # type: ignore[method-assign]
    database.Database.value = _value  # type: ignore[method-assign]
    database._without_rights = _with_rights
    sys.exit(main())
