"""Questions about sites, and their changes."""

from typing import Annotated

import strawberry

from schema.changes import ArchivedAlong, needed_key_at
from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, Sought, key_of, listed, one
from schema.lists import SiteConnection
from schema.orders import NameOrder
from schema.payload import mutation
from schema.site import OrderBy, Site, SiteFilter, sites_asked
from schema.site_changes import (
    ArchiveSiteInput,
    ArchiveSitePayload,
    CreateSiteInput,
    CreateSitePayload,
    UnarchiveSiteInput,
    UnarchiveSitePayload,
    UpdateSiteInput,
    UpdateSitePayload,
)
from twinql.context import Info
from twinql.domain.membership import Role
from twinql.storage import sites

Which = Annotated[SiteFilter | None, strawberry.argument(name="filter", description="Which sites.")]
SiteId = Annotated[strawberry.ID, strawberry.argument(description="The site's id.")]
ToCreate = Annotated[CreateSiteInput, strawberry.argument(description="The new site.")]
ToUpdate = Annotated[UpdateSiteInput, strawberry.argument(description="The site, and what changes.")]
ToArchive = Annotated[ArchiveSiteInput, strawberry.argument(description="The site.")]
ToUnarchive = Annotated[UnarchiveSiteInput, strawberry.argument(description="The site.")]


@strawberry.type
class SiteQuery:
    """Root fields about sites."""

    @listed(
        graphql_type=Site | None,
        single=True,
        description="One site; null where there is none with this id that you may see.",
    )
    def site(id: SiteId) -> Sought:
        """Ask for it."""
        return Sought(Site, key_of(id, "Site"))

    @listed(graphql_type=SiteConnection, description="The sites of your organisation.")
    def sites(
        filter_: Which = None,
        order_by: OrderBy = NameOrder.NAME_ASC,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Asked:
        """Ask for a page of them."""
        return sites_asked(filter_, order_by, page_of(first, after, last, before))


@strawberry.type
class SiteMutation:
    """Root fields that change sites."""

    @mutation(needs=Role.OWNER, description="Make a site.")
    async def create_site(self, info: Info, input: ToCreate) -> CreateSitePayload:
        """Make it."""
        key = await sites.create_site(await info.context.management(), input.to_domain())
        return CreateSitePayload(site=await one(info, Site, key))

    @mutation(needs=Role.OWNER, description="Change what is said of a site.")
    async def update_site(self, info: Info, input: ToUpdate) -> UpdateSitePayload:
        """Change it."""
        key = needed_key_at(input.id, "id", "Site")
        await sites.update_site(await info.context.management(), key, input.changes())
        return UpdateSitePayload(site=await one(info, Site, key))

    @mutation(
        needs=Role.OWNER,
        description="Take a site out of use, with its assets and channels: they keep what they read and take nothing "
        "new. Nothing changes where it is archived already. `unarchiveSite` undoes it.",
    )
    async def archive_site(self, info: Info, input: ToArchive) -> ArchiveSitePayload:
        """Archive it."""
        key = needed_key_at(input.id, "id", "Site")
        along = await sites.archive_site(await info.context.management(), key)
        return ArchiveSitePayload(site=await one(info, Site, key), along=ArchivedAlong.of(along))

    @mutation(
        needs=Role.OWNER,
        description="Take a site back into use, with what was archived together with it; what was archived before "
        "stays archived. Nothing changes where it is in use.",
    )
    async def unarchive_site(self, info: Info, input: ToUnarchive) -> UnarchiveSitePayload:
        """Take it back."""
        key = needed_key_at(input.id, "id", "Site")
        along = await sites.unarchive_site(await info.context.management(), key)
        return UnarchiveSitePayload(site=await one(info, Site, key), along=ArchivedAlong.of(along))
