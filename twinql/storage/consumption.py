"""Reads what meters took in and gave, in buckets of the clocks of their sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from twinql.domain.calendar import check_count, edges
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.metering.consumption import Consumption, of_registers, residual, while_there
from twinql.domain.metering.intervals import BILLION, Fill
from twinql.domain.readings import Floats, Instants, to_us
from twinql.domain.series import Aggregate, Bucket, Series, Wish, check_most
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError, RangeTooLargeError
from twinql.storage.counting import bucketed_of
from twinql.storage.database import Connection
from twinql.storage.metering import Beneath, BillingChannel, MeteredMeter, meters_beneath, meters_to_bill


@dataclass(frozen=True, slots=True)
class ConsumptionWish:
    """What is asked of meters.

    Attributes:
        first: Where the period begins.
        last: Where it ends.
        bucket: Into what it is divided.
        most: How many points at most.
        direction: What was taken in, or what was given.
        fill: What becomes of what flowed between readings too far apart.
        as_of: As known at which time; None is what is known now.
        now: The present; what lies ahead of it is not missing.
    """

    first: datetime
    last: datetime
    bucket: Bucket
    most: int = 1_000
    direction: FlowDirection = FlowDirection.IMPORT
    fill: Fill = Fill.NONE
    as_of: datetime | None = None
    now: datetime | None = None

    def of_series(self) -> Wish:
        """Return it as what is asked of a channel."""
        return Wish(self.first, self.last, self.bucket, None, self.most, self.as_of)


@dataclass(frozen=True, slots=True)
class Consumed:
    """What a meter consumed.

    Attributes:
        meter: The meter.
        channels: Those that counted it.
        unit: The unit of the values: kilowatt hours, or cubic metres.
        series: The stretch, in columns.
    """

    meter: MeteredMeter
    channels: tuple[BillingChannel, ...]
    unit: Unit
    series: Series


Answer = Consumed | RangeTooLargeError | InvalidInputError | None
_Asked = tuple[MeteredMeter, tuple[BillingChannel, ...]]


async def consumption_of(connection: Connection, wish: ConsumptionWish, meter_ids: Sequence[UUID]) -> list[Answer]:
    """Return what each meter consumed, in their order; None where nothing counts it, an error where it cannot be told.

    Raises:
        InvalidInputError: What is asked for makes no sense.
    """
    check_most(wish.most)
    meters = await meters_to_bill(connection, meter_ids)
    asked = [None if each is None else _asked(each, wish) for each in meters]
    found = await _in_buckets(connection, wish, [each for each in asked if each])
    return [None if each is None else _answer(each, wish, found[each[0]]) for each in asked]


async def residual_of(connection: Connection, wish: ConsumptionWish, meter_ids: Sequence[UUID]) -> list[Answer]:
    """Return what each meter counted and the meters right beneath it did not, while they were there.

    Raises:
        InvalidInputError: What is asked for makes no sense.
    """
    check_most(wish.most)
    beneath = await meters_beneath(connection, meter_ids)
    all_ids = list(dict.fromkeys([*meter_ids, *(each.meter_id for those in beneath for each in those)]))
    meters = {each.meter_id: each for each in await meters_to_bill(connection, all_ids) if each}
    families = [_family(meters, wish, main, below) for main, below in zip(meter_ids, beneath, strict=True)]
    found = await _in_buckets(connection, wish, [each for family in families for each, _ in family])
    return [_left(family, wish, found) for family in families]


def _family(
    meters: Mapping[UUID, MeteredMeter], wish: ConsumptionWish, main: UUID, beneath: Sequence[Beneath]
) -> list[tuple[_Asked, Beneath | None]]:
    """Return a meter and those beneath it, as far as they count; empty where the first of them does not."""
    meter = meters.get(main)
    first = None if meter is None else _asked(meter, wish)
    if meter is None or first is None:
        return []
    family: list[tuple[_Asked, Beneath | None]] = [(first, None)]
    for each in beneath:
        # All of a family are divided where its first is.
        below = replace(meters[each.meter_id], time_zone=meter.time_zone, billing_day=meter.billing_day)
        asked = _asked(below, wish)
        family += [] if asked is None else [(asked, each)]
    return family


def _left(
    family: Sequence[tuple[_Asked, Beneath | None]],
    wish: ConsumptionWish,
    found: Mapping[MeteredMeter, Consumption | RangeTooLargeError],
) -> Answer:
    if not family:
        return None
    (meter, channels), _ = family[0]
    total, less = found[meter], []
    if isinstance(total, RangeTooLargeError):
        return total
    bounds = _cut(wish, _bounds(wish, meter.time_zone, meter.billing_day))
    for (below, own), presence in family[1:]:
        counted = found[below]
        if _base(own) is not _base(channels):
            message = f"A meter beneath it counts {_base(own).name} and it counts {_base(channels).name}; "
            return InvalidInputError(f"{message}let both be counted alike, or ask each for its consumption.")
        if presence is not None and isinstance(counted, Consumption):
            less.append(while_there(counted, _there(presence, bounds, counted)))
    everything = (*channels, *(each for (_, own), _ in family[1:] for each in own))
    return _answer((meter, everything), wish, residual(total, less))


def _there(presence: Beneath, bounds: Instants, counted: Consumption) -> NDArray[np.bool_]:
    """Say in which buckets a meter was there, at least for a part."""
    if presence.since is None:
        return np.zeros(len(bounds) - 1, dtype=bool)
    # The first interval ends with the first reading: it was counted before that.
    there = (bounds[1:] > to_us(presence.since)) | counted.known
    return there if presence.until is None else there & (bounds[:-1] < to_us(presence.until))


def _asked(meter: MeteredMeter, wish: ConsumptionWish) -> _Asked | None:
    channels = tuple(each for each in meter.channels if each.direction is wish.direction)
    return (meter, channels) if channels else None


async def _in_buckets(
    connection: Connection, wish: ConsumptionWish, asked: Sequence[_Asked]
) -> dict[MeteredMeter, Consumption | RangeTooLargeError]:
    """Work out meters, those together whose buckets are the same."""
    found: dict[MeteredMeter, Consumption | RangeTooLargeError] = {}
    alike: dict[tuple[str, int], list[_Asked]] = {}
    for each in asked:
        alike.setdefault((each[0].time_zone, each[0].billing_day), []).append(each)
    for (zone, billing_day), some in alike.items():
        try:
            check_count(wish.of_series(), ZoneInfo(zone), billing_day=billing_day)
        except RangeTooLargeError as error:
            found |= {meter: error for meter, _ in some}
            continue
        bounds = _cut(wish, _bounds(wish, zone, billing_day))
        counters = [channel for _, channels in some for channel in channels]
        counted = await bucketed_of(connection, counters, bounds, fill=wish.fill, as_of=wish.as_of, now=wish.now)
        by_channel = {channel.number: each for channel, each in zip(counters, counted, strict=True)}
        for meter, channels in some:
            over = [_over(each, bounds) for each in channels]
            found[meter] = of_registers([by_channel[each.number] for each in channels], over)
    return found


def _over(channel: BillingChannel, bounds: Instants) -> NDArray[np.bool_]:
    """Say in which buckets a channel was out of use already."""
    begins = bounds[:-1]
    return np.zeros(len(begins), dtype=bool) if channel.until is None else begins >= to_us(channel.until)


def _bounds(wish: ConsumptionWish, zone: str, billing_day: int) -> Instants:
    return edges(wish.bucket, wish.first, wish.last, ZoneInfo(zone), billing_day=billing_day)


def _cut(wish: ConsumptionWish, bounds: Instants) -> Instants:
    """Return the edges with the first and the last one where the period begins and ends."""
    return np.clip(bounds, to_us(wish.first), to_us(wish.last))


def _answer(asked: _Asked, wish: ConsumptionWish, found: Consumption | RangeTooLargeError) -> Answer:
    if isinstance(found, RangeTooLargeError):
        return found
    meter, channels = asked
    values: Floats = np.where(found.known, found.amounts / BILLION, np.nan)
    counted = Aggregate.SUM if channels[0].kind is ReadingKind.INTERVAL else Aggregate.DELTA
    starts = _bounds(wish, meter.time_zone, meter.billing_day)[:-1]
    return Consumed(meter, channels, _base(channels), Series(starts, values, found.quality, counted))


def _base(channels: Sequence[BillingChannel]) -> Unit:
    return channels[0].base
