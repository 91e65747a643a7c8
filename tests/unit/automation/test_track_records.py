"""What came of letting TwinQL act: counted decision by decision, with no figure that nobody measured."""

from decimal import Decimal
from random import Random

import pytest

from twinql.domain.automation.autonomy import AutonomyLevel, AutonomyOutcome
from twinql.domain.automation.track_record import Figures, Tally, track_record
from twinql.domain.commands import CommandStatus

NOTHING = Figures()


def tally(
    level,
    outcome,
    decisions=1,
    *,
    status=None,
    expected=NOTHING,
    realised=NOTHING,
    currency=None,
    gone="",
    shadowed=None,
):
    return Tally(
        level=AutonomyLevel[level],
        outcome=AutonomyOutcome[outcome],
        shadowed=outcome == "WOULD_ISSUE" if shadowed is None else shadowed,
        status=status and CommandStatus[status],
        currency=currency,
        realised_currency=currency,
        decisions=decisions,
        expected=expected,
        realised=realised,
        queued=gone != "",
        sent=gone == "SENT",
    )


def test_where_nothing_happened_nothing_is_told():
    record = track_record([])
    assert record.levels == ()
    assert (record.shadow.decisions, record.shadow.energy_kwh, record.shadow.peak_kw, record.shadow.costs) == (
        0, None, None, (),
    )  # fmt: skip


def test_what_the_shadow_would_have_saved_is_what_was_expected_of_what_interlocks_would_let_pass():
    first = Figures(energy_kwh=2.5, energy_known=2, peak_kw=4.0, peak_known=1, cost=Decimal("0.40"), cost_known=1)
    other = Figures(energy_kwh=1.0, energy_known=1, peak_kw=3.0, peak_known=1, cost=Decimal("0.10"), cost_known=1)
    refused = Figures(energy_kwh=100.0, energy_known=1)
    record = track_record(
        [
            tally("SHADOW", "WOULD_ISSUE", 3, expected=first, currency="EUR"),
            tally("SHADOW", "WOULD_ISSUE", expected=other, currency="CHF"),
            tally("SHADOW", "WOULD_BE_REFUSED", expected=refused),
        ]
    )
    assert (record.shadow.decisions, record.shadow.energy_kwh, record.shadow.energy_known) == (4, 3.5, 3)
    assert (record.shadow.peak_kw, record.shadow.peak_known) == (4.0, 2)
    assert record.shadow.costs == (("CHF", Decimal("0.10")), ("EUR", Decimal("0.40")))
    (shadow,) = record.levels
    assert (shadow.decisions, shadow.refused, shadow.commands) == (5, 1, 0)


def test_what_the_shadow_would_have_saved_stays_when_it_is_trusted_and_repeats_of_one_cause_count_nothing():
    saved = Figures(energy_kwh=2.0, energy_known=1)
    record = track_record(
        [
            tally("AUTO", "ISSUED", status="VERIFIED", expected=saved, shadowed=True),
            tally("SHADOW", "WOULD_ISSUE", 3, expected=Figures(energy_kwh=9.0, energy_known=3), shadowed=False),
        ]
    )
    assert (record.shadow.decisions, record.shadow.energy_kwh) == (1, 2.0)
    assert [(each.level.name, each.decisions) for each in record.levels] == [("SHADOW", 3), ("AUTO", 1)]


def test_commands_are_counted_by_what_became_of_them():
    record = track_record(
        [
            tally("AUTO", "ISSUED", 5, status="VERIFIED", realised=Figures(energy_kwh=1.5, energy_known=1)),
            tally("AUTO", "ISSUED", 1, status="NOT_OBSERVED"),
            tally("AUTO", "ISSUED", 1, status="TIMED_OUT"),
            tally("AUTO", "ISSUED", 2, status="SENT"),
            tally("AUTO", "REFUSED", 1, status="REJECTED", realised=Figures(energy_kwh=9.0, energy_known=1)),
            tally("APPROVE", "ASKED_FOR_APPROVAL", 1, status="AWAITING_APPROVAL"),
            tally("ADVISE", "ADVISED", 7),
        ]
    )
    advise, approve, auto = record.levels
    assert (advise.decisions, advise.commands) == (7, 0)
    assert (approve.commands, approve.under_way) == (1, 1)
    assert (auto.decisions, auto.commands, auto.refused) == (10, 10, 1)
    assert (auto.verified, auto.without_effect, auto.under_way) == (5, 2, 2)
    assert (record.realised.energy_kwh, record.realised.energy_known, record.realised.decisions) == (1.5, 1, 6)


@pytest.mark.parametrize(
    ("outcome", "status", "gone", "column"),
    [
        ("ISSUED", "EXPIRED", "QUEUED", "without_effect"),
        ("ISSUED", "REJECTED", "SENT", "without_effect"),
        ("ISSUED", "FAILED", "SENT", "without_effect"),
        ("ISSUED", "REJECTED", "QUEUED", "refused"),
        ("REFUSED", "REJECTED", "", "refused"),
        ("ASKED_FOR_APPROVAL", "REJECTED", "", "withdrawn"),
        ("ASKED_FOR_APPROVAL", "EXPIRED", "", "withdrawn"),
        ("ISSUED", "CANCELLED", "QUEUED", "withdrawn"),
        ("ISSUED", "EXECUTED", "SENT", "under_way"),
    ],
)
def test_each_command_is_in_one_column(outcome, status, gone, column):
    (level,) = track_record([tally("AUTO", outcome, 3, status=status, gone=gone)]).levels
    columns = ("refused", "verified", "without_effect", "withdrawn", "under_way")
    assert {each: getattr(level, each) for each in columns} == dict.fromkeys(columns, 0) | {column: 3}


@pytest.mark.parametrize("seed", range(5))
def test_every_decision_is_counted_once_whatever_order_they_come_in(seed):
    rng = Random(seed)
    tallies = [
        tally(rng.choice(list(AutonomyLevel)).name, rng.choice(list(AutonomyOutcome)).name, rng.randint(1, 9))
        for _ in range(30)
    ]
    shuffled = rng.sample(tallies, len(tallies))
    assert track_record(shuffled) == track_record(tallies)
    assert sum(each.decisions for each in track_record(tallies).levels) == sum(each.decisions for each in tallies)
