"""What a member of an organisation, or a device of it, may do."""

import hashlib
from dataclasses import dataclass
from enum import Enum
from uuid import UUID


class Role(Enum):
    """A role; the higher ones may do all that the lower ones may."""

    OWNER = "OWNER"
    OPERATOR = "OPERATOR"
    VIEWER = "VIEWER"

    def covers(self, needed: "Role") -> bool:
        """Say whether this role may do what `needed` may."""
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(needed)


class Who(Enum):
    """Who may do what takes no role."""

    ANYBODY = "ANYBODY"
    DEVICE = "DEVICE"


@dataclass(frozen=True, slots=True)
class Membership:
    """The membership that is in force for an operation; a device has one without a role.

    Attributes:
        organisation_id: The organisation.
        organisation_number: Its number, which stays inside.
        role: What may be done; None for a device, which may only do what is meant for devices.
        key: The API key of a device; None for a user.
    """

    organisation_id: UUID
    organisation_number: int
    role: Role | None
    key: UUID | None = None

    def covers(self, needed: Role) -> bool:
        """Say whether a role is held that may do what `needed` may; a device holds none."""
        return self.role is not None and self.role.covers(needed)


@dataclass(frozen=True, slots=True)
class Belonging:
    """One of the organisations to which somebody belongs, in force or not.

    Attributes:
        organisation_id: The organisation.
        name: What people call it.
        role: What may be done in it.
    """

    organisation_id: UUID
    name: str
    role: Role


def member_key(organisation_id: UUID, issuer: str, subject: str) -> UUID:
    """Return the key of a member: what tells members apart, hashed, so that an id tells nothing by itself."""
    text = f"{organisation_id}\n{issuer}\n{subject}"
    return UUID(bytes=hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest())
