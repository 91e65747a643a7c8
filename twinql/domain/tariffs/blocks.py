"""Prices by the consumption of a billing month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinql.domain.readings import Instants
from twinql.domain.tariffs.money import billionths
from twinql.domain.tariffs.pieces import Mask, Pieces
from twinql.domain.tariffs.terms import Block
from twinql.domain.tariffs.timeline import Charge

_LARGEST = float(1 << 62)


@dataclass(frozen=True, slots=True)
class InBlock:
    """What fell into one block of a charge.

    Attributes:
        charge: Place of the charge.
        number: Which block, from 1.
        block: The block.
        rows: The pieces that did, whole or in part.
        quantity: How much of them. [billionths of the tariff's unit]
    """

    charge: int
    number: int
    block: Block
    rows: NDArray[np.intp]
    quantity: int


def in_blocks(pieces: Pieces, charges: Sequence[Charge], months: Instants, first_us: int) -> Iterator[InBlock]:
    """Count what bands with blocks hold in each billing month, and say which block it falls into.

    Counted are the pieces of a tariff's bands of one name, whatever revision or channel they are of, in the order of
    the instants by which they belong to a period: so the blocks of two periods that touch are those of both together.

    Args:
        pieces: Those of the period, and those before it in the billing month in which it begins.
        charges: What their `charges` are places of.
        months: Where billing months begin, the first at or before all pieces. [µs since 1970]
        first_us: What is counted at or before it only counts, and is no part of the answer. [µs since 1970]
    """
    together: dict[object, list[int]] = {}
    for place, charge in enumerate(charges):
        if charge.problem is None and charge.band is not None and charge.band.blocks:
            assert charge.agreement is not None
            together.setdefault((charge.agreement.tariff.id, charge.band.name), []).append(place)
    for places in together.values():
        rows = np.flatnonzero(np.isin(pieces.charges, places))
        if len(rows):
            yield from _counted(pieces, rows, charges, places, months=months, first_us=first_us)


def _counted(
    pieces: Pieces,
    rows: NDArray[np.intp],
    charges: Sequence[Charge],
    places: Sequence[int],
    *,
    months: Instants,
    first_us: int,
) -> Iterator[InBlock]:
    order = rows[np.lexsort((pieces.starts[rows], pieces.channel[rows], pieces.counted[rows]))]
    amounts, counted = pieces.amounts[order], pieces.counted[order]
    if float(amounts.sum(dtype=np.float64)) > _LARGEST:
        amounts = amounts.astype(object)
    after = np.cumsum(amounts)
    month = np.searchsorted(months, counted)
    opens = np.searchsorted(month, month)
    after = after - (after - amounts)[opens]
    before = after - amounts
    for place in places:
        here: Mask = (pieces.charges[order] == place) & (counted > first_us)
        band = charges[place].band
        assert band is not None
        low = 0
        for number, block in enumerate(band.blocks, start=1):
            high = None if block.up_to is None else billionths(block.up_to)
            share = _clipped(after[here], low, high) - _clipped(before[here], low, high)
            if (share > 0).any():
                yield InBlock(place, number, block, order[here][share > 0], sum(share.tolist()))
            low = high or low


def _clipped(counts: NDArray[np.int64], low: int, high: int | None) -> NDArray[np.int64]:
    from_low = np.maximum(counts, low)
    return from_low if high is None else np.minimum(from_low, high)
