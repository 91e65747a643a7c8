"""Lines of a bill for energy, each with what it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Amounts, Intervals
from twinql.domain.readings import Instants, from_us
from twinql.domain.tariffs.blocks import in_blocks
from twinql.domain.tariffs.check import PER_KWH
from twinql.domain.tariffs.cost import CostLine, Evidence
from twinql.domain.tariffs.money import EXACT, PLACES, decimal_of, exact_product
from twinql.domain.tariffs.pieces import Pieces
from twinql.domain.tariffs.timeline import Charge

_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Metered:
    """What a channel counted that bills a meter, in a period and for some time before.

    Attributes:
        direction: Which way it flowed.
        register: What the register is called (day, night); None where there is but one.
        channel_number: The number of the channel.
        intervals: What it counted.
        expected: How many readings the period should have, up to now; None where the channel has no resolution.
        actual: How many it has.
        until_us: When it ceased to count; None where it did not. [µs since 1970]
    """

    direction: FlowDirection
    register: str | None
    channel_number: int
    intervals: Intervals
    expected: int | None
    actual: int
    until_us: int | None = None


def energy_lines(
    pieces: Pieces, charges: Sequence[Charge], metered: Sequence[Metered], months: Instants, first_us: int
) -> list[CostLine]:
    """Charge for energy: one line for each band, block, revision, agreement and rate of VAT.

    They stand in the order in which terms began to hold; of the same terms, in the tariff's own order of bands, and of
    blocks.

    Args:
        pieces: Those of the period, and those before it that blocks count.
        charges: What their `charges` are places of; those with a problem make no line.
        metered: What their `channel` are places of.
        months: Where billing months begin. [µs since 1970]
        first_us: Where the period begins. [µs since 1970]
    """
    found: list[tuple[tuple[int, int], CostLine]] = []
    within = pieces.after(first_us)
    held = np.flatnonzero(np.bincount(within.charges, minlength=len(charges)))
    for place in held.tolist():
        charge = charges[place]
        if charge.problem is None and charge.band is not None and not charge.band.blocks:
            mine = within if len(held) == 1 else within.take(within.charges == place)
            quantity = total(mine.amounts)
            amount = _amount(charge, mine, quantity)
            line = _line(charge, metered, mine, quantity=quantity, amount=amount, price=charge.band.price)
            found.append((charge.order, line))
    for each in in_blocks(pieces, charges, months, first_us):
        amount = exact_product(decimal_of(each.quantity, PLACES), each.block.price)
        mine = pieces.take(each.rows)
        charge, price = charges[each.charge], each.block.price
        line = _line(charge, metered, mine, quantity=each.quantity, amount=amount, price=price, block=each.number)
        found.append((charge.order, line))
    return [line for _, line in sorted(found, key=lambda each: each[0])]


def total(amounts: Amounts) -> int:
    """Add up integers, however large the sum is."""
    if not len(amounts):
        return 0
    safe = int(amounts.max()) * len(amounts) < _LARGEST
    return int(amounts.sum()) if safe else sum(amounts.tolist())


def _amount(charge: Charge, pieces: Pieces, quantity: int) -> Decimal:
    assert charge.band is not None
    assert charge.agreement is not None
    flowed = decimal_of(quantity, PLACES)
    if charge.band.price is not None:
        return exact_product(flowed, charge.band.price)
    dynamic = charge.band.dynamic
    assert dynamic is not None
    told = decimal_of(_product(pieces.amounts, pieces.prices), 2 * PLACES)
    by_channel = exact_product(told, PER_KWH[charge.agreement.tariff.unit], dynamic.factor)
    return EXACT.add(by_channel, exact_product(flowed, dynamic.surcharge))


def _product(amounts: Amounts, prices: Amounts) -> int:
    """Return the sum of amount · price, exactly."""
    if not len(amounts):
        return 0
    if int(amounts.max()) * int(np.abs(prices).max()) * len(amounts) < _LARGEST:
        return int(amounts @ prices)
    return sum(amount * price for amount, price in zip(amounts.tolist(), prices.tolist(), strict=True))


def _line(
    charge: Charge,
    metered: Sequence[Metered],
    pieces: Pieces,
    *,
    quantity: int,
    amount: Decimal,
    price: Decimal | None,
    block: int | None = None,
) -> CostLine:
    assert charge.agreement is not None
    assert charge.band is not None
    direction = charge.agreement.tariff.direction
    signed = amount if direction is FlowDirection.IMPORT else EXACT.minus(amount)
    return CostLine(
        band=charge.band.name,
        block=block,
        direction=direction,
        quantity=decimal_of(quantity, PLACES),
        price=price,
        amount=signed,
        vat_rate=charge.vat_rate,
        vat=exact_product(signed, charge.vat_rate),
        evidence=_evidence(charge, metered, pieces),
    )


def _evidence(charge: Charge, metered: Sequence[Metered], pieces: Pieces) -> Evidence:
    assert charge.agreement is not None
    assert charge.revision is not None
    channels, events = [], []
    intervals, estimated, first_us, last_us = 0, 0, [], []
    for place in np.flatnonzero(np.bincount(pieces.channel)).tolist():
        mine = pieces.channel == place
        rows, of = metered[place].intervals, pieces.row[mine]
        channels.append(metered[place].channel_number)
        intervals += _different(of, rows)
        estimated += _different(pieces.row[mine & pieces.estimated], rows)
        first_us.append(int(rows.starts[of].min()))
        last_us.append(int(rows.ends[of].max()))
        events.extend(_events(rows, of))
    return Evidence(
        channels=tuple(channels),
        intervals=intervals,
        estimated=estimated,
        first=from_us(min(first_us)),
        last=from_us(max(last_us)),
        events=tuple(events),
        agreement=charge.agreement.id,
        tariff=charge.agreement.tariff.id,
        revision=charge.revision.id,
    )


def _different(rows: Instants, intervals: Intervals) -> int:
    """Count rows, each once: those of a divided interval come several times."""
    seen = np.zeros(len(intervals), dtype=bool)
    seen[rows] = True
    return int(np.count_nonzero(seen))


def _events(intervals: Intervals, rows: Instants) -> list[UUID]:
    if not intervals.events:
        return []
    found = np.unique(intervals.event[rows])
    return [intervals.events[place].id for place in found.tolist() if place >= 0]
