"""The tenant, and those who belong to it."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import strawberry

from schema.api_key import api_keys_asked
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, column, hidden, listed
from schema.invitation import invitations_asked
from schema.lists import ApiKeyConnection, InvitationConnection, MemberConnection
from schema.member import members_asked
from schema.node import Node
from schema.payload import Payload
from schema.viewer import ViewerMembership
from schema.viewer_can import viewer_can
from twinql.domain.membership import Role
from twinql.storage.read import Table
from twinql.storage.read.entity import ORGANISATIONS

OWNERS_ONLY = "For OWNERs: for others null, beside the error FORBIDDEN."


@strawberry.type(description="The tenant: everything else belongs to exactly one.")
class Organisation(Node):
    """An organisation."""

    table: ClassVar[Table] = ORGANISATIONS
    row_id: strawberry.Private[UUID] = hidden("id")
    name: str = column(description="What people call it.")
    created_at: datetime = column(description="When it was made.")
    viewer_can_manage: bool = viewer_can(
        Role.OWNER, description="Whether you may rename it, and manage its members, invitations and API keys."
    )

    @listed("row_id", graphql_type=MemberConnection, description="Its members, the oldest first.")
    def members(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return members_asked(page_of(first, after, last, before))

    @listed(
        "row_id",
        graphql_type=InvitationConnection | None,
        description=f"Its invitations, used up ones included, newest first. {OWNERS_ONLY}",
        needs=Role.OWNER,
    )
    def invitations(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return invitations_asked(page_of(first, after, last, before))

    @listed(
        "row_id",
        graphql_type=ApiKeyConnection | None,
        description=f"Its API keys, revoked ones included, newest first. {OWNERS_ONLY}",
        needs=Role.OWNER,
    )
    def api_keys(first: First = None, after: After = None, last: Last = None, before: Before = None) -> Asked:
        """Ask for a page of them."""
        return api_keys_asked(page_of(first, after, last, before))


@strawberry.input(description="A new organisation.")
class CreateOrganisationInput:
    """What is said of it."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")


@strawberry.input(description="Changes of your organisation.")
class UpdateOrganisationInput:
    """What is said differently."""

    name: str = strawberry.field(description="What people call it, 1 to 200 characters.")


@strawberry.type(description="What became of an organisation to be made.")
class CreateOrganisationPayload(Payload):
    """The outcome of `createOrganisation`."""

    membership: ViewerMembership | None = strawberry.field(
        default=None,
        description="Your membership in it, as OWNER. Give its `organisationId` in the header X-Organisation if you "
        "belong to others too. Null where the input was not taken.",
    )


@strawberry.type(description="What became of changes of your organisation.")
class UpdateOrganisationPayload(Payload):
    """The outcome of `updateOrganisation`."""

    organisation: Organisation | None = strawberry.field(
        default=None, description="The organisation as it is now; null where the input was not taken."
    )
