"""What one kWh more costs at each time: what a tariff says of steps, for plans; bills are rated exactly elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import BILLION
from twinql.domain.readings import Floats, Instants
from twinql.domain.tariffs.check import PER_KWH
from twinql.domain.tariffs.prices import PricePoints
from twinql.domain.tariffs.spans import spans
from twinql.domain.tariffs.terms import Agreement
from twinql.domain.tariffs.timeline import Charge, Charges, timeline
from twinql.domain.units import Unit


def unit_prices(
    agreements: Sequence[Agreement],
    direction: FlowDirection,
    register: str | None,
    *,
    zone: ZoneInfo,
    edges: Instants,
    prices: Mapping[UUID, PricePoints],
    to_unit: Callable[[Unit], Fraction],
) -> Floats:
    """Return what a kWh costs in each step, with VAT; where prices change within one, their mean over time.

    A band with blocks counts at the price of its first block.

    Args:
        agreements: Those of a meter.
        direction: IMPORT for what is paid, EXPORT for what is earned.
        register: The register that counts; None where there is but one.
        zone: The zone of its site.
        edges: Where steps begin, and where the last one ends, shape (n + 1,). [µs since 1970]
        prices: What the channels of dynamic prices tell.
        to_unit: How many of a unit one kWh is.

    Returns:
        Shape (n,); NaN where something of a step has no price. [currency per kWh]
    """
    mine = [each for each in agreements if each.tariff.direction is direction]
    held = spans(mine, zone, int(edges[0]), int(edges[-1]))
    charges = Charges()
    found = timeline(held, register, zone, prices, charges)
    of_cells = np.array(
        [
            _price(charges.all[place], told / BILLION, to_unit)
            for place, told in zip(found.charges.tolist(), found.prices.tolist(), strict=True)
        ]
    )
    return mean_over(found.edges, of_cells, edges)


def told_prices(points: PricePoints | None, edges: Instants) -> Floats:
    """Return what a channel of prices or carbon tells of each step, the mean over time; NaN where it does not."""
    if points is None or not len(points):
        return np.full(len(edges) - 1, np.nan)
    bounds = np.unique(np.concatenate([points.starts, points.ends]))
    cells = np.full(len(bounds) - 1, np.nan)
    cells[np.searchsorted(bounds, points.starts)] = points.prices / BILLION
    return mean_over(bounds, cells, edges)


def mean_over(bounds: Instants, cells: Floats, edges: Instants) -> Floats:
    """Return the mean over time of what holds in cells, in each step; NaN where not all of a step is known.

    Args:
        bounds: Where cells begin, and where the last one ends, shape (m + 1,). [µs since 1970]
        cells: What holds in each, shape (m,).
        edges: Where steps begin, and where the last one ends, shape (n + 1,). [µs since 1970]
    """
    known = np.isfinite(cells)
    lengths = np.diff(bounds).astype(np.float64)
    total, held = (
        np.diff(np.interp(edges, bounds, np.concatenate([[0.0], np.cumsum(each)])))
        for each in (np.where(known, cells, 0.0) * lengths, known * lengths)
    )
    whole = np.diff(edges)
    return np.where(held >= whole - 1.0, total / whole, np.nan)


def _price(charge: Charge, told: float, to_unit: Callable[[Unit], Fraction]) -> float:
    if charge.problem is not None or charge.band is None or charge.unit is None:
        return np.nan
    band, factor = charge.band, float(to_unit(charge.unit))
    per_unit: Decimal | None = band.blocks[0].price if band.blocks else band.price
    if per_unit is not None:
        price = float(per_unit) * factor
    else:
        assert band.dynamic is not None
        by_channel = told * float(PER_KWH[charge.unit]) * float(band.dynamic.factor)
        price = (by_channel + float(band.dynamic.surcharge)) * factor
    return price * float(1 + charge.vat_rate)
