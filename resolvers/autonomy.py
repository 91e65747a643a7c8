"""Changes of how far TwinQL may act by itself."""

from typing import Annotated

import strawberry

from schema.autonomy_changes import (
    PauseAutonomyInput,
    PauseAutonomyPayload,
    ResumeAutonomyInput,
    ResumeAutonomyPayload,
    SetAutonomyInput,
    SetAutonomyPayload,
)
from schema.changes import needed_key_at
from schema.payload import mutation
from schema.site_autonomy import SiteAutonomy
from twinql.context import Info
from twinql.domain.identity import User
from twinql.domain.membership import Role
from twinql.storage import autonomy as storage

ToSet = Annotated[SetAutonomyInput, strawberry.argument(description="The site, and how far.")]
ToPause = Annotated[PauseAutonomyInput, strawberry.argument(description="The site.")]
ToResume = Annotated[ResumeAutonomyInput, strawberry.argument(description="The site.")]


@strawberry.type
class AutonomyMutation:
    """Root fields that say how far TwinQL may act."""

    @mutation(
        needs=Role.OWNER,
        description="Say how far TwinQL may act by itself on a site. Where it had fallen back it acts again; where it "
        "is paused it stays so until `resumeAutonomy`.",
    )
    async def set_autonomy(self, info: Info, input: ToSet) -> SetAutonomyPayload:
        """Set it."""
        site = needed_key_at(input.site_id, "siteId", "Site")
        await storage.set_autonomy(await info.context.management(), site, input.changes(), now=info.context.now)
        return SetAutonomyPayload(autonomy=await SiteAutonomy.at(info, site))

    @mutation(
        needs=Role.OPERATOR,
        description="Stop what TwinQL does by itself on a site, and take back the commands that it asked for and that "
        "were not sent. It advises at most until `resumeAutonomy`. Who stopped it first is kept.",
    )
    async def pause_autonomy(self, info: Info, input: ToPause) -> PauseAutonomyPayload:
        """Stop it."""
        context = info.context
        site, membership = needed_key_at(input.site_id, "siteId", "Site"), await context.require(Role.OPERATOR)
        assert isinstance(context.actor, User)
        cancelled = await storage.pause_autonomy(
            context.database, context.actor, membership.organisation_id, site, reason=input.reason, now=context.now
        )
        return PauseAutonomyPayload(autonomy=await SiteAutonomy.at(info, site), cancelled=cancelled)

    @mutation(
        needs=Role.OWNER,
        description="Let TwinQL act by itself on a site again, after somebody stopped it or it stopped itself, and on "
        "all rules of the site. What failed before is not held against it. Nothing changes where nothing was stopped.",
    )
    async def resume_autonomy(self, info: Info, input: ToResume) -> ResumeAutonomyPayload:
        """Let it go on."""
        site = needed_key_at(input.site_id, "siteId", "Site")
        await storage.resume_autonomy(await info.context.management(), site, now=info.context.now)
        return ResumeAutonomyPayload(autonomy=await SiteAutonomy.at(info, site))
