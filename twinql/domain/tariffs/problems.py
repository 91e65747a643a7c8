"""What could not be rated, in sentences that say what to do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from twinql.domain.instants import format_instant
from twinql.domain.metering.intervals import Intervals
from twinql.domain.readings import from_us
from twinql.domain.tariffs.cost import CostProblem, CostProblemCode
from twinql.domain.tariffs.lines import Metered, total
from twinql.domain.tariffs.money import PLACES, decimal_of, exact_sum
from twinql.domain.tariffs.pieces import Pieces
from twinql.domain.tariffs.timeline import Charge, Timeline

MOST_OF_A_KIND = 20
"""Beyond so many stretches of one kind, one problem speaks of all of them."""

_WORDS = {
    CostProblemCode.NO_AGREEMENT: "No agreement says by which tariff this is charged; make one that holds then.",
    CostProblemCode.NO_TERMS: "The tariff {tariff} says nothing for this time; revise it with terms that are valid.",
    CostProblemCode.NO_REGISTER: (
        "The tariff {tariff} has no band for the register {register}; give it one, or set the channel's `register` to "
        "that of a band."
    ),
    CostProblemCode.MISSING_PRICE: (
        "The price channel of the band {band} says nothing for this time; record its prices, and the rest follows."
    ),
}
_UNKNOWN = (
    "The register fell between two readings, and nothing says what it counted; record a register event with its "
    "final and its starting value."
)
_CONTRADICTED = (
    "The register event at {at} contradicts what was read beside it; retract the event, or correct the reading."
)
_UNDATED = (
    "Between two readings {changed} changed, and nobody knows when this flowed; ask with `fill: LINEAR` to spread it "
    "evenly over time, or record readings between them."
)
_CHANGES = ("the agreement", "the terms of the tariff", "the rate of VAT", "the price band")
_MISSING = "Nothing is known of what flowed in this time; record its readings, and the cost is worked out anew."


def of_charges(pieces: Pieces, charges: Sequence[Charge], metered: Sequence[Metered]) -> Iterator[CostProblem]:
    """Speak of energy that has no price, one problem for each stretch without a hole."""
    broken = [place for place, charge in enumerate(charges) if charge.problem is not None]
    if not broken or not len(pieces):
        return
    for place in broken:
        charge = charges[place]
        assert charge.problem is not None
        for channel in np.unique(pieces.channel[pieces.charges == place]).tolist():
            message = _WORDS[charge.problem].format(
                tariff=charge.agreement.tariff.name if charge.agreement else None,
                band=charge.band.name if charge.band else None,
                register=metered[channel].register or "without a name",
            )
            mine = pieces.take((pieces.charges == place) & (pieces.channel == channel))
            yield from _stretches(mine, charge.problem, message)


def _stretches(pieces: Pieces, code: CostProblemCode, message: str) -> Iterator[CostProblem]:
    mine = pieces.take(np.argsort(pieces.starts, kind="stable"))
    heads = np.flatnonzero(np.append(True, mine.starts[1:] > mine.ends[:-1]))
    for head, end in zip(heads.tolist(), [*heads[1:].tolist(), len(mine)], strict=True):
        first, last, amounts = mine.starts[head], mine.ends[end - 1], mine.amounts[head:end]
        yield _problem(code, message, int(first), int(last), decimal_of(total(amounts), PLACES))


def of_unknown(intervals: Intervals, rows: NDArray[np.intp]) -> Iterator[CostProblem]:
    """Speak of falls that nothing explains, and of events that explain them wrongly."""
    for row in rows.tolist():
        event = int(intervals.event[row])
        message = _CONTRADICTED.format(at=format_instant(intervals.events[event].at)) if event >= 0 else _UNKNOWN
        yield _problem(CostProblemCode.UNKNOWN_ENERGY, message, int(intervals.starts[row]), int(intervals.ends[row]))


def of_undated(
    intervals: Intervals, rows: NDArray[np.intp], prices: Timeline, charges: Sequence[Charge]
) -> Iterator[CostProblem]:
    """Speak of intervals that are too long to say at which price they flowed."""
    starts, ends = intervals.starts[rows], intervals.ends[rows]
    cells = zip(*(each.tolist() for each in prices.cells(starts, ends)), strict=True)
    for row, first, last, (at, upto) in zip(rows.tolist(), starts.tolist(), ends.tolist(), cells, strict=True):
        crossed = [charges[place] for place in np.unique(prices.charges[at : upto + 1]).tolist()]
        amount = decimal_of(int(intervals.amounts[row]), PLACES)
        message = _UNDATED.format(changed=_changed(crossed))
        yield _problem(CostProblemCode.UNDATED_ENERGY, message, first, last, amount)


def _changed(crossed: Sequence[Charge]) -> str:
    """Name what tells charges apart; the price, where one channel told them all."""
    said = [(id(each.agreement), id(each.revision), each.vat_rate, each.band and each.band.name) for each in crossed]
    found = [
        word
        for depth, word in enumerate(_CHANGES)
        if len({each[: depth + 1] for each in said}) > len({each[:depth] for each in said})
    ]
    return " and ".join(found) or "the price"


def of_missing(metered: Metered, first_us: int, until_us: int) -> Iterator[CostProblem]:
    """Speak of stretches of which no interval tells, unless as many readings are there as should be.

    The newest interval may still be running, so a stretch at the end counts only when it is as long as one.
    """
    if first_us >= until_us or (metered.expected is not None and metered.actual >= metered.expected):
        return
    running_us = (until_us - first_us) // metered.expected if metered.expected else 0
    intervals = metered.intervals
    known_until = np.append(first_us, np.maximum(intervals.ends, first_us))
    known_from = np.append(np.minimum(intervals.starts, until_us), until_us)
    for row in np.flatnonzero(known_from > known_until).tolist():
        first, last = int(known_until[row]), int(known_from[row])
        if row < len(intervals) or last - first >= running_us:
            yield _problem(CostProblemCode.MISSING_READINGS, _MISSING, first, last)


def bounded(problems: Iterable[CostProblem]) -> list[CostProblem]:
    """Return problems in the order of time; very many of one kind become one that reaches over all of them."""
    kinds: dict[str, list[CostProblem]] = defaultdict(list)
    for problem in problems:
        kinds[problem.message].append(problem)
    found = [each for alike in kinds.values() for each in (alike if len(alike) <= MOST_OF_A_KIND else [_all(alike)])]
    return sorted(found, key=lambda each: (each.first, each.last, each.code.value))


def _all(alike: Sequence[CostProblem]) -> CostProblem:
    known = [each.quantity for each in alike if each.quantity is not None]
    return CostProblem(
        code=alike[0].code,
        message=f"{alike[0].message} There are {len(alike):,} such stretches in this time.",
        first=min(each.first for each in alike),
        last=max(each.last for each in alike),
        quantity=exact_sum(known) if known else None,
    )


def _problem(
    code: CostProblemCode, message: str, first_us: int, last_us: int, quantity: Decimal | None = None
) -> CostProblem:
    return CostProblem(code, message, from_us(first_us), from_us(last_us), quantity)
