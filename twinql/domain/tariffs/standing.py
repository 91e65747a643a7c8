"""Standing charges: what is due for local days, whatever is used."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.readings import Instants, from_us
from twinql.domain.tariffs.check import STANDING
from twinql.domain.tariffs.clock import day_starts, month_starts
from twinql.domain.tariffs.cost import CostLine, Evidence
from twinql.domain.tariffs.money import PLACES, billionths, decimal_of, exact_product
from twinql.domain.tariffs.spans import Span
from twinql.domain.tariffs.terms import ChargePeriod, StandingCharge


def standing_lines(
    spans: Sequence[Span], zone: ZoneInfo, billing_day: int, first_us: int, last_us: int
) -> Iterator[CostLine]:
    """Charge for the local days that begin at or after one instant and before another.

    It is due whichever way energy flows: a tariff of export may have one too, and its amount is positive.

    Args:
        spans: What holds when; they reach over the period.
        zone: The meter's, in which days begin.
        billing_day: The day of the month on which billing months begin.
        first_us: From when on days are charged. [µs since 1970]
        last_us: Before when days are charged. [µs since 1970]
    """
    for span in spans:
        due = None if span.terms is None else span.terms.standing_charge
        since, until = max(span.first_us, first_us), min(span.last_us, last_us)
        if due is None or since >= until:
            continue
        days = day_starts(zone, since, until)
        if len(days):
            yield _line(span, due, days, until, _amount(due, days, zone, billing_day))


def _amount(due: StandingCharge, days: Instants, zone: ZoneInfo, billing_day: int) -> int:
    """Return what is due for some days; that of a month is divided over its days, the last of which bears the rest.

    In billionths of the currency.
    """
    whole = billionths(due.amount)
    if due.per is ChargePeriod.DAY:
        return whole * len(days)
    months = month_starts(zone, billing_day, int(days[0]), int(days[-1]) + 1)
    together = 0
    for begins, ends in zip(months[:-1].tolist(), months[1:].tolist(), strict=True):
        of_month = day_starts(zone, begins, ends)
        share = whole // len(of_month)
        charged = int(np.count_nonzero((days >= begins) & (days < ends)))
        rest = whole - share * len(of_month) if of_month[-1] in days else 0
        together += share * charged + rest
    return together


def _line(span: Span, due: StandingCharge, days: Instants, until_us: int, amount: int) -> CostLine:
    agreement, revision = span.agreement, span.revision
    assert agreement is not None
    assert revision is not None
    money = decimal_of(amount, PLACES)
    return CostLine(
        band=STANDING,
        block=None,
        direction=agreement.tariff.direction,
        quantity=decimal_of(len(days), 0),
        price=due.amount if due.per is ChargePeriod.DAY else None,
        amount=money,
        vat_rate=span.vat_rate,
        vat=exact_product(money, span.vat_rate),
        evidence=Evidence(
            channels=(),
            intervals=0,
            estimated=0,
            first=from_us(int(days[0])),
            last=from_us(until_us),
            events=(),
            agreement=agreement.id,
            tariff=agreement.tariff.id,
            revision=revision.id,
        ),
    )
