"""Whoever asks."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from twinql.context import Info
from twinql.domain import global_id
from twinql.domain.membership import Belonging, Role

if TYPE_CHECKING:
    from schema.organisation import Organisation


@strawberry.type(description="One of the organisations to which whoever asks belongs.")
class ViewerMembership:
    """A membership of one's own, in force or not."""

    organisation_id: strawberry.ID = strawberry.field(
        description="The id of the organisation: in the header X-Organisation it says for which you act."
    )
    organisation_name: str = strawberry.field(description="What people call it.")
    role: Role = strawberry.field(description="What you may do there.")

    @classmethod
    def of(cls, belonging: Belonging) -> Self:
        """Show a membership."""
        return cls(
            organisation_id=strawberry.ID(global_id.encode("Organisation", belonging.organisation_id)),
            organisation_name=belonging.name,
            role=belonging.role,
        )


@strawberry.type(description="Whoever asks.")
class Viewer:
    """The actor of this operation, and what they may do."""

    issuer: str = strawberry.field(description="Who vouches for them: the `iss` of their token.")
    subject: str = strawberry.field(
        description="Who they are to that issuer: the `sub` of their token; for a device the id of its key inside."
    )
    organisation: Annotated["Organisation", strawberry.lazy("schema.organisation")] | None = strawberry.field(
        description="The organisation for which they act; null where they belong to none, or to several and named none."
    )
    role: Role | None = strawberry.field(
        description="What they may do there; null without an organisation, and for a device."
    )
    device: bool = strawberry.field(description="Whether this is a device, with an API key.")
    can_read: bool = strawberry.field(description="Whether they may read; a device what belongs to its channels.")
    can_record: bool = strawberry.field(
        description="Whether they may record readings: a device of its channels, others also correct them."
    )
    can_command: bool = strawberry.field(description="Whether they may issue commands and answer decisions.")
    can_manage: bool = strawberry.field(
        description="Whether they may manage sites, assets and channels, members, invitations and API keys."
    )

    @strawberry.field(description="Every organisation to which they belong, by name; none for a device.")
    async def memberships(self, info: Info) -> list[ViewerMembership]:
        """Ask for them, once an operation."""
        return [ViewerMembership.of(each) for each in await info.context.belongings()]

    @strawberry.field(description="What to do where no organisation is in force, in a sentence; null when all is well.")
    async def advice(self, info: Info) -> str | None:
        """Look at where they belong."""
        return await info.context.advice()
