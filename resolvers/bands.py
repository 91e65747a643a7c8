"""The published tables."""

import strawberry

from schema.bands import Bands


@strawberry.type
class BandQuery:
    """Root fields about how numbers are labelled."""

    @strawberry.field(description="The tables by which scores, ages and other numbers get their labels.")
    def bands(self) -> Bands:
        """Show them."""
        return Bands.published()
