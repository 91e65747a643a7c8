"""What a meter's energy cost: intervals laid on prices, exactly, and additive over time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.channels import FlowDirection
from twinql.domain.metering.intervals import Amounts, Fill
from twinql.domain.readings import from_us, to_us
from twinql.domain.tariffs import problems
from twinql.domain.tariffs.clock import month_starts
from twinql.domain.tariffs.cost import Cost, CostLine, CostProblem, CostProblemCode
from twinql.domain.tariffs.lines import Metered, energy_lines
from twinql.domain.tariffs.money import NO_CURRENCY, exact_sum
from twinql.domain.tariffs.pieces import Laid, Pieces, joined, lay
from twinql.domain.tariffs.prices import PricePoints
from twinql.domain.tariffs.spans import Span, spans
from twinql.domain.tariffs.standing import standing_lines
from twinql.domain.tariffs.terms import Agreement
from twinql.domain.tariffs.timeline import Charges, Timeline, timeline
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

__all__ = ["Metered", "rate", "read_from"]

ToUnit = Callable[[Unit], Fraction]
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is rated; instants in µs since 1970."""

    zone: ZoneInfo
    first_us: int
    last_us: int
    now_us: int
    billing_day: int
    to_unit: ToUnit
    prices: Mapping[UUID, PricePoints]
    fill: Fill


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    energy: list[CostLine] = field(default_factory=list)
    standing: list[CostLine] = field(default_factory=list)
    problems: list[CostProblem] = field(default_factory=list)


def rate(
    metered: Sequence[Metered],
    agreements: Sequence[Agreement],
    *,
    zone: ZoneInfo,
    first: datetime,
    last: datetime,
    now: datetime,
    billing_day: int,
    to_unit: ToUnit,
    prices: Mapping[UUID, PricePoints],
    fill: Fill,
) -> Cost:
    """Work out what a meter's energy cost from one instant to another.

    An interval belongs to the period in which it ends; a part of one that was spread, by its own end. Energy of a
    direction that nobody charges for costs nothing: EXPORT without an agreement then, and IMPORT where nothing but a
    tariff of export is tried on.

    Args:
        metered: What the channels counted that bill the meter, from `read_from` on; the interval that reaches over
            the beginning is there as a whole, and a LONG one that reaches over the end too.
        agreements: Those of the meter, which do not overlap in one direction; also those that end before the period, as
            an interval that ends in it may begin while they hold.
        zone: The zone of its site.
        first: Where the period begins.
        last: Where it ends.
        now: Standing charges are due for days that have begun, and readings are missing that could be there.
        billing_day: The day of the month on which its billing months begin, 1 to 28.
        to_unit: How many of a unit one base unit is (kWh, or m³ for volumes). Amounts are rounded half up to
            billionths of the unit, interval by interval.
        prices: What the channels of dynamic prices tell, from the beginning of the earliest interval on.
        fill: Whether LONG intervals are spread over time.

    Raises:
        InvalidInputError: It is charged in several currencies.
    """
    asked = _Asked(zone, to_us(first), to_us(last), to_us(now), billing_day, to_unit, prices, fill)
    found = _Found()
    rated: list[Metered] = []
    agreed = not agreements or any(each.id is not None for each in agreements)
    for direction in FlowDirection:
        mine = [each for each in metered if each.direction is direction]
        theirs = [each for each in agreements if each.tariff.direction is direction]
        if (direction is FlowDirection.IMPORT and agreed) or _charge(theirs, mine, asked):
            told = len(found.problems)
            _rate_direction(mine, theirs, asked, found)
            if direction is FlowDirection.EXPORT:  # what nobody pays for earns nothing, and nothing is amiss
                unpaid = CostProblemCode.NO_AGREEMENT
                found.problems[told:] = [each for each in found.problems[told:] if each.code is not unpaid]
            rated.extend(mine)
    return _cost(found, _currency(agreements, asked, found), first, last, rated)


def read_from(agreements: Sequence[Agreement], first: datetime, zone: ZoneInfo, billing_day: int) -> datetime:
    """Return from when on readings are needed: where blocks count, from the beginning of the billing month."""
    bands = (
        band
        for agreement in agreements
        for revision in agreement.tariff.revisions
        if revision.terms is not None
        for band in revision.terms.bands
    )
    if not any(band.blocks for band in bands):
        return first
    first_us = to_us(first)
    return from_us(int(month_starts(zone, billing_day, first_us, first_us + 1)[0]))


def _charge(agreements: Sequence[Agreement], metered: Sequence[Metered], asked: _Asked) -> bool:
    """Say whether agreements hold in the period, or while something flowed that counts in it."""
    counting = [each.intervals.starts[each.intervals.ends > asked.first_us] for each in metered]
    since_us = min([asked.first_us, *(int(each.min()) for each in counting if len(each))])
    return any(each.agreement is not None for each in spans(agreements, asked.zone, since_us, asked.last_us))


def _rate_direction(metered: Sequence[Metered], agreements: Sequence[Agreement], asked: _Asked, found: _Found) -> None:
    reach = [each.intervals for each in metered if len(each.intervals)]
    since_us = min([asked.first_us, *(int(each.starts.min()) for each in reach)])
    until_us = max([asked.last_us, *(int(each.ends[-1]) for each in reach)])
    held = spans(agreements, asked.zone, since_us, until_us)
    if not held:
        return  # a period of no length
    charges = Charges()
    lines = {
        register: timeline(held, register, asked.zone, asked.prices, charges)
        for register in dict.fromkeys(each.register for each in metered)
    }
    units = list(dict.fromkeys(each.agreement.tariff.unit for each in held if each.agreement is not None))
    for place, unit in enumerate(units or [None]):
        _rate_unit(metered, lines, charges, asked, found, unit=unit, with_the_rest=place == 0)
    _expect_readings(metered, held, asked, found)
    ended_us = min(asked.last_us, asked.now_us + 1)
    found.standing.extend(standing_lines(held, asked.zone, asked.billing_day, asked.first_us, ended_us))


def _rate_unit(
    metered: Sequence[Metered],
    lines: Mapping[str | None, Timeline],
    charges: Charges,
    asked: _Asked,
    found: _Found,
    *,
    unit: Unit | None,
    with_the_rest: bool,
) -> None:
    """Rate what is charged in one unit; with it, once, what is charged in none."""
    converted = [_in_unit(each, asked.to_unit(unit)) if unit is not None else each for each in metered]
    counted = any(each.band is not None and each.band.blocks for each in charges.all)
    months = month_starts(asked.zone, asked.billing_day, asked.first_us, asked.last_us)
    bounds = np.array([asked.first_us, asked.last_us])
    laid = [
        lay(
            place,
            each.intervals,
            lines[each.register],
            bounds=np.concatenate([bounds, months]) if counted else bounds,
            since_us=int(months[0]) if counted else asked.first_us,
            until_us=asked.last_us,
            fill=asked.fill,
        )
        for place, each in enumerate(converted)
    ]
    if not laid:
        return
    pieces = _charged_in(joined([each.pieces for each in laid]), charges, unit, with_the_rest=with_the_rest)
    found.energy.extend(energy_lines(pieces, charges.all, converted, months, asked.first_us))
    found.problems.extend(problems.of_charges(pieces.after(asked.first_us), charges.all, converted))
    if with_the_rest:
        found.problems.extend(_unrated(laid, converted, lines, charges, asked))


def _charged_in(pieces: Pieces, charges: Charges, unit: Unit | None, *, with_the_rest: bool) -> Pieces:
    fits = [each.unit is unit or (with_the_rest and each.unit is None) for each in charges.all]
    return pieces if all(fits) else pieces.take(np.array(fits)[pieces.charges])


def _unrated(
    laid: Sequence[Laid],
    metered: Sequence[Metered],
    lines: Mapping[str | None, Timeline],
    charges: Charges,
    asked: _Asked,
) -> Iterable[CostProblem]:
    for each, of in zip(laid, metered, strict=True):
        ends = of.intervals.ends
        yield from problems.of_unknown(of.intervals, each.unknown[ends[each.unknown] > asked.first_us])
        rows = each.undated[ends[each.undated] > asked.first_us]
        yield from problems.of_undated(of.intervals, rows, lines[of.register], charges.all)


def _expect_readings(metered: Sequence[Metered], held: Sequence[Span], asked: _Asked, found: _Found) -> None:
    """Look for missing readings from where the first agreement of the period holds to where the last does."""
    charged = [each for each in held if each.agreement is not None and each.last_us > asked.first_us]
    if charged:
        since_us = max(asked.first_us, charged[0].first_us)
        until_us = min(asked.last_us, asked.now_us, charged[-1].last_us)
        for each in metered:
            ceased_us = until_us if each.until_us is None else min(until_us, each.until_us)
            found.problems.extend(problems.of_missing(each, since_us, ceased_us))


def _in_unit(metered: Metered, ratio: Fraction) -> Metered:
    if ratio == 1:
        return metered
    return replace(metered, intervals=replace(metered.intervals, amounts=_scaled(metered.intervals.amounts, ratio)))


def _scaled(amounts: Amounts, ratio: Fraction) -> Amounts:
    """Multiply exactly, and round half up."""
    times, parts = 2 * ratio.numerator, 2 * ratio.denominator
    if len(amounts) and int(amounts.max()) * times + parts < _LARGEST:
        return np.asarray((amounts * times + ratio.denominator) // parts, dtype=np.int64)
    exact = (amounts.astype(object) * times + ratio.denominator) // parts
    if len(exact) and exact.max() >= _LARGEST:
        message = (
            "Between two readings more was used than can be counted in the unit of the tariff; give the meter a tariff "
            "in a larger unit, such as KILOWATT_HOUR or CUBIC_METRE."
        )
        raise InvalidInputError(message, path=("tariffId",))
    return np.asarray(exact, dtype=np.int64)


def _currency(agreements: Sequence[Agreement], asked: _Asked, found: _Found) -> str:
    of_tariffs = {each.tariff.id: each.tariff.currency for each in agreements}
    holding = [
        span.agreement.tariff.currency
        for direction in FlowDirection
        for span in spans(
            [each for each in agreements if each.tariff.direction is direction],
            asked.zone,
            asked.first_us,
            asked.last_us,
        )
        if span.agreement is not None
    ]
    charged = (of_tariffs[each.evidence.tariff] for each in (*found.energy, *found.standing))
    currencies = list(dict.fromkeys([*holding, *charged]))
    if len(currencies) > 1:
        message = (
            f"Within this period the meter is charged in {' and in '.join(currencies)}, which do not add up; "
            "ask for periods in which one currency holds."
        )
        raise InvalidInputError(message, path=("during",))
    return [*currencies, *(each.tariff.currency for each in agreements), NO_CURRENCY][0]


def _cost(found: _Found, currency: str, first: datetime, last: datetime, metered: Sequence[Metered]) -> Cost:
    energy = exact_sum(each.amount for each in found.energy)
    standing = exact_sum(each.amount for each in found.standing)
    vat = exact_sum(each.vat for each in (*found.energy, *found.standing))
    expected = [each.expected for each in metered]
    return Cost(
        currency=currency,
        first=first,
        last=last,
        energy=energy,
        standing=standing,
        vat=vat,
        total=exact_sum([energy, standing, vat]),
        lines=tuple(found.energy + found.standing),
        problems=tuple(problems.bounded(found.problems)),
        expected=None if None in expected else sum(each for each in expected if each is not None),
        actual=sum(each.actual for each in metered),
    )
