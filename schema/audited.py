"""Has every mutation that somebody tries written into the audit log, before its answer is sent."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from uuid import UUID

import asyncpg
import structlog

from twinql.context import Context
from twinql.domain.audit import AuditEntry, AuditOutcome
from twinql.domain.identity import issuer_of, subject_of
from twinql.errors import ForbiddenError, TwinError
from twinql.storage.audit import note

# The loop itself keeps no task alive.
_UNDER_WAY: set[asyncio.Task[None]] = set()

log = structlog.stdlib.get_logger("twinql.audit")


@dataclass(slots=True)
class Attempt:
    """How a mutation ended; as long as nobody has said so, it has failed.

    Attributes:
        outcome: How it ended.
        codes: The codes of its errors.
        organisation_id: For which organisation, where none was in force before it.
    """

    outcome: AuditOutcome = AuditOutcome.FAILED
    codes: tuple[str, ...] = ("INTERNAL",)
    organisation_id: UUID | None = None

    def ended(self, codes: Sequence[str], organisation_id: UUID | None) -> None:
        """Say that it answered, with these user errors."""
        self.outcome = AuditOutcome.INVALID if codes else AuditOutcome.SUCCEEDED
        self.codes = tuple(dict.fromkeys(codes))
        self.organisation_id = organisation_id

    def failed(self, error: TwinError) -> None:
        """Say that it ended with an error."""
        self.outcome = AuditOutcome.FORBIDDEN if isinstance(error, ForbiddenError) else AuditOutcome.FAILED
        self.codes = (error.code,)


@asynccontextmanager
async def audited(context: Context, operation: str, operation_name: str | None) -> AsyncIterator[Attempt]:
    """Note a mutation when the block ends, however it ends: also when whoever asked is gone meanwhile."""
    attempt = Attempt()
    try:
        yield attempt
    except TwinError as error:
        attempt.failed(error)
        raise
    finally:
        noting = asyncio.create_task(_noted(context, operation, operation_name, attempt))
        _UNDER_WAY.add(noting)
        noting.add_done_callback(_UNDER_WAY.discard)
        await asyncio.shield(noting)


async def _noted(context: Context, operation: str, operation_name: str | None, attempt: Attempt) -> None:
    organisation_id = attempt.organisation_id
    try:
        if organisation_id is None and (membership := await context.membership()) is not None:
            organisation_id = membership.organisation_id
    except TwinError:  # the database is away, or slow: the entry is told without its organisation
        pass
    entry = AuditEntry(
        organisation_id=organisation_id,
        issuer=issuer_of(context.actor),
        subject=subject_of(context.actor),
        client=context.client,
        request_id=context.request_id,
        operation=operation,
        operation_name=operation_name,
        outcome=attempt.outcome,
        codes=attempt.codes,
    )
    try:
        await note(context.database, entry)
    except (TwinError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        # The mutation has ended, and nothing undoes it: what cannot be kept in the database is kept in the log.
        told = asdict(entry) | {"outcome": entry.outcome.value}
        log.error("A mutation could not be written into the audit log.", error=str(error), **told)  # noqa: TRY400
