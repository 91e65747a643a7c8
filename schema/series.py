"""Stretches of channels, in columns."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import numpy as np
import strawberry

from schema.described import publish
from schema.scalars import TimeZone
from twinql.context import Info
from twinql.domain import gaps
from twinql.domain import series as stretches
from twinql.domain.bridges import Gas, interval_h, lengths, told_in, worth_of_gas
from twinql.domain.calendar import settlement
from twinql.domain.readings import QUALITIES, Quality, from_us, quality_of
from twinql.domain.series import LEAST_POINTS, MOST_POINTS, Aggregate, Bucket, Subject, Wish, aggregate_for, check_wish
from twinql.domain.units import Unit
from twinql.storage.completeness import completeness_of
from twinql.storage.gas import gas_of
from twinql.storage.read.zones import MET
from twinql.storage.series import series_of

publish(
    Bucket,
    "A length of time that the site's clock counts.",
    PT15M="A quarter of an hour.",
    PT30M="Half an hour.",
    PT1H="An hour; one that happens twice is two.",
    DAY="A day, from midnight to midnight: 23 or 25 hours where clocks change.",
    WEEK="A week, from Monday.",
    MONTH="A month.",
    BILLING_MONTH="A month from the meter's billing day on; only meters have one.",
)
publish(
    Aggregate,
    "What becomes of the readings of a bucket. BAD ones are left out.",
    SUM="Their sum: for amounts over intervals.",
    MEAN="Their mean, each counting alike.",
    MIN="The least.",
    MAX="The greatest.",
    FIRST="The first.",
    LAST="The last.",
    COUNT="How many there are.",
    DELTA="What a register counted: the steps that end in the bucket. A fall is never negative; what was counted "
    "across a reset is unknown, and UNCERTAIN.",
)


InBuckets = Annotated[
    Bucket | None, strawberry.argument(description="How to divide it; null gives the readings themselves.")
]
ByAggregate = Annotated[
    Aggregate | None,
    strawberry.argument(
        description="What becomes of the readings of a bucket; null takes SUM for amounts, DELTA for registers, MEAN "
        "for other measurements and LAST for states."
    ),
]
InUnit = Annotated[
    Unit | None,
    strawberry.argument(
        description="The unit wanted; null is the channel's own. Amounts can be told as their mean rate over the "
        "bucket or interval (kWh as kW), mean rates as what they amount to, and a gas meter's volumes as energy."
    ),
]
AtMost = Annotated[int, strawberry.argument(description=f"How many points at most, {LEAST_POINTS} to {MOST_POINTS:,}.")]


@strawberry.type(description="How many readings a period should have, and has.")
class Completeness:
    """Expected beside actual."""

    expected: int | None = strawberry.field(
        description="How many the resolution asks for, up to now or `asOf`; null where the channel has none."
    )
    actual: int = strawberry.field(
        description="How many of them are there and usable; several within one resolution count once."
    )


@strawberry.type(description="A stretch of a channel, in columns of equal length, for charts.")
class Series:
    """Columns, and what they hold."""

    unit: Unit = strawberry.field(description="The unit of the values; ONE for counts.")
    time_zone: TimeZone = strawberry.field(description="Whose clock counted the buckets.")
    bucket: Bucket | None = strawberry.field(description="The bucket; null for the readings themselves.")
    aggregate: Aggregate | None = strawberry.field(
        description="What became of the readings of each bucket; null for the readings themselves."
    )
    starts: list[datetime] = strawberry.field(description="The instants, or where intervals and buckets begin.")
    values: list[float | None] = strawberry.field(description="The values in `unit`; null where there is none.")
    quality: list[Quality | None] = strawberry.field(
        description="How far each value can be trusted; BAD where all there was is bad; null where nothing was."
    )
    downsampled: bool = strawberry.field(
        description="Whether points were left out to draw the same line with fewer (largest triangle, three buckets)."
    )
    settlement_dates: list[date] | None = strawberry.field(
        description="The day to which each half hour belongs where settlement counts them; null unless in PT30M."
    )
    settlement_periods: list[int] | None = strawberry.field(
        description="The number of each half hour in its day, from 1 up to 48, or to 46 or 50 where clocks change; "
        "null unless in PT30M."
    )
    subjects: strawberry.Private[Sequence[Subject]]
    wish: strawberry.Private[Wish]

    @strawberry.field(description="How many readings the whole period should have, and has: of all channels together.")
    async def completeness(self, info: Info) -> Completeness:
        """Count them, for all channels that ask alike at once."""
        first, last, as_of = self.wish.first, self.wish.last, self.wish.as_of
        now = info.context.now
        loader = info.context.batch(
            ("completeness", first, last, as_of),
            lambda connection, keys: completeness_of(connection, first, last, now, keys, as_of=as_of),
        )
        counts = await loader.load_many(list(self.subjects))
        expected = [each for each, _ in counts]
        return Completeness(
            expected=None if None in expected else sum(expected), actual=sum(actual for _, actual in counts)
        )

    @classmethod
    def of(cls, stretch: stretches.Series, subjects: Sequence[Subject], unit: Unit, wish: Wish) -> Self:
        """Show a stretch of one channel, or of several together, whose values are in a unit."""
        values, zone = stretch.values, subjects[0].time_zone
        dates, numbers = settlement(stretch.starts, ZoneInfo(zone)) if wish.bucket is Bucket.PT30M else (None, None)
        qualities = [*(quality_of(each) for each in QUALITIES), None]
        return cls(
            unit=unit,
            time_zone=TimeZone(zone),
            bucket=wish.bucket,
            aggregate=stretch.aggregate,
            starts=[from_us(start) for start in stretch.starts.tolist()],
            values=[None if value != value else value for value in values.tolist()],  # noqa: PLR0124 - NaN alone differs
            quality=[qualities[code] for code in stretch.quality.tolist()],
            downsampled=stretch.downsampled,
            settlement_dates=dates,
            settlement_periods=numbers,
            subjects=subjects,
            wish=wish,
        )


@strawberry.type(description="What the usable readings of a period say together; BAD ones are left out.")
class Statistics:
    """Figures in a unit."""

    unit: Unit = strawberry.field(description="The unit of all but the count.")
    count: int = strawberry.field(description="How many usable readings there are.")
    mean: float | None = strawberry.field(description="Their mean, in `unit`; null for none.")
    min: float | None = strawberry.field(description="The least, in `unit`; null for none.")
    max: float | None = strawberry.field(description="The greatest, in `unit`; null for none.")
    standard_deviation: float | None = strawberry.field(
        description="Standard deviation of the sample, in `unit`; null for fewer than two."
    )
    p05: float | None = strawberry.field(description="5 % of them lie at or below, in `unit`.")
    p50: float | None = strawberry.field(description="The median, in `unit`.")
    p95: float | None = strawberry.field(description="95 % of them lie at or below, in `unit`.")

    @classmethod
    def of(cls, found: stretches.Statistics, subject: Subject, unit: Unit, gas: Gas | None) -> Self:
        """Show what was found, in a unit.

        Raises:
            InvalidInputError: The unit does not fit the channel.
        """

        def told(value: float | None, *, difference: bool = False) -> float | None:
            if value is None:
                return None
            hours, values = interval_h(subject), np.array([value])
            told = told_in(values, source=subject.unit, target=unit, hours=hours, gas=gas, difference=difference)
            return float(told[0])

        return cls(
            unit=unit,
            count=found.count,
            mean=told(found.mean),
            min=told(found.minimum),
            max=told(found.maximum),
            standard_deviation=told(found.standard_deviation, difference=True),
            p05=told(found.p05),
            p50=told(found.p50),
            p95=told(found.p95),
        )


@strawberry.type(description="A stretch in which usable readings are missing.")
class Gap:
    """From the last reading before it to the first after it."""

    from_: datetime = strawberry.field(
        name="from", description="The last reading before it, or where the period begins."
    )
    until: datetime = strawberry.field(
        description="The first reading after it (its beginning, if an interval), or where the period ends, or now."
    )
    missing: int = strawberry.field(description="How many readings the resolution asks for in it.")

    @classmethod
    def of(cls, gap: gaps.Gap) -> Self:
        """Show a gap."""
        return cls(from_=gap.first, until=gap.last, missing=gap.missing)


async def series_for(info: Info, subject: Subject, wish: Wish, unit: Unit | None) -> Series:
    """Read a stretch of a channel, for all channels that ask alike at once."""
    check_wish(wish)
    aggregate_for(subject, wish.aggregate)
    loader = info.context.batch(("series", wish), lambda connection, keys: series_of(connection, wish, keys))
    if wish.bucket is not None:
        MET.meet(subject.time_zone)
    stretch = await loader.load(subject)
    await info.context.turn()
    if stretch.aggregate is Aggregate.COUNT:
        return Series.of(stretch, [subject], Unit.ONE, wish)
    if unit is None or unit is subject.unit:
        return Series.of(stretch, [subject], subject.unit, wish)
    now = min(info.context.now, wish.as_of or info.context.now)
    hours = lengths(subject, stretch.aggregate, stretch.starts, first=wish.first, last=wish.last, now=now)
    gas = await gas_behind(info, subject, unit)
    values = told_in(stretch.values, source=subject.unit, target=unit, hours=hours, gas=gas)
    return Series.of(replace(stretch, values=values), [subject], unit, wish)


async def gas_behind(info: Info, subject: Subject, unit: Unit | None) -> Gas | None:
    """Find what the gas that a channel counts is worth, where the unit asked for needs it."""
    if unit is None or not worth_of_gas(subject.unit, unit):
        return None
    gas: Gas | None = await info.context.batch("gas", gas_of).load(subject.number)
    return gas
