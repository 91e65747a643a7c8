"""Members of an organisation, and their changes."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden
from schema.node import Node
from schema.payload import Payload
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import BY_CREATION, MEMBERS


@strawberry.type(description="Somebody who belongs to an organisation. Every member sees the others.")
class Member(Node):
    """A member."""

    table: ClassVar[Table] = MEMBERS
    row_id: strawberry.Private[UUID] = hidden("id")
    issuer: str = column(description="Who vouches for them: the `iss` of their token.")
    subject: str = column(description="Who they are to that issuer: the `sub` of their token.")
    role: Role = column("role::text", description="What they may do.")
    created_at: datetime = column(description="When they became a member.")


def members_asked(page: PageRequest) -> Asked:
    """Return the question for the members of an organisation, the oldest first."""
    return Asked(Member, Question(entity_of(Member), BY_CREATION, page, parent="organisation_id"))


@strawberry.input(description="Somebody who shall become a member at once.")
class AddMemberInput:
    """Who, and what they may do."""

    issuer: str | None = strawberry.field(
        default=None, description="Who vouches for them: the `iss` of their token; left out, the one of yours."
    )
    subject: str = strawberry.field(
        description="Who they are to that issuer: the `sub` of their token, to the letter, 1 to 255 characters."
    )
    role: Role = strawberry.field(description="What they may do.")


@strawberry.input(description="A member who shall have another role.")
class UpdateMemberInput:
    """Who, and what they may do."""

    id: strawberry.ID = strawberry.field(description="The member.")
    role: Role = strawberry.field(description="What they may do from now on.")


@strawberry.input(description="A member who shall be one no longer.")
class RemoveMemberInput:
    """Who."""

    id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="What became of a new member.")
class AddMemberPayload(Payload):
    """The outcome of `addMember`."""

    member: Member | None = strawberry.field(
        default=None, description="The new member; null where the input was not taken."
    )


@strawberry.type(description="What became of a member to be changed.")
class UpdateMemberPayload(Payload):
    """The outcome of `updateMember`."""

    member: Member | None = strawberry.field(
        default=None, description="The member as they are now; null where the input was not taken."
    )


@strawberry.type(description="What became of a member to be removed.")
class RemoveMemberPayload(Payload):
    """The outcome of `removeMember`."""

    removed_member_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id of who is a member no longer; null where the input was not taken."
    )
