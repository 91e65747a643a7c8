"""What energy emitted, of several meters together."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from twinql.domain.channels import FlowDirection
from twinql.domain.tariffs.carbon import Carbon, carbon_agreement, carbon_of, together
from twinql.domain.tariffs.cost import Cost, CostLine, CostProblem, CostProblemCode, Evidence

FIRST, LAST = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
METER, CHANNEL, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
NOTHING = Decimal(0)


def in_grams(quantity, grams, *problems):
    """Return what rating energy by a carbon intensity gives."""
    evidence = Evidence([7], 2, 0, FIRST, LAST, (), None, CHANNEL, CHANNEL)
    line = CostLine(
        "carbon", None, FlowDirection.IMPORT, Decimal(quantity), None, Decimal(grams), NOTHING, NOTHING, evidence
    )
    return Cost("GRAMS", FIRST, LAST, line.amount, NOTHING, NOTHING, line.amount, [line], problems, 48, 48)


def test_grams_become_kilograms_and_unrated_energy_is_told_apart():
    hole = CostProblem(CostProblemCode.MISSING_PRICE, "A hole.", FIRST, LAST, Decimal("0.5"))
    fallen = CostProblem(CostProblemCode.UNKNOWN_ENERGY, "A fall.", FIRST, LAST)
    told = carbon_of(in_grams("12.25", "3456.789", hole, fallen), CHANNEL, expected=48, actual=47)
    assert told == Carbon(Decimal("3.456789"), Decimal("12.25"), Decimal("0.5"), False, (CHANNEL,), 48, 47)
    assert carbon_of(in_grams(1, 1), CHANNEL, expected=None, actual=0).complete


def test_energy_is_rated_in_grams_by_the_channel_for_what_is_taken_in():
    agreement = carbon_agreement(METER, CHANNEL)
    (revision,) = agreement.tariff.revisions
    (band,) = revision.terms.bands
    assert (agreement.meter_id, agreement.tariff.direction) == (METER, FlowDirection.IMPORT)
    assert (band.dynamic.channel, band.dynamic.factor, band.dynamic.surcharge) == (CHANNEL, 1, 0)
    assert revision.terms.vat == ()


def test_meters_that_share_a_channel_count_its_readings_once():
    one = Carbon(Decimal(1), Decimal(10), NOTHING, True, (CHANNEL,), 48, 48)
    other = replace(one, kg=Decimal(2), complete=False, unrated_kwh=Decimal(3))
    assert together([one, other]) == Carbon(Decimal(3), Decimal(20), Decimal(3), False, (CHANNEL,), 48, 48)
    apart = together([one, replace(other, channels=(OTHER,), actual=40)])
    assert (apart.channels, apart.expected, apart.actual) == ((CHANNEL, OTHER), 96, 88)
    assert together([one, replace(other, channels=(OTHER,), expected=None)]).expected is None
    assert together([]) is None
