"""The audit log: every mutation, whoever asked and however it ended."""

from dataclasses import asdict

from twinql.domain.audit import AuditEntry
from twinql.domain.identity import Worker
from twinql.storage.database import Database
from twinql.storage.statements import load

_AUDIT = Worker("audit")


async def note(database: Database, entry: AuditEntry) -> None:
    """Add an entry, in a transaction of its own: it stays whatever becomes of the mutation's."""
    await database.note(_AUDIT, load("audit")["note"], asdict(entry))
