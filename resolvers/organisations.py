"""Changes of organisations."""

from typing import Annotated

import strawberry

from schema.declared import one
from schema.organisation import (
    CreateOrganisationInput,
    CreateOrganisationPayload,
    Organisation,
    UpdateOrganisationInput,
    UpdateOrganisationPayload,
)
from schema.payload import mutation
from schema.viewer import ViewerMembership
from twinql.context import Info
from twinql.domain.identity import issuer_of, subject_of
from twinql.domain.membership import Belonging, Role, Who
from twinql.domain.wording import cleaned
from twinql.errors import ForbiddenError
from twinql.storage.memberships import create_organisation
from twinql.storage.organisations import rename

NAME = "organisation's name"
ToCreate = Annotated[CreateOrganisationInput, strawberry.argument(description="The new organisation.")]
ToUpdate = Annotated[UpdateOrganisationInput, strawberry.argument(description="What changes.")]


@strawberry.type
class OrganisationMutation:
    """Root fields that change organisations."""

    @mutation(
        needs=Who.ANYBODY,
        description="Make an organisation, with yourself as its OWNER; only where whoever runs TwinQL lets everybody.",
    )
    async def create_organisation(self, info: Info, input: ToCreate) -> CreateOrganisationPayload:
        """Make it."""
        context = info.context
        if not context.organisations_open:
            raise ForbiddenError(
                "Organisations are made by whoever runs this server: ask them, or have them set "
                "TWINQL_CREATE_ORGANISATION."
            )
        name = cleaned(input.name, NAME, "name")
        key = await create_organisation(context.database, name, issuer_of(context.actor), subject_of(context.actor))
        made = ViewerMembership.of(Belonging(key, name, Role.OWNER))
        return CreateOrganisationPayload(membership=made, acted_for=key)

    @mutation(needs=Role.OWNER, description="Change what is said of your organisation.")
    async def update_organisation(self, info: Info, input: ToUpdate) -> UpdateOrganisationPayload:
        """Rename it."""
        management = await info.context.management()
        await rename(management, cleaned(input.name, NAME, "name"))
        return UpdateOrganisationPayload(organisation=await one(info, Organisation, management.organisation_id))
