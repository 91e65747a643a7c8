"""Who asks."""

import strawberry

from schema.declared import one
from schema.organisation import Organisation
from schema.viewer import Viewer
from twinql.context import Info
from twinql.domain.identity import Device, issuer_of, subject_of
from twinql.domain.membership import Role


@strawberry.type
class ViewerQuery:
    """Root fields about whoever asks."""

    @strawberry.field(description="Whoever asks, and what they may do. Always answered, with advice where it helps.")
    async def viewer(self, info: Info) -> Viewer:
        """Look up the membership in force."""
        context = info.context
        membership = await context.membership()
        return Viewer(
            issuer=issuer_of(context.actor),
            subject=subject_of(context.actor),
            organisation=await one(info, Organisation, membership.organisation_id if membership else None),
            role=membership.role if membership else None,
            device=isinstance(context.actor, Device),
            can_read=membership is not None,
            can_record=await context.may(Role.OPERATOR, device=True),
            can_command=await context.may(Role.OPERATOR),
            can_manage=await context.may(Role.OWNER),
        )
