"""What a kWh costs, earns and emits at each time at a meter, as its tariffs and channels say it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.readings import Floats, Instants, from_us
from twinql.domain.tariffs.unit_prices import told_prices, unit_prices
from twinql.domain.tariffs.wish import CostWish
from twinql.storage.charges import Charge, charged_by
from twinql.storage.costs import dynamic_channels
from twinql.storage.database import Connection
from twinql.storage.metering import BillingChannel, MeteredMeter
from twinql.storage.prices import carbon_channels, price_channels, prices_told


@dataclass(frozen=True, slots=True, eq=False)
class MeterPrices:
    """Prices of steps, shape (steps,); NaN where there is none.

    Attributes:
        imported: What a kWh taken in costs, VAT included. [currency per kWh]
        exported: What a kWh fed in earns; 0 where nobody pays for it. [currency per kWh]
        carbon: What a kWh taken in emits. [g per kWh]
        currency: Of the prices; None where there are none, or in several currencies.
    """

    imported: Floats
    exported: Floats
    carbon: Floats
    currency: str | None


async def unit_prices_of(
    connection: Connection, wish: CostWish, metered: MeteredMeter, imports: BillingChannel, edges: Instants
) -> MeterPrices:
    """Return what holds at a meter in each step.

    Args:
        connection: In whose transaction it is read.
        wish: The period, and the tariff to try on.
        metered: The meter.
        imports: The channel that counts what it takes in.
        edges: Where steps begin, and where the last one ends, shape (n + 1,). [µs since 1970]

    Raises:
        TwinError: The tariff to try on is not there, or is for something else.
    """
    agreed = (await charged_by(connection, wish, [metered]))[metered.meter_id]
    charge = Charge.of(metered, agreed, wish)
    told_by = await price_channels(connection, dynamic_channels([charge]))
    first, last = from_us(int(edges[0])), from_us(int(edges[-1]))
    prices = await prices_told(connection, told_by, first, last)
    imported, exported = (
        unit_prices(
            agreed,
            direction,
            imports.register if direction is FlowDirection.IMPORT else None,
            zone=ZoneInfo(metered.time_zone),
            edges=edges,
            prices=prices,
            to_unit=charge.to_unit,
        )
        for direction in (FlowDirection.IMPORT, FlowDirection.EXPORT)
    )
    (emits,) = await carbon_channels(connection, [metered.meter_id])
    told = {} if emits is None else await prices_told(connection, [emits], first, last)
    carbon = told_prices(None if emits is None else told.get(emits.id), edges)
    currencies = {each.tariff.currency for each in agreed}
    currency = currencies.pop() if len(currencies) == 1 else None
    return MeterPrices(imported, np.nan_to_num(exported, nan=0.0), carbon, currency)
