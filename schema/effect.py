"""What readings would add to what meters take in and cost, were they recorded."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.cost import Cost
from schema.declared import named, one
from twinql.context import Info
from twinql.domain.metering.intervals import BILLION, Fill
from twinql.domain.metering.overlay import Supposed
from twinql.domain.tariffs.added import cost_added
from twinql.domain.units import Unit
from twinql.storage.costs import Costed
from twinql.storage.effects import Effect, effects_of

if TYPE_CHECKING:
    from schema.meter import Meter


@strawberry.type(description="What the readings of a dry run would add to one billing month of a meter.")
class ReadingEffect:
    """A meter as it stands, and as it would stand."""

    meter_id: strawberry.Private[UUID]
    from_: datetime = strawberry.field(name="from", description="Where the billing month begins.")
    until: datetime = strawberry.field(
        description="Where it ends; where it is not over yet, now, or the newest of the readings if that is later."
    )
    consumption_added: Decimal | None = strawberry.field(
        description="What the meter would have taken in more, in `unit`; negative where it would be less, and null "
        "where nobody can know, as where a register falls: `cost { problems }` says why."
    )
    unit: Unit = strawberry.field(description="Kilowatt hours, or cubic metres where volumes are billed.")
    cost: Cost | None = strawberry.field(
        description="What the meter would cost in this period; null where it never has an agreement, or cannot be "
        "rated."
    )
    cost_added: Decimal | None = strawberry.field(
        description="What that is more than now, VAT included, rounded half up to the currency's minor unit; negative "
        "where it would be less; null without a cost before and after, and where energy would come that is unknown or "
        "cannot be rated: `cost { problems }` says why."
    )

    @strawberry.field(description="The meter.")
    async def meter(self, info: Info) -> Annotated["Meter", strawberry.lazy("schema.meter")] | None:
        """Load it."""
        return await one(info, named("schema.meter:Meter"), self.meter_id)

    @classmethod
    def of(cls, effect: Effect) -> Self:
        """Show an effect."""
        before, after = effect.before, effect.after
        added = None
        if isinstance(before, Costed) and isinstance(after, Costed):
            added = None if effect.added is None else cost_added(before.cost, after.cost)
        return cls(
            meter_id=effect.meter_id,
            from_=effect.wish.first,
            until=effect.wish.last,
            consumption_added=None if effect.added is None else Decimal(effect.added) / BILLION,
            unit=effect.unit,
            cost=Cost.of(after, effect.wish) if isinstance(after, Costed) else None,
            cost_added=added,
        )


async def effects_told(info: Info, supposed: Supposed, fill: Fill) -> list[ReadingEffect]:
    """Work out what readings would add, as whoever would record them.

    Raises:
        RangeTooLargeError: They are of too many meters or billing months.
    """
    context = info.context
    return [ReadingEffect.of(each) for each in await effects_of(context.reading, supposed, context.now, fill)]
