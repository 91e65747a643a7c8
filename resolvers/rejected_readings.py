"""Questions about readings that were refused."""

from typing import Annotated

import strawberry

from schema.connection import After, Before, First, Last, page_of
from schema.declared import Asked, listed
from schema.lists import RejectedReadingConnection
from schema.rejected_reading import RejectedReadingFilter, rejected_readings_asked

Which = Annotated[RejectedReadingFilter | None, strawberry.argument(name="filter", description="Which of them.")]


@strawberry.type
class RejectedReadingQuery:
    """Root fields about rejected readings."""

    @listed(
        graphql_type=RejectedReadingConnection,
        description="Readings that were refused, by whichever way they came in, newest first.",
    )
    def rejected_readings(
        filter_: Which = None, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Asked:
        """Ask for a page of them."""
        return rejected_readings_asked(filter_, page_of(first, after, last, before))
