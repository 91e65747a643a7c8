"""What is kept of every mutation: who, from where, which, and how it ended. Inputs are never a part of it."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID


class AuditOutcome(Enum):
    """How a mutation ended."""

    SUCCEEDED = "SUCCEEDED"
    INVALID = "INVALID"
    FORBIDDEN = "FORBIDDEN"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One mutation that was tried; the database adds when.

    Attributes:
        organisation_id: The organisation for which it was tried; None where none was in force.
        issuer: Who vouches for whoever tried it.
        subject: The person, service or API key.
        client: The address from which it came; empty where there is none.
        request_id: Names the operation in the server's log.
        operation: The mutation.
        operation_name: What its document called the operation; None where it called it nothing.
        outcome: How it ended.
        codes: Why it was not taken, or why it failed; empty where it succeeded.
    """

    organisation_id: UUID | None
    issuer: str
    subject: str
    client: str
    request_id: str
    operation: str
    operation_name: str | None
    outcome: AuditOutcome
    codes: tuple[str, ...] = ()
