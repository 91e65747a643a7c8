"""What becomes of a rule's decisions and commands when people archive it, change what it says, or trust it less."""

from datetime import datetime
from uuid import UUID

from twinql.domain.identity import Actor, Worker
from twinql.storage.commands import name_of
from twinql.storage.database import Connection, Database
from twinql.storage.statements import load

_ENDING = Worker("autopilot")


async def let_go(database: Database, actor: Actor, rule_id: UUID, why: str, *, now: datetime) -> None:
    """Take back what TwinQL asked for on a rule and was not sent, and close decisions for which it no longer stands.

    Args:
        database: Where they are.
        actor: Who changed the rule, in whose name its commands are taken back.
        rule_id: The rule, as it is now.
        why: What became of it, in a sentence.
        now: The present.
    """
    async with database.transaction(_ENDING) as connection:
        await close_ended(connection, now)
        await connection.execute(load("autonomy")["cancel_rule"], rule_id, now, name_of(actor), why)


async def close_ended(connection: Connection, now: datetime) -> None:
    """Close open decisions of rules that no longer stand for them: archived, or begun anew."""
    await connection.execute(load("autonomy")["close_ended"], now)
