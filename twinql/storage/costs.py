"""What meters cost: loads what many of them are charged for in a few statements, and rates it beside the event loop."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.metering.intervals import Flag, Intervals
from twinql.domain.metering.overlay import Supposed
from twinql.domain.readings import from_us, to_us
from twinql.domain.series import expected_readings
from twinql.domain.tariffs.carbon import Carbon, carbon_agreement, carbon_of
from twinql.domain.tariffs.cost import Cost
from twinql.domain.tariffs.prices import PricePoints, told_within
from twinql.domain.tariffs.rating import Metered, rate
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Unit
from twinql.errors import RangeTooLargeError, TwinError
from twinql.storage.aside import aside
from twinql.storage.charges import Charge, charged_by, holding, uncounted
from twinql.storage.database import Connection
from twinql.storage.metering import BillingChannel, MeteredMeter, intervals_of, meters_to_bill
from twinql.storage.prices import PriceChannel, carbon_channels, price_channels, prices_told
from twinql.storage.statements import load

AT_ONCE = 200_000
"""About how many readings are rated together, of however many meters."""
MOST_OF_A_METER = 5_000_000
"""How many readings of one meter are rated at most: nine years and a half of minutes."""

Reading = Callable[[], AbstractAsyncContextManager[Connection]]
"""Opens a transaction that only reads, as whoever asks."""
Prices = Mapping[UUID, PricePoints]
Altered = Callable[[Mapping[int, Intervals]], Mapping[int, Intervals]]
"""Makes of what channels counted, by their numbers, what is rated in its place; both begin before the period."""


@dataclass(frozen=True, slots=True)
class Costed:
    """What a meter cost, and how to find what the cost speaks of.

    Attributes:
        meter_id: The meter.
        cost: What it cost.
        channels: The ids of its channels by number.
        units: The units of the tariffs by id.
        charged: Whether somebody charged the meter in the period, or for something that is counted in it.
    """

    meter_id: UUID
    cost: Cost
    channels: Mapping[int, UUID]
    units: Mapping[UUID, Unit]
    charged: bool


async def costs_of(
    reading: Reading,
    wish: CostWish,
    meter_ids: Sequence[UUID],
    *,
    supposed: Supposed | None = None,
    altered: Altered | None = None,
) -> list[Costed | TwinError | None]:
    """Return what each meter cost; None where it has no agreement at all, an error where it cannot be rated.

    Args:
        reading: Opens transactions, of a few statements each whatever the number of meters.
        wish: What is asked of all of them.
        meter_ids: The meters; one that the actor may not see has no agreement.
        supposed: Readings that count as if they were stored.
        altered: What is rated in the place of what was counted.

    Raises:
        TwinError: None of them can be rated as it was asked for.
    """
    wish.check()
    async with reading() as connection:
        meters = await _meters(connection, meter_ids)
        agreed = await charged_by(connection, wish, meters)
    charges = [Charge.of(each, agreed[each.meter_id], wish) for each in meters if agreed[each.meter_id]]
    rated = await _rated(reading, wish, charges, supposed, altered)
    found = {each.id: _costed(each, rated[each.id], wish) for each in charges}
    return [found.get(each) for each in meter_ids]


async def carbons_of(
    reading: Reading, wish: CostWish, meter_ids: Sequence[UUID], *, altered: Altered | None = None
) -> list[Carbon | TwinError | None]:
    """Return what the energy emitted that each meter took in; None where no channel tells of it.

    Args:
        reading: Opens transactions, of a few statements each whatever the number of meters.
        wish: What is asked of all of them; a tariff does not matter.
        meter_ids: The meters.
        altered: What is rated in the place of what was counted.

    Raises:
        TwinError: None of them can be rated as it was asked for.
    """
    wish.check()
    async with reading() as connection:
        meters = await _meters(connection, meter_ids)
        told = await carbon_channels(connection, [each.meter_id for each in meters])
    channels = {meter.meter_id: channel for meter, channel in zip(meters, told, strict=True) if channel}
    charges = [
        Charge.of(each, [carbon_agreement(each.meter_id, channels[each.meter_id].id)], wish)
        for each in meters
        if each.meter_id in channels and any(counts.direction is FlowDirection.IMPORT for counts in each.channels)
    ]
    rated = await _rated(reading, wish, charges, None, altered)
    return [None if each not in rated else _emitted(rated[each], channels[each], wish) for each in meter_ids]


async def meters_of_sites(connection: Connection, wish: CostWish, site_ids: Sequence[UUID]) -> list[list[UUID]]:
    """Return the meters whose costs add up to that of each site, by name; those beneath another meter are left out."""
    found: dict[UUID, list[UUID]] = {each: [] for each in site_ids}
    period = wish.first, wish.last, wish.as_of
    for row in await connection.fetch(load("costs")["meters_of_sites"], list(site_ids), *period):
        found[row["site_id"]].append(row["meter_id"])
    return [found[each] for each in site_ids]


@dataclass(frozen=True, slots=True)
class _Rated:
    """A cost, with the prices that channels told for it."""

    cost: Cost
    prices: Prices


async def _meters(connection: Connection, ids: Sequence[UUID]) -> list[MeteredMeter]:
    return [each for each in await meters_to_bill(connection, list(dict.fromkeys(ids))) if each is not None]


async def _rated(
    reading: Reading,
    wish: CostWish,
    charges: Sequence[Charge],
    supposed: Supposed | None,
    altered: Altered | None,
) -> dict[UUID, _Rated | TwinError]:
    """Rate meters part by part, two at once: while the one is rated, the other's readings are fetched."""
    turns = asyncio.Semaphore(2)

    async def rated(part: Sequence[Charge]) -> dict[UUID, _Rated | TwinError]:
        async with turns:
            async with reading() as connection:
                counted, prices = await _read(connection, wish, part, supposed)
            counted = counted if altered is None else altered(counted)
            return await aside(_rate_all, wish, part, counted, prices)

    long = {each.id: _too_long() for each in charges if each.readings(wish.last) > MOST_OF_A_METER}
    found: dict[UUID, _Rated | TwinError] = {**long}
    rest = [each for each in charges if each.id not in long]
    for each in await asyncio.gather(*(rated(part) for part in _parts(wish, rest))):
        found |= each
    return found


def _too_long() -> RangeTooLargeError:
    message = f"This period holds more than {MOST_OF_A_METER:,} readings of the meter; ask for a shorter one."
    return RangeTooLargeError(message, path=("during",))


async def _read(
    connection: Connection, wish: CostWish, charges: Sequence[Charge], supposed: Supposed | None
) -> tuple[Mapping[int, Intervals], Prices]:
    """Return what channels counted, by their numbers, and what they were charged for it where channels tell that."""
    channels = [each for charge in charges for each in charge.channels]
    begins = min(each.begins for each in charges)
    counted = await intervals_of(connection, channels, begins, wish.last, as_of=wish.as_of, supposed=supposed)
    earliest_us = min((int(each.starts[0]) for each in counted if len(each)), default=to_us(begins))
    told_by = await price_channels(connection, dynamic_channels(charges))
    since = min(begins, from_us(earliest_us))
    prices = await prices_told(connection, told_by, since, wish.last, as_of=wish.as_of)
    return {channel.number: each for channel, each in zip(channels, counted, strict=True)}, prices


def _parts(wish: CostWish, charges: Sequence[Charge]) -> Iterator[list[Charge]]:
    part: list[Charge] = []
    held = 0.0
    for each in charges:
        more = each.readings(wish.last)
        if part and held + more > AT_ONCE:
            yield part
            part, held = [], 0.0
        part.append(each)
        held += more
    if part:
        yield part


def dynamic_channels(charges: Sequence[Charge]) -> set[UUID]:
    """Return the channels from which dynamic bands take their prices."""
    tariffs = {agreement.tariff.id: agreement.tariff for charge in charges for agreement in charge.agreements}
    terms = [revision.terms for tariff in tariffs.values() for revision in tariff.revisions if revision.terms]
    return {band.dynamic.channel for each in terms for band in each.bands if band.dynamic}


def _rate_all(
    wish: CostWish, charges: Sequence[Charge], counted: Mapping[int, Intervals], prices: Prices
) -> dict[UUID, _Rated | TwinError]:
    found: dict[UUID, _Rated | TwinError] = {}
    for each in charges:
        try:
            found[each.id] = _Rated(_rate(wish, each, counted, prices), prices)
        except TwinError as error:
            found[each.id] = error
    return found


def _rate(wish: CostWish, charge: Charge, counted: Mapping[int, Intervals], prices: Prices) -> Cost:
    problems = uncounted(charge, wish)
    cost = rate(
        [_metered(each, counted[each.number], wish) for each in charge.channels],
        charge.agreements,
        zone=charge.zone,
        first=wish.first,
        last=wish.last,
        now=wish.until,
        billing_day=charge.meter.billing_day,
        to_unit=charge.to_unit,
        prices=prices,
        fill=wish.fill,
    )
    return replace(cost, problems=(*problems, *cost.problems)) if problems else cost


def _metered(channel: BillingChannel, intervals: Intervals, wish: CostWish) -> Metered:
    """Count the readings that a channel should have in the period, and has: several within a resolution count once.

    What ends at a register event ends at no reading.
    """
    first_us, resolution_s = to_us(wish.first), channel.resolution_s
    read = intervals.ends[~intervals.marked(Flag.UNREAD)]
    within = read[(read > first_us) & (read <= to_us(wish.last))]
    slots = within if resolution_s is None else (within - first_us - 1) // (resolution_s * 1_000_000)
    actual = int(np.count_nonzero(np.diff(slots))) + 1 if len(slots) else 0
    # What a register counted belongs where its later value lies, as an interval does.
    subject = replace(channel.subject, kind=ReadingKind.INTERVAL)
    return Metered(
        direction=channel.direction,
        register=channel.register,
        channel_number=channel.number,
        intervals=intervals,
        expected=expected_readings(subject, wish.first, wish.last, wish.until),
        actual=actual,
        until_us=None if channel.until is None else to_us(channel.until),
    )


def _costed(charge: Charge, rated: _Rated | TwinError, wish: CostWish) -> Costed | TwinError:
    if isinstance(rated, TwinError):
        return rated
    return Costed(
        meter_id=charge.id,
        cost=rated.cost,
        channels={each.number: each.channel_id for each in charge.channels},
        units={each.tariff.id: each.tariff.unit for each in charge.agreements},
        charged=bool(rated.cost.lines or holding(charge, wish)),
    )


def _emitted(rated: _Rated | TwinError, channel: PriceChannel, wish: CostWish) -> Carbon | TwinError:
    if isinstance(rated, TwinError):
        return rated
    until = min(wish.last, wish.until)
    expected, actual = told_within(rated.prices[channel.id], wish.first, until, channel.resolution_s)
    return carbon_of(rated.cost, channel.id, expected=expected, actual=actual)
