"""What `_prisma_migrations` remembers, and what it forbids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from twinql.errors import ConflictError
from twinql.storage.migrations.session import Connection
from twinql.storage.statements import load

SQL = load("migrations")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a migration, as its row tells it."""

    name: str
    started_at: datetime
    finished_at: datetime | None
    rolled_back_at: datetime | None
    logs: str | None

    @property
    def failed(self) -> bool:
        """Whether it began, did not end, and nobody has said what became of it."""
        return self.finished_at is None and self.rolled_back_at is None


async def read_history(connection: Connection) -> list[Attempt] | None:
    """Read every attempt, oldest first; None where the database was never migrated."""
    if not await connection.fetchval(SQL["has_history"]):
        return None
    return [Attempt(**row) for row in await connection.fetch(SQL["history"])]


def applied(history: Sequence[Attempt]) -> set[str]:
    """Name the migrations that are done. An edited file stays applied, as for Prisma."""
    return {each.name for each in history if each.finished_at and not each.rolled_back_at}


def refuse_after_failure(history: Sequence[Attempt]) -> None:
    """Refuse to go on after a failed migration (what Prisma calls P3009).

    Raises:
        ConflictError: One failed and was not resolved; the message says how to.
    """
    for attempt in history:
        if attempt.failed:
            raise ConflictError(_how_to_go_on(attempt))


def _how_to_go_on(attempt: Attempt) -> str:
    since = attempt.started_at.astimezone(UTC)
    reason = _reason(attempt.logs) or "nothing is known of how it ended, so the server or its database was stopped"
    return (
        f"The migration {attempt.name} began at {since:%Y-%m-%d %H:%M:%S} UTC and failed: {reason}. "
        "No other is applied before that is settled. Mend the cause; then\n"
        f"  twinql migrate --rolled-back {attempt.name}   if nothing of it stayed in the database, to run it anew,\n"
        f"  twinql migrate --applied {attempt.name}   if you finished it by hand\n"
        "(`prisma migrate resolve` does the same), and `twinql migrate` once more."
    )


def _reason(logs: str | None) -> str | None:
    """Find the database's own complaint in a log, ours or Prisma's."""
    lines = [line.strip() for line in (logs or "").splitlines() if line.strip()]
    complaint = next((line for line in lines if "ERROR: " in line), lines[1] if len(lines) > 1 else None)
    return complaint.partition("ERROR: ")[2] or complaint if complaint else None
