"""The audit log: every mutation, whoever asked and however it ended."""

from twinql.domain.audit import AuditEntry
from twinql.domain.identity import Worker
from twinql.storage.database import Database
from twinql.storage.statements import load

_AUDIT = Worker("audit")


async def note(database: Database, entry: AuditEntry) -> None:
    """Add an entry, in a transaction of its own: it stays whatever becomes of the mutation's."""
    async with database.transaction(_AUDIT) as connection:
        await connection.execute(
            load("audit")["note"],
            entry.organisation_id,
            entry.issuer,
            entry.subject,
            entry.client,
            entry.request_id,
            entry.operation,
            entry.operation_name,
            entry.outcome.value,
            list(entry.codes),
        )
