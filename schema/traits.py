"""How a channel behaves over a window: each trait a number, or the reason why there is none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Self

import strawberry

from schema.diagnosis_words import DiagnosisReason
from schema.from_readings import FromReadings
from schema.looked import Looked
from schema.trait_slopes import DriftTrait, RecentTrait, TimeToTrait, TrendTrait
from twinql.context import Info
from twinql.domain.diagnosis import present, traits
from twinql.domain.diagnosis.bands import Freshness, Steadiness, TargetPosition
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.units import Unit
from twinql.storage.database import Connection
from twinql.storage.diagnosis import sheets_of
from twinql.storage.health import ages_of

Window = Annotated[
    timedelta | None,
    strawberry.argument(
        description="How far back to look, from PT1M to P92D. Null takes 120 resolutions of the channel, but an hour "
        "at least and 30 days at most."
    ),
]
UntilWhen = Annotated[
    datetime | None, strawberry.argument(description="Where the window ends; null is now. What follows is not known.")
]
Threshold = Annotated[float, strawberry.argument(description="The value to be reached, in the unit of the channel.")]


@strawberry.type(description="How still a channel holds, whatever its unit and its zero.")
class StabilityTrait:
    """A stability."""

    percent: float | None = strawberry.field(
        description="Share of normally spread values, in percent, that would lie within `reach` of the middle: 100 "
        "where nothing moves. Null with a reason."
    )
    label: Steadiness | None = strawberry.field(description="How that is called; null with a reason.")
    spread: float | None = strawberry.field(
        description="Robust standard deviation (1.4826 times the median absolute deviation), in `unit` of the traits."
    )
    standard_deviation: float | None = strawberry.field(
        description="Standard deviation of the sample, in `unit` of the traits; a single wild reading moves it."
    )
    reach: float | None = strawberry.field(
        description="How far from its middle a value may be, in `unit` of the traits: half the target band, else half "
        "the way from the low to the high limit, else three times what is usual over as long a time."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: traits.Stability | Reason) -> Self:
        """Show a stability."""
        if isinstance(found, Reason):
            return cls(
                percent=None,
                label=None,
                spread=None,
                standard_deviation=None,
                reach=None,
                reason=DiagnosisReason.of(found),
            )
        return cls(
            percent=found.percent,
            label=found.label,
            spread=found.spread,
            standard_deviation=found.standard_deviation,
            reach=found.reach,
            reason=None,
        )


@strawberry.type(description="How much readings jitter about where they are going.")
class NoiseTrait:
    """A noise."""

    value: float | None = strawberry.field(
        description="Standard deviation of the jitter, from differences of neighbours, in `unit` of the traits; null "
        "with a reason."
    )
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")


@strawberry.type(description="How old the newest reading is.")
class FreshnessTrait:
    """An age."""

    label: Freshness | None = strawberry.field(description="How that is called; null with a reason.")
    age: timedelta | None = strawberry.field(description="Time since the newest reading was observed.")
    expected: timedelta | None = strawberry.field(
        description="Time between two readings: the resolution, or learned from the last ones."
    )
    learned: bool | None = strawberry.field(description="Whether it was learned; null with a reason.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: present.Age | Reason) -> Self:
        """Show an age."""
        if isinstance(found, Reason):
            return cls(label=None, age=None, expected=None, learned=None, reason=DiagnosisReason.of(found))
        age, expected = timedelta(seconds=max(found.age_s, 0)), timedelta(seconds=found.expected_s)
        return cls(label=found.freshness, age=age, expected=expected, learned=found.learned, reason=None)


@strawberry.type(description="Where values lie, seen from the target band.")
class TargetTrait:
    """A position, and shares of time."""

    position: TargetPosition | None = strawberry.field(
        description="Where the newest value of the window lies; null with a reason."
    )
    share: float | None = strawberry.field(description="Share of the time in the band, 0 to 1.")
    below: float | None = strawberry.field(description="Share of the time below it, 0 to 1.")
    above: float | None = strawberry.field(description="Share of the time above it, 0 to 1.")
    covered: timedelta | None = strawberry.field(description="The time that readings speak for, without holes.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is none; null where there is one.")

    @classmethod
    def of(cls, found: present.InTarget | Reason) -> Self:
        """Show a position."""
        if isinstance(found, Reason):
            reason = DiagnosisReason.of(found)
            return cls(position=None, share=None, below=None, above=None, covered=None, reason=reason)
        covered = timedelta(seconds=found.covered_s)
        shares = {"share": found.share, "below": found.below, "above": found.above}
        return cls(position=found.band, covered=covered, reason=None, **shares)


@strawberry.type(
    description="How a channel behaves over a window, by its usable readings. A register is looked at as what it "
    "counted in an hour."
)
class Traits(FromReadings):
    """Traits."""

    looked: strawberry.Private[Looked]

    @strawberry.field(description="The unit of what is told: the channel's, or with `perHour` that in an hour.")
    def unit(self) -> Unit:
        """Show it."""
        return self.looked.sheet.unit

    @strawberry.field(description="Whether values are what was counted in an hour: so for CUMULATIVE channels.")
    def per_hour(self) -> bool:
        """Show it."""
        return self.looked.per_hour

    @strawberry.field(description="How many usable readings were looked at.")
    def count(self) -> int:
        """Show it."""
        return len(self.looked.sample.stretch)

    @strawberry.field(description="How many readings were left out: BAD, or without a value.")
    def unusable(self) -> int:
        """Show it."""
        return self.looked.sample.stretch.unusable

    @strawberry.field(
        description="Whether the window holds more readings than are looked at: then these are the newest 2,000, and "
        "`from` says since when."
    )
    def sampled(self) -> bool:
        """Show it."""
        return self.looked.sample.sampled

    @strawberry.field(description="How still it holds.")
    async def stability(self, info: Info) -> StabilityTrait:
        """Work it out; what is usual is read for all channels at once, where there is neither target nor limits."""
        return StabilityTrait.of(await self.looked.stability(info.context))

    @strawberry.field(description="How fast it moves.")
    async def drift(self, info: Info) -> DriftTrait:
        """Work it out beside the event loop, for all channels at once."""
        return DriftTrait.of(await self.looked.slope(info.context))

    @strawberry.field(description="Which way it goes.")
    async def trend(self, info: Info) -> TrendTrait:
        """Work it out beside the event loop, for all channels at once."""
        return TrendTrait.of(await self.looked.trend(info.context))

    @strawberry.field(
        description="Where it goes now: by the newest readings, where these have left the line of the window, and by "
        "all of it where they have not. It is this that a time to a threshold and a risk rest on."
    )
    async def recent(self, info: Info) -> RecentTrait:
        """Work it out beside the event loop, for all channels at once."""
        return RecentTrait.of(self.looked, await self.looked.recent(info.context))

    @strawberry.field(description="How much it jitters.")
    def noise(self) -> NoiseTrait:
        """Work it out."""
        found = self.looked.noise()
        value = None if isinstance(found, Reason) else found
        return NoiseTrait(value=value, reason=DiagnosisReason.of(found))

    @strawberry.field(description="How old its newest reading was at the end of the window.")
    async def freshness(self, info: Info) -> FreshnessTrait:
        """Read it, for all channels at once."""
        return FreshnessTrait.of(await self.looked.age(info.context))

    @strawberry.field(description="Where it lies, seen from its target band.")
    async def band(self, info: Info) -> TargetTrait:
        """Work it out; whether the sensor is stuck is read for all channels at once."""
        return TargetTrait.of(await self.looked.in_target(info.context))

    @strawberry.field(description="When it reaches a threshold, if it goes on as it does.")
    async def time_to(self, info: Info, threshold: Threshold) -> TimeToTrait:
        """Work it out beside the event loop, for all channels at once."""
        return TimeToTrait.of(await self.looked.time_to(info.context, threshold))


async def freshness_of(info: Info, number: int) -> FreshnessTrait:
    """Say how old the newest reading of a channel is now, for all channels of the operation at once."""
    now = info.context.now

    async def load(connection: Connection, numbers: Sequence[int]) -> list[FreshnessTrait]:
        sheets = {each.number: each for each in await sheets_of(connection, numbers) if each is not None}
        ages = dict(zip(sheets, await ages_of(connection, list(sheets.values()), now), strict=True))
        return [FreshnessTrait.of(ages[number]) for number in numbers]

    found: FreshnessTrait = await info.context.batch("freshness", load).load(number)
    return found
