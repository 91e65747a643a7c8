"""What a member of an organisation may do."""

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


@dataclass(frozen=True, slots=True)
class Membership:
    """The membership that is in force for an operation.

    Attributes:
        organisation_id: The organisation.
        organisation_number: Its number, which stays inside.
        role: What may be done.
    """

    organisation_id: UUID
    organisation_number: int
    role: Role
