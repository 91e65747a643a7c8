"""The audit log: every mutation that somebody tried."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden
from schema.described import publish
from schema.node import Node
from twinql.domain.audit import AuditOutcome
from twinql.storage.read import Condition, PageRequest, Question, Table, equals, json_text
from twinql.storage.read.entity import AUDIT_LOG, NEWEST_AUDITED

publish(
    AuditOutcome,
    "How a mutation ended.",
    SUCCEEDED="It did what was asked.",
    INVALID="It answered with `userErrors`.",
    FORBIDDEN="Whoever asked may not do it.",
    FAILED="It ended with any other error.",
)


@strawberry.type(
    description="One mutation that somebody tried; entries are only ever added, and inputs are never kept."
)
class AuditEntry(Node):
    """An entry."""

    table: ClassVar[Table] = AUDIT_LOG
    row_id: strawberry.Private[UUID] = hidden("id")
    at: datetime = column(description="When it had ended.")
    issuer: str = column(description="Who vouches for whoever tried it; twinql:api-key for a device.")
    subject: str = column(description="Who tried it: the subject of the token, or the id of the API key inside.")
    client: str = column(description="The network address from which it came; empty where none is known.")
    request_id: str = column(description="The request, by the `X-Request-Id` that its answer had; so the log calls it.")
    operation: str = column(description="The mutation, such as recordReadings.")
    operation_name: str | None = column(
        description="What the client called the operation; null where it called it nothing."
    )
    outcome: AuditOutcome = column("outcome::text", description="How it ended.")
    codes: list[str] = column(
        "coalesce(codes, '{}')",
        read=list,
        written=json_text.strings,
        description="The codes of its errors; empty where there were none.",
    )


@strawberry.input(description="Which entries are wanted; what is left out does not matter.")
class AuditLogFilter:
    """Conditions that all hold."""

    subject: str | None = strawberry.field(default=None, description="Only of this subject, to the letter.")
    operation: str | None = strawberry.field(default=None, description="Only of this mutation, such as recordReadings.")
    outcome: AuditOutcome | None = strawberry.field(default=None, description="Only those that ended so.")
    since: datetime | None = strawberry.field(default=None, description="Only from this instant on.")
    until: datetime | None = strawberry.field(default=None, description="Only before this instant.")


def audit_log_asked(chosen: AuditLogFilter | None, page: PageRequest) -> Asked:
    """Return the question for the audit log, newest first."""
    chosen = chosen or AuditLogFilter()
    where = (
        *equals("subject", chosen.subject),
        *equals("operation", chosen.operation),
        *equals("outcome", chosen.outcome and chosen.outcome.value, "audit_outcome"),
        *_bound(">=", chosen.since),
        *_bound("<", chosen.until),
    )
    return Asked(AuditEntry, Question(entity_of(AuditEntry), NEWEST_AUDITED, page, where))


def _bound(how: str, instant: datetime | None) -> tuple[Condition, ...]:
    return () if instant is None else (Condition(f"at {how} {{}}::timestamptz", (instant,)),)
