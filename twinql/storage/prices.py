"""Reads what price channels told: prices of dynamic tariffs, and carbon intensities."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import numpy as np

from twinql.domain.channels import ReadingKind
from twinql.domain.tariffs.prices import PricePoints, price_points
from twinql.domain.units import Unit, alike, scale
from twinql.storage.database import Connection
from twinql.storage.statements import load, load_known

_PER_KILOWATT_HOUR = (Unit.CURRENCY_PER_KILOWATT_HOUR, Unit.GRAM_PER_KILOWATT_HOUR)
# Postgres counts from 2000 on.
_FROM_2000_US = 946_684_800_000_000
_POINT = np.dtype([("at", ">i8"), ("value", ">f8")])


@dataclass(frozen=True, slots=True)
class PriceChannel:
    """What reading prices must know of a channel.

    Attributes:
        id: Its identity.
        number: Its number.
        unit: The unit of its values.
        kind: How its values are to be read.
        resolution_s: Time between two of them; None where nothing is said. [s]
    """

    id: UUID
    number: int
    unit: Unit
    kind: ReadingKind
    resolution_s: int | None


async def price_channels(connection: Connection, ids: Collection[UUID]) -> list[PriceChannel]:
    """Return those of these channels that can tell prices, and that the actor may see."""
    return [_channel(row) for row in await connection.fetch(load("prices")["price_channels"], list(ids))]


async def carbon_channels(connection: Connection, meter_ids: Sequence[UUID]) -> list[PriceChannel | None]:
    """Return the channel that tells the carbon intensity of each meter's energy; None where there is none."""
    found: list[PriceChannel | None] = [None] * len(meter_ids)
    for row in await connection.fetch(load("prices")["carbon_channels"], list(meter_ids)):
        found[row["place"] - 1] = _channel(row)
    return found


async def prices_told(
    connection: Connection,
    channels: Sequence[PriceChannel],
    first: datetime,
    last: datetime,
    *,
    as_of: datetime | None = None,
) -> Mapping[UUID, PricePoints]:
    """Return what channels told of a period, and of a step to either side of it, by their ids.

    Args:
        connection: In whose transaction it is read.
        channels: The channels.
        first: Where the period begins.
        last: Where it ends.
        as_of: Only what was known then; None for what is known now.
    """
    if not channels:
        return {}
    numbers = [each.number for each in channels]
    if as_of is None:
        rows = await connection.fetch(load("prices")["points"], numbers, first, last)
    else:
        rows = await connection.fetch(load_known("prices")["points"], numbers, first, last, as_of)
    return {channels[row["place"] - 1].id: _points(channels[row["place"] - 1], row["packed"]) for row in rows}


def _channel(row: asyncpg.Record) -> PriceChannel:
    return PriceChannel(
        id=row["id"],
        number=row["number"],
        unit=Unit(row["unit"]),
        kind=ReadingKind(row["kind"]),
        resolution_s=row["resolution_seconds"],
    )


def _points(channel: PriceChannel, packed: bytes | None) -> PricePoints:
    rows = np.frombuffer(packed or b"", dtype=_POINT)
    per_kwh = next(each for each in _PER_KILOWATT_HOUR if channel.unit in alike(each))
    return price_points(
        rows["at"].astype(np.int64) + _FROM_2000_US,
        rows["value"].astype(np.float64),
        kind=channel.kind,
        resolution_s=channel.resolution_s,
        scale=scale(channel.unit) / scale(per_kwh),
    )
