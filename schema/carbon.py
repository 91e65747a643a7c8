"""What energy emitted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from schema.declared import several
from schema.series import Completeness
from twinql.context import Info
from twinql.domain.tariffs import carbon as emitted
from twinql.domain.tariffs.wish import CostWish
from twinql.errors import TwinError
from twinql.storage.costs import carbons_of

if TYPE_CHECKING:
    from schema.channel import Channel


@strawberry.type(description="The carbon dioxide that energy emitted, hour by hour as the grid was.")
class Carbon:
    """What was emitted, and what nobody can tell of."""

    kg: float = strawberry.field(description="Carbon dioxide that the energy emitted whose intensity is known, in kg.")
    energy: float = strawberry.field(description="That energy, in kWh.")
    unrated: float = strawberry.field(
        description="Energy that is known, and whose intensity is not, in kWh: it is in no sum."
    )
    complete: bool = strawberry.field(description="Whether amount and intensity of all energy are known.")
    completeness: Completeness = strawberry.field(
        description="How many readings of carbon intensity the period should have, up to now, and has."
    )
    channel_ids: strawberry.Private[Sequence[UUID]]

    @strawberry.field(description="The channels that told the intensity.")
    async def channels(self, info: Info) -> list[Annotated["Channel", strawberry.lazy("schema.channel")]]:
        """Load them."""
        return await several(info, "schema.channel:Channel", self.channel_ids)

    @classmethod
    def of(cls, carbon: emitted.Carbon) -> Self:
        """Show what was emitted."""
        return cls(
            kg=float(carbon.kg),
            energy=float(carbon.energy_kwh),
            unrated=float(carbon.unrated_kwh),
            complete=carbon.complete,
            completeness=Completeness(expected=carbon.expected, actual=carbon.actual),
            channel_ids=carbon.channels,
        )


def emissions(info: Info, wish: CostWish) -> DataLoader[UUID, emitted.Carbon | None]:
    """Return what loads the carbon of all meters that ask alike at the same moment."""

    async def load(keys: Sequence[UUID]) -> Sequence[emitted.Carbon | TwinError | None]:
        return await carbons_of(info.context.reading, wish, keys)

    return info.context.together(("carbon", wish), load)


async def carbon_of(info: Info, meter_id: UUID, wish: CostWish) -> Carbon | None:
    """Return what the energy emitted that a meter took in; None where no channel tells of it."""
    found = await emissions(info, wish).load(meter_id)
    return None if found is None else Carbon.of(found)
