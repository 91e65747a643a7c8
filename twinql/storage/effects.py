"""What readings that are only supposed would add to what meters count and cost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.calendar import billing_month
from twinql.domain.channels import FlowDirection
from twinql.domain.metering.buckets import bucketed
from twinql.domain.metering.intervals import Fill, Intervals
from twinql.domain.metering.overlay import Supposed, newly_unknown
from twinql.domain.readings import from_us, to_us
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Quantity, Unit
from twinql.errors import RangeTooLargeError, TwinError
from twinql.storage.costs import Costed, Reading, costs_of
from twinql.storage.metering import BillingChannel, MeteredMeter, intervals_of, meters_to_bill
from twinql.storage.statements import load

MOST_METERS = 20
MOST_MONTHS = 24
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """What readings would add to one billing month of a meter.

    Attributes:
        meter_id: The meter.
        wish: The billing month, up to now or to the newest of the readings where it is not over yet.
        added: What the meter would have taken in more; negative where it is less, None where some of it is unknown.
            [billionths of `unit`]
        unit: Kilowatt hours, or cubic metres where volumes are billed.
        before: What it costs as things stand.
        after: What it would cost.
    """

    meter_id: UUID
    wish: CostWish
    added: int | None
    unit: Unit
    before: Costed | TwinError | None
    after: Costed | TwinError | None


async def effects_of(reading: Reading, supposed: Supposed, now: datetime, fill: Fill) -> list[Effect]:
    """Say what readings would change in the billing months in which they fall; nothing is written.

    Args:
        reading: Opens transactions that only read, as whoever asks.
        supposed: The readings. Those of channels that bill no meter change nothing.
        now: The present.
        fill: What becomes of energy that flowed between readings too far apart.

    Raises:
        RangeTooLargeError: They are of too many meters or billing months.
    """
    async with reading() as connection:
        ids = await connection.fetchval(load("effects")["meters_of"], list(supposed))
        if len(ids) > MOST_METERS:
            raise _too_many(f"{MOST_METERS} meters", f"{len(ids):,}")
        meters = [each for each in await meters_to_bill(connection, ids) if each is not None]
    wishes: defaultdict[CostWish, list[MeteredMeter]] = defaultdict(list)
    for meter in meters:
        for wish in _wishes(meter, supposed, now, fill):
            wishes[wish].append(meter)
    if (months := sum(map(len, wishes.values()))) > MOST_MONTHS:
        raise _too_many(f"{MOST_MONTHS} billing months of meters", f"{months:,}")
    found = [each for wish in sorted(wishes, key=_begins) for each in await _in(wish, wishes[wish], reading, supposed)]
    return sorted(found, key=lambda each: ids.index(each.meter_id))


def _too_many(most: str, sent: str) -> RangeTooLargeError:
    return RangeTooLargeError(
        f"What readings would add is worked out for {most} at most, and these are {sent}; send fewer at once.",
        path=("readings",),
    )


def _begins(wish: CostWish) -> datetime:
    return wish.first


def _wishes(meter: MeteredMeter, supposed: Supposed, now: datetime, fill: Fill) -> set[CostWish]:
    """Return the billing months in which readings of a meter fall; what ends with one is over where the next begins."""
    columns = [supposed[each.number].observed_us for each in meter.channels if each.number in supposed]
    if not columns:
        return set()
    instants = np.unique(np.concatenate(columns))
    zone, newest = ZoneInfo(meter.time_zone), max(now, from_us(int(instants[-1])))
    found, place = set(), 0
    while place < len(instants):
        first, last = billing_month(from_us(int(instants[place])) - _INSTANT, zone, meter.billing_day)
        found.add(CostWish(first, min(last, newest), now, fill))
        place = int(np.searchsorted(instants, to_us(last), side="right"))
    return found


async def _in(wish: CostWish, meters: Sequence[MeteredMeter], reading: Reading, supposed: Supposed) -> list[Effect]:
    ids = [each.meter_id for each in meters]
    before = await costs_of(reading, wish, ids)
    after = await costs_of(reading, wish, ids, supposed=supposed)
    added = await _added(wish, meters, reading, supposed)
    return [
        Effect(meter.meter_id, wish, added[meter.meter_id], _unit(meter), *costs)
        for meter, *costs in zip(meters, before, after, strict=True)
    ]


async def _added(
    wish: CostWish, meters: Sequence[MeteredMeter], reading: Reading, supposed: Supposed
) -> Mapping[UUID, int | None]:
    """Return what each meter would have taken in more, in billionths of its unit; None where some of it is unknown."""
    taken_in = [
        (meter.meter_id, channel)
        for meter in meters
        for channel in meter.channels
        if channel.direction is FlowDirection.IMPORT and channel.number in supposed
    ]
    channels = [channel for _, channel in taken_in]
    without = await _counted(wish, channels, reading, {})
    with_them = await _counted(wish, channels, reading, supposed)
    edges = np.array([to_us(wish.first), to_us(wish.last)], dtype=np.int64)
    added: dict[UUID, int | None] = {meter.meter_id: 0 for meter in meters}
    for (meter_id, _), before, after in zip(taken_in, without, with_them, strict=True):
        less, more = (int(bucketed(each, edges, wish.fill).amounts[0]) for each in (before, after))
        so_far = added[meter_id]
        added[meter_id] = None if so_far is None or newly_unknown(before, after) else so_far + more - less
    return added


async def _counted(
    wish: CostWish, channels: Sequence[BillingChannel], reading: Reading, supposed: Supposed
) -> list[Intervals]:
    async with reading() as connection:
        return await intervals_of(connection, channels, wish.first, wish.last, as_of=None, supposed=supposed)


def _unit(meter: MeteredMeter) -> Unit:
    volumes = any(each.quantity is Quantity.VOLUME for each in meter.channels)
    return Unit.CUBIC_METRE if volumes else Unit.KILOWATT_HOUR
