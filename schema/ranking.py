"""How channels, meters and machines stand beside each other, and which one to swap."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry

from schema.declared import to_one
from schema.described import publish
from schema.diagnosis_words import DiagnosisReason
from schema.period import PeriodInput
from twinql.context import Info
from twinql.domain.diagnosis import ranking
from twinql.domain.diagnosis.bands import IssueCode
from twinql.domain.diagnosis.ranking import UNITS, Metric, RankingOrder, descends, ranked
from twinql.domain.diagnosis.reason import Reason
from twinql.domain.global_id import GlobalId, decode_as
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError, RangeTooLargeError
from twinql.storage.database import Connection
from twinql.storage.ranking import Thing, candidate, measure, things_by_id, things_of_site

if TYPE_CHECKING:
    from schema.asset import Asset
    from schema.channel import Channel

Period = tuple[datetime, datetime]
LONGEST = timedelta(days=92)
SHORTEST = timedelta(minutes=1)
LONGEST_RANKING = 500
FEWEST_COMPARED, MOST_COMPARED = 2, 20


class RankedKind(Enum):
    """What is ranked."""

    CHANNELS = "CHANNEL"
    METERS = "METER"
    MACHINES = "MACHINE"


publish(RankedKind, "What is ranked.", CHANNELS="Channels.", METERS="Meters.", MACHINES="Machines.")
publish(
    Metric,
    "By what things are ranked. The least is the worst, of CONSUMPTION and RISK the greatest. None depends on "
    "a unit that somebody chose.",
    RELIABILITY="Percent of the readings that were due and are usable, times the share of time without an alarm that "
    "speaks of the sensor (STUCK, STALE, DRIFT, CLOCK_OFF, OUTLIER_TAMPER, SPIKE, DIP); of an asset the mean.",
    HEALTH="Points of 100, as `health` has them.",
    EFFICIENCY="Percent of earlier periods of the same length in which a machine made less of its energy.",
    CONSUMPTION="Energy taken in, in kWh.",
    RISK="Points of 100, as `risk` has them.",
)


publish(
    RankingOrder,
    "Which end of a ranking comes first.",
    WORST_FIRST="What needs attention first: the least, of CONSUMPTION and RISK the greatest.",
    BEST_FIRST="The best first: the greatest, of CONSUMPTION and RISK the least.",
)
ByMetric = Annotated[Metric, strawberry.argument(description="By what.")]
InOrder = Annotated[RankingOrder, strawberry.argument(description="Which end comes first, and has rank 1.")]
OfKind = Annotated[RankedKind, strawberry.argument(description="What is ranked.")]
Places = Annotated[int, strawberry.argument(description="How many places are shown, 1 to 500.")]


@strawberry.type(description="A channel, a meter or a machine.")
class Ranked:
    """What stands somewhere."""

    thing: strawberry.Private[Thing]
    channel: Annotated["Channel", strawberry.lazy("schema.channel")] | None = to_one(
        "schema.channel:Channel", "channel_id", description="The channel; null where it is an asset."
    )
    asset: Annotated["Asset", strawberry.lazy("schema.asset")] | None = to_one(
        "schema.asset:Asset", "asset_id", description="The meter or machine; null where it is a channel."
    )

    @property
    def channel_id(self) -> UUID | None:
        """The channel's identity."""
        return None if self.thing.asset else self.thing.key

    @property
    def asset_id(self) -> UUID | None:
        """The asset's identity."""
        return self.thing.key if self.thing.asset else None


@strawberry.type(description="Where something stands.")
class RankingPlace(Ranked):
    """A place."""

    rank: int | None = strawberry.field(
        description="1 for the first in the order that was asked for; equal ones share theirs. Null with a reason."
    )
    value: float | None = strawberry.field(description="By what it stands there, in `unit`; null with a reason.")
    unit: Unit | None = strawberry.field(description="PERCENT or KILOWATT_HOUR; null for points of 100.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is no value; null where there is one.")


@strawberry.type(description="What one would swap first.")
class SwapCandidate(Ranked):
    """The one whose sensor is the least healthy."""

    message: str = strawberry.field(description="Why, with its numbers: a sentence.")
    score: float = strawberry.field(
        description="The health of its sensor, in points of 100: `health`, less those issues alone that speak of the "
        "sensor. Of an asset the least of its sensors."
    )
    code: IssueCode = strawberry.field(description="What takes most points off; `health` tells the readings behind.")

    @classmethod
    def of(cls, found: ranking.Swap[UUID] | None, things: Sequence[Thing]) -> Self | None:
        """Show a candidate; None where all are well."""
        if found is None:
            return None
        thing = next(each for each in things if each.key == found.thing)
        return cls(thing=thing, message=found.message, score=found.score, code=found.issue.code)


@strawberry.type(description="How things of a site stand beside each other.")
class Ranking:
    """A ranking."""

    metric: Metric = strawberry.field(description="By what.")
    order: RankingOrder = strawberry.field(description="Which end comes first.")
    of_: RankedKind = strawberry.field(name="of", description="What is ranked.")
    from_: datetime = strawberry.field(name="from", description="Where the period begins.")
    until: datetime = strawberry.field(
        description="Where it ends: now, where the period that was asked for reaches ahead."
    )
    count: int = strawberry.field(description="How many things there are, also beyond `first`.")
    places: list[RankingPlace] = strawberry.field(description="The first places; what has no value comes last.")
    swap: SwapCandidate | None = strawberry.field(
        description="Which of all of them one would swap first: whose sensor is the least healthy, of equals the less "
        "reliable. Null where no sensor has lost 15 points; what was imported and never heard live is left out."
    )


@strawberry.type(description="What one metric says of something.")
class MetricValue:
    """A value."""

    metric: Metric = strawberry.field(description="By what.")
    rank: int | None = strawberry.field(
        description="Its rank among those that are compared, 1 for the worst; null with a reason."
    )
    value: float | None = strawberry.field(description="The value, in `unit`; null with a reason.")
    unit: Unit | None = strawberry.field(description="PERCENT or KILOWATT_HOUR; null for points of 100.")
    reason: DiagnosisReason | None = strawberry.field(description="Why there is no value; null where there is one.")


@strawberry.type(description="One of several things that are compared.")
class Compared(Ranked):
    """Something with all that is measured of it."""

    values: list[MetricValue] = strawberry.field(description="What each metric says.")


@strawberry.type(description="Several things over the same period.")
class Comparison:
    """A comparison."""

    from_: datetime = strawberry.field(name="from", description="Where the period begins.")
    until: datetime = strawberry.field(
        description="Where it ends: now, where the period that was asked for reaches ahead."
    )
    items: list[Compared | None] = strawberry.field(
        description="The things, in the order in which they were named; null for what you may not see."
    )
    swap: SwapCandidate | None = strawberry.field(
        description="Which of them one would swap first, as in `Ranking`. Null where no sensor has lost 15 points."
    )


async def ranking_of(
    info: Info, site: UUID, by: tuple[Metric, RankedKind, RankingOrder], during: PeriodInput, first: int
) -> Ranking:
    """Rank things of a site."""
    metric, of, order = by
    period = _passed(info, during)
    if not 1 <= first <= LONGEST_RANKING:
        raise InvalidInputError(f"A ranking shows 1 to {LONGEST_RANKING} places.", path=("first",))
    async with info.context.reading() as connection:
        things = await things_of_site(connection, site, of.value)
        values = await measure(connection, things, metric, *period)
        swap = await candidate(connection, things, *period)
    by_key = {thing.key: thing for thing in things}
    places = [
        RankingPlace(
            thing=by_key[place.thing],
            rank=place.rank,
            value=None if isinstance(place.value, Reason) else place.value,
            unit=UNITS[metric],
            reason=DiagnosisReason.of(place.value),
        )
        for place in ranked(dict(zip(by_key, values, strict=True)), descending=descends(metric, order))
    ]
    return Ranking(
        metric=metric,
        order=order,
        of_=of,
        from_=period[0],
        until=period[1],
        count=len(places),
        places=places[:first],
        swap=SwapCandidate.of(swap, things),
    )


async def comparison_of(info: Info, ids: Sequence[strawberry.ID], during: PeriodInput) -> Comparison:
    """Compare things by their ids.

    Raises:
        InvalidInputError: They are fewer than two or more than twenty, or an id is of something else.
    """
    period = _passed(info, during)
    named = [decode_as(str(each), "Channel", "Meter", "Machine") for each in ids]
    if not FEWEST_COMPARED <= len(set(named)) <= MOST_COMPARED:
        message = f"Compare {FEWEST_COMPARED} to {MOST_COMPARED} different channels, meters or machines."
        raise InvalidInputError(message, path=("ids",))
    async with info.context.reading() as connection:
        return await _compared(connection, named, period)


async def _compared(connection: Connection, named: Sequence[GlobalId], period: Period) -> Comparison:
    channels = [each.key for each in named if each.type == "Channel"]
    things = await things_by_id(connection, channels, [each.key for each in named if each.type != "Channel"])
    values: dict[UUID, list[MetricValue]] = {thing.key: [] for thing in things}
    for metric in Metric:
        measured = await measure(connection, things, metric, *period)
        by_value = dict(zip(values, measured, strict=True))
        for place in ranked(by_value, descending=descends(metric, RankingOrder.WORST_FIRST)):
            values[place.thing].append(
                MetricValue(
                    metric=metric,
                    rank=place.rank,
                    value=None if isinstance(place.value, Reason) else place.value,
                    unit=UNITS[metric],
                    reason=DiagnosisReason.of(place.value),
                )
            )
    swap = await candidate(connection, things, *period)
    items = {thing.key: Compared(thing=thing, values=values[thing.key]) for thing in things}
    return Comparison(
        from_=period[0],
        until=period[1],
        items=[items.get(each.key) for each in named],
        swap=SwapCandidate.of(swap, things),
    )


def _passed(info: Info, during: PeriodInput) -> Period:
    """Return what has passed of a period, where it can be looked at.

    Raises:
        InvalidInputError: It is empty, runs backwards, lies ahead, or less than a minute of it has passed.
        RangeTooLargeError: It is longer than 92 days.
    """
    during.countable()
    if during.until - during.from_ > LONGEST:
        raise RangeTooLargeError("This looks at periods of at most 92 days; ask for a shorter one.", path=("during",))
    first, last = during.so_far(info.context.now)
    if last - first < SHORTEST:
        raise InvalidInputError("This looks at a minute of the past at least; ask for a longer one.", path=("during",))
    return first, last
