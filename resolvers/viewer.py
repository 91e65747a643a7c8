"""Who asks."""

import strawberry

from schema.declared import one
from schema.organisation import Organisation, Viewer
from twinql.context import Info
from twinql.domain.identity import User
from twinql.domain.membership import Role


@strawberry.type
class ViewerQuery:
    """Root fields about whoever asks."""

    @strawberry.field(description="Whoever asks, and what they may do.")
    async def viewer(self, info: Info) -> Viewer:
        """Look up the membership in force."""
        actor = info.context.actor
        assert isinstance(actor, User)
        membership = await info.context.membership()
        if membership is None:
            advice = "No organisation is in force: ask an owner to add you, or name one in the header X-Organisation."
            return Viewer(
                issuer=actor.issuer, subject=actor.subject, organisation=None, role=None, can_record=False,
                can_manage=False, advice=advice,
            )  # fmt: skip
        return Viewer(
            issuer=actor.issuer,
            subject=actor.subject,
            organisation=await one(info, Organisation, membership.organisation_id),
            role=membership.role,
            can_record=membership.covers(Role.OPERATOR),
            can_manage=membership.covers(Role.OWNER),
            advice=None,
        )
