"""What the readings of a channel mean."""

from datetime import datetime, timedelta

import strawberry

from schema.declared import hidden
from schema.health import Health, calibration_validity_of, channel_health
from schema.looked import Looked
from schema.scenario import scenarios_of
from schema.trait_slopes import TrendTrait
from schema.traits import FreshnessTrait, Traits, UntilWhen, Window, freshness_of
from twinql.context import Info
from twinql.domain.diagnosis.bands import CalibrationValidity


@strawberry.type
class ChannelDiagnosis:
    """Fields of a channel."""

    number: strawberry.Private[int] = hidden()
    scenarios = scenarios_of("row_id", "channel_id", description="What would happen to it if, newest first.")

    @strawberry.field(
        description="How it behaves over a window: each trait with its numbers, or why there is none. Null beside an "
        "error alone."
    )
    async def traits(self, info: Info, window: Window = None, until: UntilWhen = None) -> Traits | None:
        """Read the window of all channels at once."""
        return await self._traits(info, window, until)

    @strawberry.field(description="Which way it goes over a window: the trend of `traits`. Null beside an error alone.")
    async def trend(self, info: Info, window: Window = None, until: UntilWhen = None) -> TrendTrait | None:
        """Read the window of all channels at once."""
        found = await self._traits(info, window, until)
        return TrendTrait.of(await found.looked.trend(info.context))

    @strawberry.field(description="How old its newest reading is now.")
    async def freshness(self, info: Info) -> FreshnessTrait:
        """Read it for all channels at once."""
        return await freshness_of(info, self.number)

    @strawberry.field(
        description="How well it is, over a window that ends now. Null beside an error alone; schedules are not "
        "diagnosed, and UNKNOWN."
    )
    async def health(self, info: Info, window: Window = None) -> Health | None:
        """Work it out for all channels at once."""
        return await channel_health(info, self.number, window)

    @strawberry.field(description="Whether its calibration holds now.")
    async def calibration_validity(self, info: Info) -> CalibrationValidity:
        """Read it for all channels at once."""
        return await calibration_validity_of(info, self.number)

    async def _traits(self, info: Info, window: timedelta | None, until: datetime | None) -> Traits:
        looked = await Looked.at(info.context, self.number, window, until)
        return Traits(span=looked.sample.span, looked=looked)
