"""Several things beside each other."""

from typing import Annotated

import strawberry

from schema.period import DuringPeriod
from schema.ranking import Comparison, comparison_of
from twinql.context import Info

ThingIds = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Two to twenty different channels, meters or machines, by their ids."),
]


@strawberry.type
class ComparisonQuery:
    """Root fields that set things beside each other."""

    @strawberry.field(
        description="Channels, meters or machines over the same period of at most 92 days, which ends now at the "
        "latest, and which one to swap. Null beside an error alone."
    )
    async def compare(self, info: Info, ids: ThingIds, during: DuringPeriod) -> Comparison | None:
        """Measure them all."""
        return await comparison_of(info, ids, during)
