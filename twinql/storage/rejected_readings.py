"""Readings that were refused, once somebody has looked at them."""

from uuid import UUID

from twinql.domain.identity import Actor
from twinql.storage.database import Database
from twinql.storage.statements import load


async def resolve_rejected(database: Database, actor: Actor, rejected: UUID) -> bool:
    """Mark a rejected reading as mended or dismissed; False where none waits that the actor may see."""
    async with database.transaction(actor) as connection:
        return await connection.fetchval(load("rejected_readings")["resolve"], rejected) is not None


async def reopen_rejected(database: Database, actor: Actor, rejected: UUID) -> None:
    """Let a rejected reading wait again."""
    async with database.transaction(actor) as connection:
        await connection.execute(load("rejected_readings")["reopen"], rejected)
