"""Which channels count what a meter is billed for, and what they counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from uuid import UUID

import asyncpg

from twinql.domain.assets import Commodity
from twinql.domain.bridges import Gas
from twinql.domain.channels import FlowDirection, ReadingKind
from twinql.domain.metering.intervals import Intervals
from twinql.domain.metering.overlay import Supposed
from twinql.domain.series import Subject
from twinql.domain.units import Quantity, Unit, to_billing_unit
from twinql.storage.counting import counted_of
from twinql.storage.database import Connection
from twinql.storage.statements import load


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
        until: When it was taken out of use while its meter was not: what it tells of later does not count.
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
    until: datetime | None

    @property
    def to_base(self) -> Fraction:
        """How many kWh, or m³, a value of 1 stands for."""
        return to_billing_unit(self.unit) * Fraction(self.multiplier)

    @property
    def base(self) -> Unit:
        """The unit in which it is billed: kilowatt hours, or cubic metres."""
        return Unit.CUBIC_METRE if self.quantity is Quantity.VOLUME else Unit.KILOWATT_HOUR

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
            until=self.until,
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

    @property
    def gas(self) -> Gas | None:
        """What its gas is worth; None where it counts something else."""
        return Gas(self.calorific_value, self.volume_correction) if self.commodity is Commodity.GAS else None


@dataclass(frozen=True, slots=True)
class Beneath:
    """A meter beneath another one.

    Attributes:
        meter_id: Its identity.
        since: When it was first read; None where it never was.
        until: When it was taken out of use; None while in use.
    """

    meter_id: UUID
    since: datetime | None
    until: datetime | None


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
        until=row["ended_at"],
    )


async def meters_beneath(connection: Connection, meter_ids: Sequence[UUID]) -> list[list[Beneath]]:
    """Return the meters that stand right beneath each meter and measure the same, by name."""
    found: list[list[Beneath]] = [[] for _ in meter_ids]
    for row in await connection.fetch(load("metering")["beneath"], list(meter_ids)):
        found[row["place"] - 1].append(Beneath(row["meter_id"], row["since"], row["until"]))
    return found


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
        In the order of the channels. [billionths of a kWh, or m³]
    """
    found = await counted_of(connection, channels, first, last, as_of=as_of, supposed=supposed)
    return [each.intervals for each in found]
