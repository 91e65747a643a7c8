"""Questions about sites."""

from typing import Annotated

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, key_of, listed, one
from schema.lists import SiteConnection
from schema.orders import NameOrder
from schema.site import OrderBy, Site, SiteFilter, sites_asked
from twinql.context import Info

Which = Annotated[SiteFilter | None, strawberry.argument(name="filter", description="Which sites.")]
SiteId = Annotated[strawberry.ID, strawberry.argument(description="The site's id.")]


@strawberry.type
class SiteQuery:
    """Root fields about sites."""

    @strawberry.field(description="One site; null where there is none with this id that you may see.")
    async def site(self, info: Info, id: SiteId) -> Site | None:
        """Load it."""
        return await one(info, Site, key_of(id, "Site"))

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
