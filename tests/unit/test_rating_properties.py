"""What holds of every bill: 10,000 random tariffs and histories, judged by a slow calculation that knows no arrays."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest

from tests.random_bills import random_deal, random_history, ratio
from tests.slow_bill import SlowBill
from twinql.domain.calendar import midnight
from twinql.domain.readings import from_us
from twinql.domain.tariffs.check import check_terms
from twinql.domain.tariffs.rating import rate
from twinql.domain.tariffs.terms import Band, Revision, Terms
from twinql.domain.units import Unit

LATER = datetime(2100, 1, 1, tzinfo=UTC)
SEEDS, DEALS, HISTORIES = 20, 20, 25


def bill(deal, history, *, first=None, last=None):
    first, last = first or history.first, last or history.last
    return rate(
        history.served(first, last, deal),
        deal.agreements,
        zone=deal.zone,
        first=first,
        last=last,
        now=LATER,
        billing_day=deal.billing_day,
        to_unit=ratio,
        prices={each.dynamic.channel: deal.prices for each in _bands(deal) if each.dynamic},
        fill=history.fill,
    )


def _bands(deal):
    terms = [each.terms for agreement in deal.agreements for each in agreement.tariff.revisions if each.terms]
    return [band for each in terms for band in each.bands]


def lines_of(*costs):
    """Quantities by agreement, revision, band, block and rate; what is nothing is left out."""
    found = defaultdict(Fraction)
    for cost in costs:
        for line in cost.lines:
            said = line.evidence
            found[said.agreement, said.revision, line.band, line.block, line.vat_rate] += Fraction(line.quantity)
    return {key: quantity for key, quantity in found.items() if quantity}


def sums_of(*costs):
    return [sum(Fraction(getattr(cost, name)) for cost in costs) for name in ("energy", "standing", "vat", "total")]


def problems_of(*costs):
    found = defaultdict(Fraction)
    for each in (each for cost in costs for each in cost.problems):
        if each.code.value != "MISSING_READINGS":
            found[each.code.value] += Fraction(each.quantity or 0)
    return found


@pytest.mark.parametrize("seed", range(SEEDS))
def test_bills_are_those_of_a_slow_calculation_and_keep_their_promises(seed):
    rng = Random(seed)
    for _ in range(DEALS):
        deal = random_deal(rng)
        slow = SlowBill(deal)
        for number in range(HISTORIES):
            history = random_history(rng, deal)
            cost = bill(deal, history)
            _equals_the_slow_one(deal, history, cost, slow)
            assert all(line.quantity >= 0 for line in cost.lines)
            if number % 2:
                _adds_up(rng, deal, history, cost)
            elif number % 4:
                _changes_only_with_its_reading(rng, deal, history)
        if rng.random() < 0.5:
            _changes_only_from_its_day_on(rng, deal, history)


def test_random_terms_are_such_as_are_taken():
    rng = Random(1)
    for _ in range(50):
        for agreement in random_deal(rng).agreements:
            for revision in agreement.tariff.revisions:
                if revision.terms is not None:
                    check_terms(revision.terms, agreement.tariff.unit)


def _equals_the_slow_one(deal, history, cost, slow):
    slow.rate(history, history.first, history.last)
    assert sums_of(cost) == [slow.energy, slow.standing, slow.vat, slow.energy + slow.standing + slow.vat]
    assert lines_of(cost) == {key: quantity for key, quantity in slow.lines.items() if quantity}
    found, expected = problems_of(cost), slow.problems
    assert ("UNKNOWN_ENERGY" in found) == bool(expected["UNKNOWN_ENERGY"])
    if _in_kilowatt_hours(deal):
        known = [code for code in {*found, *expected} if code != "UNKNOWN_ENERGY"]
        assert [found[code] for code in known] == [expected[code] for code in known]


def _in_kilowatt_hours(deal):
    """Whether what is charged by no tariff has the same unit in every period."""
    return all(each.tariff.unit is Unit.KILOWATT_HOUR for each in deal.agreements)


def _adds_up(rng, deal, history, cost):
    minutes = (history.last - history.first) // timedelta(minutes=1)
    between = history.first + timedelta(minutes=rng.randrange(minutes + 1))
    parts = bill(deal, history, last=between), bill(deal, history, first=between)
    assert sums_of(*parts) == sums_of(cost)
    assert lines_of(*parts) == lines_of(cost)
    if _in_kilowatt_hours(deal):
        assert problems_of(*parts) == problems_of(cost)


def _changes_only_with_its_reading(rng, deal, history):
    channel = history.metered[0]
    row = rng.randrange(len(channel.intervals))
    amounts = channel.intervals.amounts.copy()
    amounts[row] += 10**9
    corrected = replace(channel, intervals=replace(channel.intervals, amounts=amounts))
    after = replace(history, metered=[corrected, *history.metered[1:]])
    begins, ends = (from_us(int(edges[row])) for edges in (channel.intervals.starts, channel.intervals.ends))
    if history.first <= begins:
        assert bill(deal, history, last=begins) == bill(deal, after, last=begins)
    if ends <= history.last and not any(band.blocks for band in _bands(deal)):
        assert bill(deal, history, first=ends) == bill(deal, after, first=ends)


def _changes_only_from_its_day_on(rng, deal, history):
    day = (deal.start + timedelta(days=rng.randint(0, deal.days))).date()
    terms = Terms((Band("corrected", price=Decimal("0.123")),))
    corrected = [
        _with(each, Revision(UUID(int=number), day, datetime(2050, 1, 1, tzinfo=UTC), terms))
        for number, each in enumerate(deal.agreements)
    ]
    dealt = replace(deal, agreements=corrected)
    begins = midnight(day, deal.zone)
    if history.first <= begins <= history.last:
        assert bill(deal, history, last=begins) == bill(dealt, history, last=begins)
    _equals_the_slow_one(dealt, history, bill(dealt, history), SlowBill(dealt))


def _with(agreement, revision):
    tariff = agreement.tariff
    return replace(agreement, tariff=replace(tariff, revisions=(*tariff.revisions, revision)))
