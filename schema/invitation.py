"""Invitations, and what becomes of them."""

from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.declared import Asked, column, entity_of, hidden
from schema.member import Member
from schema.node import Node
from schema.payload import Payload
from schema.viewer import ViewerMembership
from twinql.domain.membership import Role
from twinql.storage.read import PageRequest, Question, Table
from twinql.storage.read.entity import BY_CREATION_DESCENDING, INVITATIONS

USUAL_LIFE = timedelta(days=7)
LONGEST_LIFE = timedelta(days=90)
SHORTEST_LIFE = timedelta(minutes=1)


@strawberry.enum(description="Where an invitation stands.")
class InvitationStatus(Enum):
    """What became of it."""

    OPEN = strawberry.enum_value("OPEN", description="It can be accepted.")
    ACCEPTED = strawberry.enum_value("ACCEPTED", description="Somebody became a member by it.")
    REVOKED = strawberry.enum_value("REVOKED", description="An OWNER took it back.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="Nobody accepted it in time.")


@strawberry.type(description="An offer of membership: whoever brings its secret in time becomes a member, once.")
class Invitation(Node):
    """An invitation."""

    table: ClassVar[Table] = INVITATIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    email: str | None = column(description="The e-mail address for which it is meant; null where it is for anybody.")
    role: Role = column("role::text", description="What they will be allowed to do.")
    status: InvitationStatus = column(
        "case when accepted_at is not null then 'ACCEPTED' when revoked_at is not null then 'REVOKED'"
        " when expires_at <= now() then 'EXPIRED' else 'OPEN' end",
        description="Where it stands.",
    )
    invited_by: str = column(description="Who invites: the subject of the token.")
    created_at: datetime = column(description="When it was made.")
    expires_at: datetime = column(description="From then on it is refused.")
    accepted_at: datetime | None = column(description="When it was accepted; null where it was not.")
    accepted_by: str | None = column(
        "accepted_subject", description="Who accepted it: the subject of the token; null where nobody did."
    )
    revoked_at: datetime | None = column(description="When it was taken back; null where it was not.")


def invitations_asked(page: PageRequest) -> Asked:
    """Return the question for the invitations of an organisation, newest first."""
    question = Question(entity_of(Invitation), BY_CREATION_DESCENDING, page, parent="organisation_id")
    return Asked(Invitation, question)


@strawberry.input(description="An invitation to be made.")
class InviteMemberInput:
    """For whom, and what they may do."""

    email: str | None = strawberry.field(
        default=None,
        description="For whom it is meant. Where TwinQL may invite through Supabase, they get an e-mail and are a "
        "member at once; elsewhere hand the secret over yourself.",
    )
    role: Role = strawberry.field(description="What they may do.")
    expires_in: timedelta = strawberry.field(
        default=USUAL_LIFE, description="How long it can be accepted, from a minute to 90 days."
    )


@strawberry.input(description="An invitation to be taken back.")
class RevokeInvitationInput:
    """Which one."""

    id: strawberry.ID = strawberry.field(description="The invitation.")


@strawberry.input(description="An invitation that you accept.")
class AcceptInvitationInput:
    """Its secret."""

    secret: str = strawberry.field(description="What you were given: twinql_invite_ and 43 characters.")


@strawberry.type(description="What became of an invitation to be made.")
class InviteMemberPayload(Payload):
    """The outcome of `inviteMember`."""

    invitation: Invitation | None = strawberry.field(
        default=None, description="The invitation; null where the input was not taken."
    )
    secret: str | None = strawberry.field(
        default=None,
        description="What makes whoever brings it a member: shown now and never again. Null where it is used up "
        "already, because an e-mail went out instead, and where the input was not taken.",
    )
    member: Member | None = strawberry.field(
        default=None, description="The member that they are at once, where an e-mail went out; else null."
    )


@strawberry.type(description="What became of an invitation to be taken back.")
class RevokeInvitationPayload(Payload):
    """The outcome of `revokeInvitation`."""

    invitation: Invitation | None = strawberry.field(
        default=None, description="The invitation as it is now; null where the input was not taken."
    )


@strawberry.type(description="What became of an invitation that you accept.")
class AcceptInvitationPayload(Payload):
    """The outcome of `acceptInvitation`."""

    membership: ViewerMembership | None = strawberry.field(
        default=None, description="Your membership, as it is now; null where the invitation is good no longer."
    )
