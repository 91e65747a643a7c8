"""Who acts: a person or service named by a token, a device with a key, or TwinQL's own background work."""

from dataclasses import dataclass
from uuid import UUID

LOCAL_ISSUER = "twinql:local"
"""The issuer of this machine's own user, who needs no token on the embedded default."""
LOCAL_SUBJECT = "owner"
"""The subject of this machine's own user."""
API_KEY_ISSUER = "twinql:api-key"
"""Who vouches for a device, in its claims and in the audit log."""
WORKER_ISSUER = "twinql:worker"
"""Who vouches for TwinQL's own work."""
LOCAL_ORGANISATION = "My organisation"
"""What the organisation of this machine's own user is called when it is made."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody whom an issuer vouches for; the database decides what they may see and do.

    Attributes:
        issuer: Who vouches: the `iss` of the token.
        subject: The person or service: the `sub` of the token, as text.
        organisation: The organisation they chose to act for; None means the only one they belong to.
    """

    issuer: str
    subject: str
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True)
class Worker:
    """Background work of the server or of the command line: sees every organisation, so it names the one it means.

    Attributes:
        name: What shows up as the author of corrections, such as `import` or `simulator`.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """Something that came with an API key: it records its own channels and reports on its own commands.

    Attributes:
        key_id: The key; the database knows its organisation and its channels.
    """

    key_id: UUID


Actor = User | Device | Worker
"""Whoever opens a transaction."""


def subject_of(actor: Actor) -> str:
    """Return the name under which somebody signs: the subject of a token, a key's id, or a worker's own name."""
    match actor:
        case User():
            return actor.subject
        case Device():
            return str(actor.key_id)
        case Worker():
            return actor.name


def issuer_of(actor: Actor) -> str:
    """Return who vouches for somebody; for its own work TwinQL does."""
    match actor:
        case User():
            return actor.issuer
        case Device():
            return API_KEY_ISSUER
        case Worker():
            return WORKER_ISSUER
