"""Which channels count what a meter is billed for, and what they counted."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.assets import Commodity
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.metering.intervals import Flag, Intervals, RegisterEvent
from twinql.domain.metering.overlay import ReadingColumns, Supposed, overlaid
from twinql.domain.metering.registers import of_intervals, of_register
from twinql.domain.readings import Floats, to_us
from twinql.domain.series import Subject
from twinql.domain.units import Quantity, Unit, to_billing_unit
from twinql.storage.database import Connection
from twinql.storage.register_events import events_known
from twinql.storage.statements import load, load_known

# Postgres counts from 2000 on.
_FROM_2000_US = 946_684_800_000_000
_READING = np.dtype([("at", ">i8"), ("value", ">f8"), ("quality", "i1")])
# Working out more than so many readings leaves the event loop.
_ASIDE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingChannel:
    """What working out intervals must know of a channel.

    Attributes:
        channel_id: Its identity outside.
        number: Its number.
        key: Its short name.
        register: Which register of its meter it is; None for the only one.
        direction: Which way it counts; what nobody declared is IMPORT.
        kind: INTERVAL or CUMULATIVE.
        unit: The unit of its values, of energy or of volume.
        quantity: ENERGY or VOLUME.
        multiplier: What a value is multiplied by to give what flowed.
        register_maximum: Where a register starts again from zero; None where it never does. [unit]
        resolution_s: Time between two readings when all is well; None where nothing is said. [s]
        schedule: Whether its readings may lie in the future.
        time_zone: IANA zone of its site.
    """

    channel_id: UUID
    number: int
    key: str
    register: str | None
    direction: FlowDirection
    kind: ReadingKind
    unit: Unit
    quantity: Quantity
    multiplier: Decimal
    register_maximum: float | None
    resolution_s: int | None
    schedule: bool
    time_zone: str

    @property
    def to_base(self) -> Fraction:
        """How many kWh, or m³, a value of 1 stands for."""
        return to_billing_unit(self.unit) * Fraction(self.multiplier)

    @property
    def subject(self) -> Subject:
        """What counting its readings must know of it."""
        return Subject(
            number=self.number,
            kind=self.kind,
            quantity=self.quantity,
            unit=self.unit,
            time_zone=self.time_zone,
            resolution_s=self.resolution_s,
            register_maximum=self.register_maximum,
            schedule=self.schedule,
        )


@dataclass(frozen=True, slots=True)
class MeteredMeter:
    """What billing must know of a meter.

    Attributes:
        meter_id: Its identity.
        site_id: Its site.
        time_zone: IANA zone of the site.
        commodity: What it measures.
        billing_day: The day of the month with which its billing months begin, 1 to 28.
        calorific_value: What a cubic metre of its gas holds; None where nobody said. [MJ/m³]
        volume_correction: What its volume is multiplied by before the calorific value is applied.
        channels: Those that count what flows, of both directions.
    """

    meter_id: UUID
    site_id: UUID
    time_zone: str
    commodity: Commodity
    billing_day: int
    calorific_value: Decimal | None
    volume_correction: Decimal
    channels: tuple[BillingChannel, ...]


async def meters_to_bill(connection: Connection, meter_ids: Sequence[UUID]) -> list[MeteredMeter | None]:
    """Return what billing must know of meters, in their order; None for one that the actor may not see."""
    found: list[MeteredMeter | None] = [None] * len(meter_ids)
    rows = await connection.fetch(load("metering")["meters_to_bill"], list(meter_ids))
    for place, group in groupby(rows, lambda row: row["place"]):
        channels = list(group)
        row = channels[0]
        found[place - 1] = MeteredMeter(
            meter_id=row["meter_id"],
            site_id=row["site_id"],
            time_zone=row["time_zone"],
            commodity=Commodity(row["commodity"]),
            billing_day=row["billing_day"],
            calorific_value=row["calorific_value"],
            volume_correction=row["volume_correction"],
            channels=tuple(_channel(each) for each in channels if each["channel_id"] is not None),
        )
    return found


def _channel(row: asyncpg.Record) -> BillingChannel:
    return BillingChannel(
        channel_id=row["channel_id"],
        number=row["number"],
        key=row["key"],
        register=row["register"],
        direction=FlowDirection(row["direction"]),
        kind=ReadingKind(row["kind"]),
        unit=Unit(row["unit"]),
        quantity=Quantity(row["quantity"]),
        multiplier=row["multiplier"],
        register_maximum=row["register_maximum"],
        resolution_s=row["resolution_seconds"],
        schedule=row["schedule"],
        time_zone=row["time_zone"],
    )


async def intervals_of(
    connection: Connection,
    channels: Sequence[BillingChannel],
    first: datetime,
    last: datetime,
    *,
    as_of: datetime | None,
    supposed: Supposed | None = None,
) -> list[Intervals]:
    """Return what channels counted in a period: what ends in it, and of what lasts too long also what reaches beyond.

    Args:
        connection: In whose transaction it is read.
        channels: The channels.
        first: Where the period begins.
        last: Where it ends.
        as_of: Only what was known then; None for what is known now.
        supposed: Readings that take part as if they were stored.

    Returns:
        In the order of the channels.
    """
    if not channels:
        return []
    arguments: list[object] = [[each.number for each in channels], first, last]
    if as_of is None:
        rows = await connection.fetch(load("metering")["counted"], *arguments)
    else:
        rows = await connection.fetch(load_known("metering")["counted"], *arguments, as_of)
    registers = [each.number for each in channels if each.kind is ReadingKind.CUMULATIVE]
    events = await events_known(connection, registers, as_of) if registers else {}
    packed = {row["place"] - 1: row["packed"] or b"" for row in rows}
    if sum(map(len, packed.values())) > _ASIDE * _READING.itemsize:
        return await asyncio.to_thread(_all_counted, channels, packed, events, supposed or {}, (first, last))
    return _all_counted(channels, packed, events, supposed or {}, (first, last))


def _all_counted(
    channels: Iterable[BillingChannel],
    packed: Mapping[int, bytes],
    events: Mapping[int, Sequence[RegisterEvent]],
    supposed: Supposed,
    period: tuple[datetime, datetime],
) -> list[Intervals]:
    first_us, last_us = map(to_us, period)
    found = []
    for place, channel in enumerate(channels):
        readings = _unpacked(packed.get(place, b""))
        if channel.number in supposed:
            readings = overlaid(readings, supposed[channel.number])
        counted = _counted(channel, readings, events.get(channel.number, ()))
        found.append(_within(counted, first_us, last_us))
    return found


def _unpacked(packed: bytes) -> ReadingColumns:
    rows = np.frombuffer(packed, dtype=_READING)
    values: Floats = rows["value"].astype(np.float64)
    return ReadingColumns(rows["at"].astype(np.int64) + _FROM_2000_US, values, rows["quality"].copy())


def _counted(channel: BillingChannel, readings: ReadingColumns, events: Sequence[RegisterEvent]) -> Intervals:
    if channel.kind is ReadingKind.INTERVAL:
        assert channel.resolution_s is not None
        return of_intervals(*readings, to_base=channel.to_base, resolution_s=channel.resolution_s)
    return of_register(
        *readings,
        to_base=channel.to_base,
        maximum=channel.register_maximum,
        resolution_s=channel.resolution_s,
        events=events,
    )


def _within(found: Intervals, first_us: int, last_us: int) -> Intervals:
    reaches_over = found.marked(Flag.LONG) & (found.starts < last_us)
    kept = (found.ends > first_us) & ((found.ends <= last_us) | reaches_over)
    return replace(
        found,
        starts=found.starts[kept],
        ends=found.ends[kept],
        amounts=found.amounts[kept],
        flags=found.flags[kept],
        event=found.event[kept],
    )
