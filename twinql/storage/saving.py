"""What lowering loads would save: the power that goes with them, and what a kilowatt hour costs at their meters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.decisions.saving import Gain, Price, gain_of
from twinql.domain.readings import to_us
from twinql.domain.tariffs.wish import CostWish
from twinql.domain.units import Unit, convert
from twinql.storage.database import Connection
from twinql.storage.metering import meters_to_bill
from twinql.storage.statements import load
from twinql.storage.unit_prices import unit_prices_of
from twinql.storage.what_if import read_on_grid

_LEARNED_FROM: Final = timedelta(hours=24)
_STEP_S: Final = 300
_HOLDS_FOR: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Load:
    """What is known of a load that can be set lower.

    Attributes:
        gain: How much power goes with it; None where that is not known.
        meter_id: The meter in whose tariff it is charged; None where there is none.
        measured_number: The channel that tells what it does.
    """

    gain: Gain | None
    meter_id: UUID | None
    measured_number: int


async def loads_near(connection: Connection, asset_ids: Sequence[UUID], now: datetime) -> dict[UUID, Load]:
    """Learn of each load near assets, by the channel that sets it, how much power goes with it."""
    rows = await connection.fetch(load("saving")["loads"], list(asset_ids))
    numbers = {row[name] for row in rows for name in ("measured_number", "power_number")}
    last = datetime.fromtimestamp(now.timestamp() // _STEP_S * _STEP_S, UTC)
    grids = await read_on_grid(connection, sorted(numbers), last - _LEARNED_FROM, last, _STEP_S) if numbers else {}
    found = {}
    for row in rows:
        kw = convert(grids[row["power_number"]].means, source=Unit(row["power_unit"]), target=Unit.KILOWATT)
        gain = gain_of(grids[row["measured_number"]].means, kw)
        found[row["id"]] = Load(gain, row["meter_id"], row["measured_number"])
    return found


async def prices_at(connection: Connection, meter_ids: Sequence[UUID], now: datetime) -> Mapping[UUID, Price]:
    """Return what a kilowatt hour costs now at meters that have one register and one tariff for what they take in."""
    found = {}
    for metered in await meters_to_bill(connection, list(meter_ids)):
        if metered is None:
            continue
        imports = [each for each in metered.channels if each.direction is FlowDirection.IMPORT and each.until is None]
        if len(imports) != 1:
            continue
        edges = np.array([to_us(now), to_us(now + _HOLDS_FOR)])
        wish = CostWish(now, now + _HOLDS_FOR, now + _HOLDS_FOR)
        prices = await unit_prices_of(connection, wish, metered, imports[0], edges)
        if prices.currency is not None and np.isfinite(prices.imported[0]):
            found[metered.meter_id] = Price(float(prices.imported[0]), prices.currency)
    return found
